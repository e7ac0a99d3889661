"""The API under /v1: what was recorded, for everyone; posting results, for trusted game servers."""

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import Parameter, SkipValidation
from msgspec import Struct

from tremble import ledger
from tremble.ledger import InvalidResult
from tremble.result import Count, MatchResult, WeaponLine, Word
from tremble.store import players
from tremble.store.board_entries import Entry
from tremble.store.engine import Store
from tremble.store.players import Player
from tremble.store.ranking import Rankings
from tremble.store.roster import Roster
from tremble.token import SERVER_HEADER, SIGNATURE_HEADER
from tremble.web import limits
from tremble.web.limits import Limits, Rule
from tremble.web.problems import FieldError, Problem
from tremble.web.trust import Trust

StoreDependency = NamedDependency[SkipValidation[Store]]
RankingsDependency = NamedDependency[SkipValidation[Rankings]]
RosterDependency = NamedDependency[SkipValidation[Roster]]
QuotaDependency = NamedDependency[SkipValidation[Limits]]
TrustDependency = NamedDependency[SkipValidation[Trust]]
BoardName = Annotated[
    str, Parameter(pattern="^[a-z0-9_-]{1,37}([.][a-z0-9_-]{1,32}){0,2}$", description="`duel`")
]
PlayerId = Annotated[str, Parameter(pattern="^[0-9a-f]{16}$", description="16 hex digits")]
SomeIds = list[Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$")]]
SOME = Parameter(
    min_items=1,
    max_items=100,
    description="A player's id; may stand many times",
    schema_extra={"items": {"type": "string", "pattern": "^[0-9a-f]{16}$"}},
)
Several = Annotated[SomeIds | None, SOME]
MatchId = Annotated[str, Parameter(pattern="^[0-9a-f]{32}$", description="32 hex digits")]


def cursor_like(pattern: str) -> Any:
    """Return what the parameter of a cursor is like that looks like *pattern*."""
    return Parameter(
        max_length=64,
        description="`next_cursor` of the page before",
        schema_extra={"pattern": pattern},
    )


#: In base64: 63 bits; 128 bits.
Cursor = Annotated[str | None, cursor_like("^[A-Za-f][A-Za-z0-9_-]{9}[AEIMQUYcgkosw048]$")]
PlaceCursor = Annotated[str | None, cursor_like("^[A-Za-z0-9_-]{21}[AQgw]$")]

#: 64 players with 32 weapons and 64 items each come to 300 kB.
MAX_RESULT_BYTES = 512 * 1024


class PlayerProfile(Struct, frozen=True):
    """A player and the entry on each board played on, by the board's name."""

    player: Player
    boards: dict[str, Entry]


class Posted(Struct, frozen=True):
    """What became of a result; *recorded* is false if it was there already."""

    match_id: str
    recorded: bool


@get("/v1/players/{player_id:str}", sync_to_thread=False, tags=["players"])
def get_player(
    store: StoreDependency, rankings: RankingsDependency, player_id: PlayerId
) -> PlayerProfile:
    """A player, with rank, rating and record on each board."""
    player = store.read(players.find, player_id)
    if player is None:
        raise Problem(404, "unknown_player", f"player {player_id!r} never played a recorded match")
    return PlayerProfile(player, rankings.of_player(player_id))


@post(
    "/v1/server/results",
    tags=["server"],
    request_max_body_size=MAX_RESULT_BYTES,
    operation_id="PostResult",
    opt={"limit": None},
)
async def post_result(
    request: Request[Any, Any, Any],
    store: StoreDependency,
    trust: TrustDependency,
    quota: QuotaDependency,
) -> Response[Posted]:
    """Record the result of a match, signed by the game server's key.

    201 the first time, 200 if it was there already; either way it is on the disk.
    """
    body = await request.body()
    server = await signer(request, store, trust, quota, body)
    result = read_result(body)
    if result.server_id != server:
        raise Problem(403, "wrong_server", "server_id is not the server that signed the result")
    recorded = await asyncio.wrap_future(store.write_batch(ledger.record_all, result))
    return Response(Posted(result.match_id, recorded), status_code=201 if recorded else 200)


async def signer(
    request: Request[Any, Any, Any],
    store: Store,
    trust: Trust,
    quota: Limits,
    body: bytes,
    rule: Rule | None = None,
) -> str:
    """Return the id of the server that signed *body*; raises Problem if none that is trusted did.

    Its requests count by *rule*, that of results if none is given.
    """
    shown = (request.headers.get(SERVER_HEADER), request.headers.get(SIGNATURE_HEADER))
    try:
        if store.remote:
            server = await asyncio.to_thread(trust.check, *shown, body)
        else:
            server = trust.check(*shown, body)
    except Problem:
        await quota.check_address(limits.UNSIGNED, request)
        raise
    await quota.check(rule or limits.RESULTS, server, request)
    return server


def read_result(body: bytes) -> MatchResult:
    """Return the result in *body*; raises Problem that names the field that is wrong."""
    try:
        result = msgspec.json.decode(body, type=MatchResult)
        ledger.check(result)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        field = FieldError(named_key(body, path.rstrip("`").lstrip(".")), message)
        raise Problem(400, "invalid_result", "a field of the result is wrong", [field]) from error
    except InvalidResult as error:
        field = FieldError(error.path, error.reason)
        raise Problem(400, "invalid_result", "the result contradicts itself", [field]) from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Problem(400, "invalid_json", f"the body is not JSON: {error}") from error
    return result


def named_key(body: bytes, path: str) -> str:
    """Return *path* with the key in place of the `[...]` that msgspec writes for one of a dict."""
    before, gap, after = path.partition("[...]")
    if not gap:
        return path
    kind: Any = dict[Word, WeaponLine] if before.endswith("weapons") else dict[Word, Count]
    place = msgspec.json.decode(body)
    for step in before.replace("[", ".").replace("]", "").split("."):
        place = place[int(step)] if isinstance(place, list) else place[step]
    for key, value in place.items():
        try:
            msgspec.convert({key: value}, kind)
        except msgspec.ValidationError:
            return f"{before}[{key!r}]{after}"
    return path


def write_cursor(seq: int) -> str:
    return urlsafe_b64encode(seq.to_bytes(8, "big")).rstrip(b"=").decode()


def read_cursor(cursor: str) -> int:
    """Return the seq in *cursor*; raises Problem for what is not one of ours."""
    try:
        raw = urlsafe_b64decode(f"{cursor}=")
    except (Base64Error, ValueError) as error:
        raise Problem(400, "invalid_cursor", "this cursor was not given by us") from error
    if len(raw) != 8 or raw[0] & 0x80:
        raise Problem(400, "invalid_cursor", "this cursor was not given by us")
    return int.from_bytes(raw, "big")
