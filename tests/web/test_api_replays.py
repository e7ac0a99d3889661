"""Replays over HTTP: only the bytes that the result named are taken, and they are the same for ever."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest
from clients import SERVER_ID, Client, signed, trust
from httpx import Response
from replays import GOLDEN
from results import match_id, result

from tremble.web.api_replays import MAX_REPLAY_BYTES

DATA = GOLDEN.read_bytes()
DIGEST = hashlib.sha256(DATA).hexdigest()
WHERE = f"/v1/matches/{match_id(1)}/replay"
BINARY = {"content-type": "application/octet-stream"}
OTHER = bytes(range(1, 33))


def put(client: Client, data: bytes = DATA, private: bytes | None = None, **headers) -> Response:
    found = signed(data, private) if private else signed(data)
    found["content-type"] = "application/octet-stream"
    return client.http.put(WHERE, content=data, headers=found | headers)


@pytest.fixture
def posted(client: Client) -> Client:
    """The result of match 1 was posted, and named DATA."""
    assert client.post(result(1, replay=DIGEST)).status_code == 201
    return client


def test_put_once_and_read(posted: Client, tmp_path: Path) -> None:
    """201, then 200; it comes back as it was, to be cached for ever."""
    missing, first, second = posted.get(WHERE), put(posted), put(posted)
    found = posted.get(WHERE)
    again = posted.get(WHERE, **{"if-none-match": found.headers["etag"]})

    assert (missing.status_code, missing.json()["code"]) == (404, "no_replay")
    assert [first.status_code, second.status_code] == [201, 200]
    assert first.json() == {"match_id": match_id(1), "bytes": len(DATA)}
    assert (found.status_code, found.content) == (200, DATA)
    assert found.headers["etag"] == f'"{DIGEST}"'
    assert found.headers["content-length"] == str(len(DATA))
    assert "immutable" in found.headers["cache-control"]
    assert (again.status_code, again.content) == (304, b"")
    assert [path.name for path in (tmp_path / "replays").iterdir()] == [f"{match_id(1)}.trpl"]


def test_parts_of_a_replay(posted: Client) -> None:
    """A download that broke off goes on where it was, if it is still the same file."""
    put(posted)
    tag = posted.get(WHERE).headers["etag"]
    part = posted.get(WHERE, range="bytes=100-199", **{"if-range": tag})
    other = posted.get(WHERE, range="bytes=100-199", **{"if-range": '"other"'})
    beyond = posted.get(WHERE, range=f"bytes={len(DATA)}-")

    assert (part.status_code, part.content) == (206, DATA[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(DATA)}"
    assert part.headers["content-length"] == "100"
    assert (other.status_code, other.content) == (200, DATA)
    assert other.headers["accept-ranges"] == "bytes"
    assert (beyond.status_code, beyond.json()["code"]) == (416, "no_such_range")
    assert beyond.headers["content-range"] == f"bytes */{len(DATA)}"


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ({"data": DATA + b"!"}, 422, "wrong_replay"),
        ({"private": OTHER}, 403, "wrong_server"),
        ({"Tremble-Server": SERVER_ID, "private": OTHER}, 403, "bad_signature"),
        ({"data": bytes(MAX_REPLAY_BYTES + 1)}, 413, "too_large"),
    ],
)
def test_others_are_refused(posted: Client, tmp_path: Path, how, status: int, code: str) -> None:
    """Another file, another server, somebody with another key, one that is too long."""
    trust(tmp_path, OTHER)

    refused = put(posted, **how)

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert not (tmp_path / "replays").exists()


def test_unsigned_is_refused(posted: Client) -> None:
    """Without headers nobody is believed."""
    assert posted.http.put(WHERE, content=DATA, headers=BINARY).json()["code"] == "unsigned"


def test_a_match_without_replay_has_none(client: Client) -> None:
    """Nor has one that was never posted."""
    unknown = client.get(WHERE)
    client.post(result(1))

    assert unknown.json()["code"] == client.get(WHERE).json()["code"] == "no_replay"
    assert put(client).json()["code"] == "no_replay"


def test_the_page_of_the_match_links_it(posted: Client) -> None:
    """The page names the replay once it is there."""
    before = posted.get(f"/matches/{match_id(1)}").text
    put(posted)
    after = posted.get(f"/matches/{match_id(1)}").text

    assert WHERE not in before
    assert f'href="{WHERE}"' in after


def test_film_of_a_replay(posted: Client, tmp_path: Path) -> None:
    """It is made when asked for, kept, and read packed or not; without replay there is none."""
    where = f"/v1/matches/{match_id(1)}/film"
    missing = posted.get(where)
    put(posted)
    packed = posted.get(where, **{"accept-encoding": "gzip"})
    kept = (tmp_path / "replays" / f"{match_id(1)}.film.gz").read_bytes()
    plain = posted.get(where, **{"accept-encoding": "identity"})

    assert missing.json()["code"] == "no_replay"
    assert (packed.status_code, packed.headers["content-encoding"]) == (200, "gzip")
    assert packed.text == plain.text
    assert gzip.decompress(kept) == plain.content
    head, *parts = map(json.loads, plain.text.splitlines())
    assert [track["slot"] for track in parts[0]["tracks"]] == [0, 1]
    assert parts[-1]["to"] == head["ticks"]


def test_a_replay_that_cannot_be_played_has_no_film(client: Client) -> None:
    """The reason goes to the log."""
    data = b"TRP1 but no more"
    client.post(result(1, replay=hashlib.sha256(data).hexdigest()))
    put(client, data)

    assert client.get(f"/v1/matches/{match_id(1)}/film").json()["code"] == "no_film"
