"""The API under /v1/admin: what programs of the operator may do, by the scopes of their API key."""

from typing import Annotated, Any

from litestar import Response, delete, get, post, put
from litestar.params import JSONBody, Parameter
from msgspec import Meta, Struct

from tremble.log import logger
from tremble.result import Instant, MatchId
from tremble.store import audit, fair_play, matches, operators
from tremble.store.audit import AuditEntry
from tremble.store.bans import Ban
from tremble.store.fair_play import Seen
from tremble.web import api, exports
from tremble.web.api import Cursor, PlayerId, StoreDependency, read_cursor, write_cursor
from tremble.web.api_auth import NO_STORE
from tremble.web.exports import PlayerExport
from tremble.web.problems import Asked, Problem
from tremble.web.signed_in import moment, reading, require, writing


class BanBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a player is banned, and until when; without *until* for good.

    *match_id* and *tick* say where it shows. A whole number may be written as 7.0, as Godot does.
    """

    reason: Annotated[str, Meta(min_length=1, max_length=200, pattern="^[^\\x00]*$")]
    until: Instant | None = None
    match_id: MatchId | None = None
    # Above -1: of a bound of 0 the document would say nothing.
    tick: Annotated[float, Meta(gt=-1, le=1e9, multiple_of=1)] | None = None


class AuditPage(Struct, frozen=True):
    """A page of the audit, newest first; *next_cursor* is null on the last page."""

    entries: list[AuditEntry]
    next_cursor: str | None


class Review(Struct, frozen=True):
    """What game servers saw of the players of a match."""

    match_id: str
    players: list[Seen]


@put("/v1/admin/players/{player_id:str}/ban", tags=["admin"], operation_id="Ban")
async def put_ban(
    request: Asked, store: StoreDependency, player_id: PlayerId, data: JSONBody[BanBody]
) -> Ban:
    """Ban a player, at once on every node. Needs an API key with the scope players:ban."""
    by = await require(request, store, "players:ban")
    tick = None if data.tick is None else int(data.tick)
    new = Ban(player_id, moment(), data.until, data.reason, data.match_id, tick)
    await writing(store, operators.ban, by, new)
    logger("web").info("banned", player_id=player_id, reason=data.reason)
    return new


@delete("/v1/admin/players/{player_id:str}/ban", tags=["admin"], operation_id="Unban")
async def delete_ban(request: Asked, store: StoreDependency, player_id: PlayerId) -> None:
    """Take a ban back. Needs an API key with the scope players:ban."""
    by = await require(request, store, "players:ban")
    if not await writing(store, operators.unban, by, player_id):
        raise Problem(404, "not_banned", f"player {player_id!r} is not banned")
    logger("web").info("unbanned", player_id=player_id)


@get("/v1/admin/players/{player_id:str}/export", tags=["admin"], operation_id="ExportPlayer")
async def export_player(
    request: Asked, store: StoreDependency, player_id: PlayerId
) -> Response[PlayerExport]:
    """All that is kept of a player. Needs an API key with the scope players:export."""
    by = await require(request, store, "players:export")
    found = await writing(store, exports.noted, by, player_id)
    if found is None:
        raise unknown(player_id)
    return Response(found, status_code=200, headers=NO_STORE)


@post(
    "/v1/admin/players/{player_id:str}/erase",
    status_code=204,
    tags=["admin"],
    operation_id="ErasePlayer",
)
async def erase_player(request: Asked, store: StoreDependency, player_id: PlayerId) -> None:
    """Erase a player's account and names for good. Needs an API key with the scope players:erase.

    Matches stay without the name, also those that are still to be posted.
    """
    by = await require(request, store, "players:erase")
    if not await writing(store, operators.erase, by, player_id):
        raise unknown(player_id)
    logger("web").info("erased", player_id=player_id)


@get("/v1/admin/audit", tags=["admin"], operation_id="GetAudit")
async def get_audit(
    request: Asked,
    store: StoreDependency,
    target: Annotated[
        str | None, Parameter(max_length=64, description="Only what was done to this id")
    ] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Parameter(ge=1, le=100, description="How many entries")] = 20,
) -> Response[AuditPage]:
    """What operators did, newest first. Needs an API key with the scope audit:read."""
    await require(request, store, "audit:read")
    before = audit.NEWEST if cursor is None else read_cursor(cursor)
    found = await reading(store, audit.pages, limit + 1, before, target)
    page = found[:limit]
    next_cursor = write_cursor(page[-1].seq) if len(found) > limit else None
    return Response(AuditPage(page, next_cursor), status_code=200, headers=NO_STORE)


@get("/v1/admin/matches/{match_id:str}/fair-play", tags=["admin"], operation_id="ReviewMatch")
async def review_match(
    request: Asked, store: StoreDependency, match_id: api.MatchId
) -> Response[Review]:
    """How much of a match looked like a program's work. Needs an API key with the scope matches:review."""
    await require(request, store, "matches:review")
    if not await reading(store, matches.known, [match_id]):
        raise Problem(404, "unknown_match", f"match {match_id!r} was never recorded")
    found = await reading(store, fair_play.of_match, match_id)
    return Response(Review(match_id, found), status_code=200, headers=NO_STORE)


def unknown(player_id: str) -> Problem:
    return Problem(404, "unknown_player", f"player {player_id!r} was never seen")


HANDLERS: list[Any] = [put_ban, delete_ban, export_player, erase_player, get_audit, review_match]
