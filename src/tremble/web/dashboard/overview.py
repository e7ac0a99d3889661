"""The overview: servers, people, matches, ticks and what is wrong, with the last two hours."""

import asyncio
from pathlib import Path
from typing import Any

from litestar import Response, get
from msgspec import Struct

from tremble.look import Look
from tremble.store.servers import Server
from tremble.web.api import StoreDependency
from tremble.web.api_servers import RegistryDependency
from tremble.web.dashboard.hub import Hub, Point
from tremble.web.dashboard.live import HubDependency
from tremble.web.dashboard.session import require
from tremble.web.dashboard.shell import HEADERS, page
from tremble.web.problems import Asked

#: Servers of the list that the page shows, those with most people first.
MOST_LISTED = 200


class Listed(Struct, frozen=True):
    """A server of the master list; *ping_ms* is the round trip of the last probe from here."""

    name: str
    address: str
    map: str
    mode: str
    phase: str
    players: int
    bots: int
    max_players: int
    ping_ms: float | None
    version: str


class Overview(Struct, frozen=True):
    """What the page needs at first; what comes later is told by the stream."""

    here: bool
    look: Look
    history: list[Point]
    news: list[dict[str, Any]]
    listed: list[Listed]


@get("/dashboard", include_in_schema=False)
async def overview_page(
    request: Asked, store: StoreDependency, hub: HubDependency
) -> Response[str]:
    """The first page."""
    session = await require(request, store)
    return page(session, "dashboard/overview.html", "/dashboard", here=here(hub))


@get("/dashboard/overview.json", include_in_schema=False)
async def overview(
    request: Asked, store: StoreDependency, hub: HubDependency, registry: RegistryDependency
) -> Response[Overview]:
    """What the first page shows, at this moment."""
    await require(request, store)
    ours = await asyncio.to_thread(ids_of, hub.directory)
    others = [server for server in await registry.listed() if server.server_id not in ours]
    others.sort(key=lambda server: (server.info.bots - server.info.players, server.info.name))
    listed = [listed_of(server) for server in others[:MOST_LISTED]]
    found = Overview(here(hub), hub.look, list(hub.history), list(hub.news), listed)
    return Response(found, headers=HEADERS)


def here(hub: Hub) -> bool:
    """Say whether a game server runs beside the web process."""
    return hub.directory is not None


def ids_of(directory: Path | None) -> set[str]:
    """Return the ids of the servers whose keys lie in *directory*: the one beside us, in the list or not."""
    if directory is None:
        return set()
    return {path.stem for path in (directory / "keys" / "servers").glob("*.pub")}


def listed_of(server: Server) -> Listed:
    """Return what the page shows of a server of the list."""
    info = server.info
    return Listed(
        info.name,
        server.address,
        info.map,
        info.gamemode,
        info.phase,
        info.players,
        info.bots,
        info.max_players,
        server.ping_ms,
        info.version,
    )


HANDLERS: list[Any] = [overview_page, overview]
