"""The outlines of maps over HTTP: made once, and again when the map was changed."""

import json
import os
from pathlib import Path

from clients import Client
from rooms import ARENA


def test_outline_of_a_shipped_map(client: Client) -> None:
    """JSON, packed if wanted; by its tag it is not sent twice."""
    found = client.get("/maps/arena_01.json", **{"accept-encoding": "identity"})
    packed = client.get("/maps/arena_01.json", **{"accept-encoding": "gzip"})
    again = client.get("/maps/arena_01.json", **{"if-none-match": packed.headers["etag"]})

    assert found.status_code == 200
    assert found.json()["title"] == "Slate"
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == found.json()
    assert again.status_code == 304


def test_a_changed_map_has_another_outline(client: Client, tmp_path: Path) -> None:
    """The data directory's goes before the shipped one, and is read anew when it was written."""
    folder = tmp_path / "maps"
    folder.mkdir()
    path = folder / "arena_01.map"
    titles = []
    for age, title in ((2, "One"), (1, "Two")):
        path.write_text(ARENA.read_text().replace("Slate", title))
        os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))
        titles.append(json.loads(client.get("/maps/arena_01.json").text)["title"])

    assert titles == ["One", "Two"]


def test_what_is_not_there(client: Client, tmp_path: Path) -> None:
    """No such map, no such name, a map that is none; a path leads nowhere."""
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "broken.map").write_text("{")

    assert client.get("/maps/nowhere.json").json()["code"] == "unknown_map"
    assert client.get("/maps/broken.json").json()["code"] == "no_outline"
    assert client.get("/maps/..%2Farena_01.json").status_code in (400, 404)
    assert client.get("/maps/arena_01.map").status_code == 400
