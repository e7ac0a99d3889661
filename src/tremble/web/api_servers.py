"""The API of the master list: heartbeats of game servers, and where to play."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.di import NamedDependency, Provide
from litestar.params import Parameter, SkipValidation
from msgspec import Struct

from tremble.heartbeat import Heard, Heartbeat, State
from tremble.store import server_keys, servers
from tremble.store.servers import Change, Server
from tremble.web import directory, limits
from tremble.web.api import QuotaDependency, StoreDependency, TrustDependency, cursor_like, signer
from tremble.web.directory import PLACE_BYTES, Order, Wanted
from tremble.web.entrance import wrong
from tremble.web.places import reach, read_host
from tremble.web.problems import Asked, Problem
from tremble.web.registry import Registry
from tremble.web.signed_in import reading

RegistryDependency = NamedDependency[SkipValidation[Registry]]
ServerId = Annotated[str, Parameter(pattern="^[0-9a-f]{16}$", description="16 hex digits")]
#: In base64: PLACE_BYTES without a rest.
Cursor = Annotated[str | None, cursor_like("^[A-Za-z0-9_-]{48}$")]
Limit = Annotated[int, Parameter(ge=1, le=500, description="How many servers")]


def word(what: str, letters: str = "a-z0-9_-") -> Any:
    """Return what a parameter is like that asks for servers with that word in *what*."""
    return Parameter(pattern=f"^[{letters}]{{1,32}}$", description=f"With this {what} alone")


Sorted = Annotated[
    Order, Parameter(description="By which the list is sorted; most or newest first")
]
#: More than a heartbeat can have.
MAX_BEAT_BYTES = 4096


class ListedServer(Struct, frozen=True):
    """A server of the list; what it says of itself is at most one heartbeat old.

    *players* counts bots too; *ping_hint* is its round trip from here in ms.
    """

    server_id: str
    address: str
    name: str
    gamemode: str
    map: str
    players: int
    bots: int
    max_players: int
    phase: str
    password: bool
    region: str
    tags: list[str]
    protocol: int
    version: str
    ping_hint: float | None


class ServerList(Struct, frozen=True):
    """A page of the list and how many fit in all; *next* is the cursor of the next one, or null."""

    servers: list[ListedServer]
    total: int
    next: str | None


class ServerDetail(Struct, frozen=True):
    """A server that is or was in the list, and its last ups and downs, the newest first."""

    server: ListedServer
    state: State
    first_seen_at: datetime
    last_seen_at: datetime
    changes: list[Change]


class LostServer(Struct, frozen=True):
    """A server that was in the list and left it without a goodbye: silent, or it does not answer there."""

    server_id: str
    name: str
    address: str
    state: State
    left_at: datetime
    last_seen_at: datetime


class LostServers(Struct, frozen=True):
    """The servers that are missed, for a day, the last heard of first; 100 at most."""

    servers: list[LostServer]


def read_wanted(
    text: Annotated[str | None, Parameter(max_length=64, description="In name, map, mode")] = None,
    mode: Annotated[str | None, word("mode")] = None,
    map: Annotated[str | None, word("map")] = None,
    region: Annotated[str | None, word("region", "a-z0-9-")] = None,
    version: Annotated[
        str | None, Parameter(max_length=32, description="Of this version of Tremble alone")
    ] = None,
    tag: Annotated[str | None, word("tag")] = None,
    password: Annotated[bool | None, Parameter(description="Needs a password, or not")] = None,
    not_full: Annotated[bool, Parameter(description="Has room")] = False,
    not_empty: Annotated[bool, Parameter(description="Has people, not only bots")] = False,
) -> Wanted:
    """Return what a request asks the servers of the list to be."""
    return Wanted(text, mode, map, region, version, tag, password, not_full, not_empty)


WANTED = {"wanted": Provide(read_wanted, sync_to_thread=False)}
WantedDependency = NamedDependency[SkipValidation[Wanted]]


@post(
    "/v1/server/heartbeat",
    tags=["server"],
    request_max_body_size=MAX_BEAT_BYTES,
    status_code=200,
    operation_id="PostHeartbeat",
    opt={"limit": None},
)
async def post_heartbeat(
    request: Asked,
    store: StoreDependency,
    trust: TrustDependency,
    quota: QuotaDependency,
    registry: RegistryDependency,
) -> Heard:
    """Be listed, signed by the game server's key, once the server has answered at its address."""
    body = await request.body()
    server = await signer(request, store, trust, quota, body, limits.HEARTBEATS)
    beat = read_beat(body)
    key = await reading(store, server_keys.find, server)
    owner = "" if key is None else key.name
    return await registry.hear(server, owner, host_of(request), beat)


def read_beat(body: bytes) -> Heartbeat:
    """Return the heartbeat in *body*; raises Problem that names the field that is wrong."""
    try:
        return msgspec.json.decode(body, type=Heartbeat)
    except msgspec.ValidationError as error:
        raise Problem(400, "invalid_request", "a field is wrong", [wrong(error)]) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Problem(400, "invalid_json", "the body is not JSON") from None


@get("/v1/servers", tags=["servers"], dependencies=WANTED)
async def get_servers(
    request: Asked,
    registry: RegistryDependency,
    wanted: WantedDependency,
    sort: Sorted = "name",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> ServerList:
    """Servers that have answered at their address and go on sending heartbeats.

    Those of private networks are shown to who asks from one alone.
    """
    found = directory.page(await seen(request, registry), wanted, sort, read_place(cursor), limit)
    return ServerList([shown(server) for server in found.servers], found.total, write(found.last))


@get("/v1/servers/lost", tags=["servers"], operation_id="GetLostServers")
async def get_lost_servers(request: Asked, registry: RegistryDependency) -> LostServers:
    """Servers that left the list in the last day without a goodbye and are not back."""
    found = await registry.lost()
    return LostServers(
        [
            LostServer(s.server_id, s.info.name, s.address, s.state, each.left_at, s.seen_at)
            for each in found
            if may_see(request, registry, s := each.server)
        ]
    )


@get("/v1/servers/{server_id:str}", tags=["servers"])
async def get_server(
    request: Asked, store: StoreDependency, registry: RegistryDependency, server_id: ServerId
) -> ServerDetail:
    """A server of the list, or one that was in it, with its ups and downs."""
    found = await reading(store, servers.find, server_id)
    if found is None or not may_see(request, registry, found):
        raise Problem(404, "unknown_server", f"server {server_id!r} is not in the list")
    changes = await reading(store, servers.changes, server_id)
    at = (found.first_seen_at, found.seen_at)
    return ServerDetail(shown(found), found.state, *at, changes)


async def seen(request: Asked, registry: Registry) -> list[Server]:
    """Return the servers of the list that who asks can reach."""
    return [s for s in await registry.listed() if may_see(request, registry, s)]


def may_see(request: Asked, registry: Registry, server: Server) -> bool:
    """Say whether the address of *server* is of any use to who asks."""
    near = reach(read_host(host_of(request)))
    return registry.options.allow_private or server.reach >= near


def host_of(request: Asked) -> str:
    """Return the address that asks, empty if it has none."""
    return request.client.host if request.client else ""


def shown(server: Server) -> ListedServer:
    """Return *server* as the list shows it."""
    info = server.info
    ping = None if server.ping_ms is None else round(server.ping_ms, 1)
    return ListedServer(
        server.server_id,
        server.address,
        info.name,
        info.gamemode,
        info.map,
        info.players,
        info.bots,
        info.max_players,
        info.phase,
        info.password,
        info.region,
        info.tags,
        info.protocol,
        info.version,
        ping,
    )


def write(place: bytes | None) -> str | None:
    """Return the cursor of the page behind *place*."""
    return None if place is None else urlsafe_b64encode(place).decode()


def read_place(cursor: str | None) -> bytes | None:
    """Return the place in *cursor*; raises Problem for what is not one of ours."""
    if cursor is None:
        return None
    try:
        place = urlsafe_b64decode(cursor)
    except (Base64Error, ValueError) as error:
        raise Problem(400, "invalid_cursor", "this cursor was not given by us") from error
    if len(place) != PLACE_BYTES:
        raise Problem(400, "invalid_cursor", "this cursor was not given by us")
    return place


HANDLERS: list[Any] = [post_heartbeat, get_servers, get_lost_servers, get_server]
