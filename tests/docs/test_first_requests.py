"""docs/first-requests.md is true: its requests are answered well, on an empty record and on a played one."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from clients import SERVER_ID, signed, trust
from processes_web import Process, serving
from results import line, result

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "first-requests.md").read_text("utf-8")
BLOCK = re.compile(r"(<!-- after a match -->\n)?```sh\n(.*?)```", re.DOTALL)
KEY = "00112233445566778899aabbccddeeff"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """The web process of an empty record."""
    directory = tmp_path_factory.mktemp("record")
    trust(directory)
    with serving(directory) as process:
        yield process


def run(process: Process, directory: Path, blocks: list[str]) -> str:
    """Run *blocks* of the page as one script; return what it printed."""
    script = "".join(blocks).replace("http://127.0.0.1:8433", process.url)
    done = subprocess.run(
        ["sh", "-euc", script], cwd=directory, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def played(process: Process) -> str:
    """Record a match of the player with KEY; return the player's id."""
    guest = msgspec.json.encode({"key": KEY, "name": "anna"})
    kind = {"Content-Type": "application/json"}
    me = str(process.request("POST", "/v1/auth/device", guest, **kind)[1]["player_id"])
    lines = [line(int(me, 16), 2, name="anna"), line(255, 1, name="bert")]
    body = msgspec.json.encode(result(1, *lines, server_id=SERVER_ID))
    assert process.request("POST", "/v1/server/results", body, **signed(body))[0] == 201
    return me


def test_requests(process: Process, tmp_path: Path) -> None:
    """As they stand there they are answered well; those of a board as soon as there is one."""
    run(process, tmp_path, [text for after, text in BLOCK.findall(PAGE) if not after])
    me = played(process)

    out = run(
        process,
        tmp_path,
        [text.replace("KEY=$(random 16)", f"KEY={KEY}") for _, text in BLOCK.findall(PAGE)],
    )

    assert f'"friends":[{{"player_id":"{255:016x}"' in out
    assert "304\n" in out
    assert '"version":3' in out  # of the save that was restored
    assert json.loads((tmp_path / "everything.json").read_text())["account"]["player_id"] == me


def test_addresses(process: Process) -> None:
    """Every address that docs name is a route, with that method if one stands before it."""
    document = process.request("GET", "/openapi.json")[1]
    routes = {shape(path): set(methods) for path, methods in document["paths"].items()}
    named = set[tuple[str, str]]()
    for page in DOCS.glob("*.md"):
        for words, path in re.findall(r"`((?:[A-Z]+ )?)(/v1/[^`?\s]*)", page.read_text("utf-8")):
            named.add((words.strip().lower(), path))

    unknown = [(method, path) for method, path in sorted(named) if not known(routes, method, path)]
    assert unknown == []


def known(routes: dict[str, Any], method: str, path: str) -> bool:
    """Say whether *path* is a route, or the beginning of some, which takes *method*."""
    found = shape(path.rstrip("/"))
    if not method:
        return any(route == found or route.startswith(f"{found}/") for route in routes)
    return method in routes.get(found, ())


def shape(path: str) -> str:
    """Return *path* with its parameters nameless."""
    return re.sub(r"\{[^}]*\}|\b(duel|TYPE|ID)\b", "{}", path)
