"""The logs: the last lines of the data directory's files that somebody looks for."""

import asyncio
import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from litestar import Response, get
from litestar.params import FromQuery, QueryParameter
from msgspec import Struct

from tremble.web.api import StoreDependency
from tremble.web.dashboard.files import DirectoryDependency
from tremble.web.dashboard.session import require
from tremble.web.dashboard.shell import HEADERS, page
from tremble.web.problems import Asked

PATH = "/dashboard/logs"
#: The files, by what they are called on the page; the older part of each is beside it.
FILES = {"log": "tremble.log", "game": "game.log", "audit": "audit.jsonl"}
LEVELS = ("debug", "info", "warning", "error", "critical")
#: Lines that are shown, bytes that are searched, counted from the end.
MOST = 300
MAX_BYTES = 16_000_000

Which = Literal["log", "game", "audit"]
Level = Literal["debug", "info", "warning", "error"]


class Line(Struct, frozen=True):
    """One line. Without a *level* it is a line of text, or of a log that has none."""

    at: str
    level: str
    text: str
    facts: str = ""


class Found(Struct, frozen=True):
    """The last lines that fit, the oldest first, and how many fit in what was searched."""

    lines: list[Line]
    fit: int


@get(PATH, include_in_schema=False)
async def logs_page(request: Asked, store: StoreDependency) -> Response[str]:
    """The page; addresses of players stand in logs, so viewers do not see it."""
    session = await require(request, store, "moderator")
    return page(session, "dashboard/logs.html", PATH, files=FILES)


@get("/dashboard/logs.json", include_in_schema=False)
async def search(
    request: Asked,
    store: StoreDependency,
    directory: DirectoryDependency,
    which: FromQuery[Which] = "log",
    level: FromQuery[Level] = "debug",
    text: Annotated[str, QueryParameter(max_length=200)] = "",
) -> Response[Found]:
    """The last lines with *text* in them, whatever its case, from *level* on."""
    await require(request, store, "moderator")
    path = directory / "logs" / FILES[which]
    found = await asyncio.to_thread(look_for, path, level, text.casefold())
    return Response(found, headers=HEADERS)


def look_for(path: Path, level: str, text: str) -> Found:
    """Return what fits in *path*, and in the file before it if there is room."""
    kept: deque[Line] = deque(maxlen=MOST)
    fit = 0
    for raw in lines_of(path):
        if text and text not in raw.casefold():
            continue
        line = read(raw)
        if line.level in LEVELS and LEVELS.index(line.level) < LEVELS.index(level):
            continue
        fit += 1
        kept.append(line)
    return Found(list(kept), fit)


def lines_of(path: Path) -> Iterator[str]:
    """Yield the lines of the last MAX_BYTES of *path* and what was before it, the oldest first."""
    room = MAX_BYTES
    parts = []
    for each in (path, path.with_name(path.name + ".1")):
        try:
            with each.open("rb") as file:
                size = file.seek(0, 2)
                start = max(0, size - room)
                file.seek(start)
                data = file.read(room)
        except OSError:
            continue
        room -= len(data)
        # A line that was cut at the front is no line.
        parts.append(data.partition(b"\n")[2] if start else data)
    for data in reversed(parts):
        yield from data.decode(errors="replace").splitlines()


def read(raw: str) -> Line:
    """Return *raw* as it is shown: JSON with an event or a command in words, all else as it is."""
    try:
        facts = json.loads(raw)
    except ValueError:
        facts = None
    if not isinstance(facts, dict):
        return Line("", "", raw)
    at = str(facts.pop("timestamp", facts.pop("at", "")))
    level = str(facts.pop("level", ""))
    what = facts.pop("event", None) or facts.pop("command", None) or ""
    part = facts.pop("part", None)
    trace = facts.pop("exception", None)
    told = "  ".join(f"{name}={value}" for name, value in facts.items() if value is not None)
    told = f"{told}\n{trace}" if trace else told
    return Line(at[:19].replace("T", " "), level, f"{part}: {what}" if part else str(what), told)


HANDLERS: list[Any] = [logs_page, search]
