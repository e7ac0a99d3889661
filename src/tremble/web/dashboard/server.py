"""The page of the game server beside the web process: its arenas live, who plays, its console."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from tremble.web.api import StoreDependency
from tremble.web.dashboard.hub import Hub
from tremble.web.dashboard.live import HubDependency
from tremble.web.dashboard.session import Session, require
from tremble.web.dashboard.shell import HEADERS, page
from tremble.web.outlines import SHIPPED
from tremble.web.problems import Asked, Problem

PATH = "/dashboard/server"
#: As the console takes it.
MAX_LINE = 4000


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """A command, as it is typed at the console."""

    line: Annotated[str, Meta(min_length=1, max_length=MAX_LINE)]


class Told(Struct, frozen=True):
    """What a command came to."""

    ok: bool
    text: str


class Known(Struct, frozen=True):
    """What the console completes: commands that the operator may call, and maps."""

    commands: list[dict[str, str]]
    maps: list[str]


@get(PATH, include_in_schema=False)
async def server_page(request: Asked, store: StoreDependency, hub: HubDependency) -> Response[str]:
    """The page; without a game server it says how to get one."""
    session = await require(request, store)
    return page(session, "dashboard/server.html", PATH, here=hub.directory is not None)


@post("/dashboard/server/command", include_in_schema=False, status_code=200)
async def command(
    request: Asked, store: StoreDependency, hub: HubDependency, data: JSONBody[Line]
) -> Response[Told]:
    """Have a command obeyed. What the role may, the table of commands says; it writes the audit too."""
    session = await require(request, store)
    found = await obeyed(hub, session, data.line)
    return Response(Told(bool(found["ok"]), str(found["text"])), headers=HEADERS)


@get("/dashboard/server/known.json", include_in_schema=False)
async def known(request: Asked, store: StoreDependency, hub: HubDependency) -> Response[Known]:
    """What the operator may type."""
    session = await require(request, store)
    help_text = await obeyed(hub, session, "help")
    commands = msgspec.convert(help_text["data"]["commands"], list[dict[str, str]])
    maps = await asyncio.to_thread(maps_in, hub.directory)
    return Response(Known(commands, maps), headers=HEADERS)


async def obeyed(hub: Hub, session: Session, line: str) -> dict[str, Any]:
    """Have *line* obeyed for who is signed in. Raises Problem 404 if there is no game server here."""
    if hub.directory is None:
        raise Problem(404, "no_game_server", "no game server runs beside this web process")
    return await hub.call(line, session.operator.name, session.operator.role, session.origin)


def maps_in(directory: Path | None) -> list[str]:
    """Return the names of the maps that can be played on *directory*."""
    folders = [SHIPPED] if directory is None else [SHIPPED, directory / "maps"]
    return sorted({path.stem for folder in folders for path in folder.glob("*.map")})


HANDLERS: list[Any] = [server_page, command, known]
