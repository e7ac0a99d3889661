"""The API under /v1/admin: what programs of the operator may do, by the scopes of their API key."""

from typing import Annotated, Any

from litestar import delete, put
from litestar.params import JSONBody
from msgspec import Meta, Struct

from tremble.log import logger
from tremble.result import Instant
from tremble.store import bans
from tremble.store.bans import Ban
from tremble.web.api import PlayerId, StoreDependency
from tremble.web.problems import Asked, Problem
from tremble.web.signed_in import moment, require, writing


class BanBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a player is banned, and until when; without *until* for good."""

    reason: Annotated[str, Meta(min_length=1, max_length=200, pattern="^[^\\x00]*$")]
    until: Instant | None = None


@put("/v1/admin/players/{player_id:str}/ban", tags=["admin"], operation_id="Ban")
async def put_ban(
    request: Asked, store: StoreDependency, player_id: PlayerId, data: JSONBody[BanBody]
) -> Ban:
    """Ban a player, at once on every node. Needs an API key with the scope players:ban."""
    await require(request, store, "players:ban")
    new = Ban(player_id, moment(), data.until, data.reason)
    await writing(store, bans.add, new)
    logger("web").info("banned", player_id=player_id, reason=data.reason)
    return new


@delete("/v1/admin/players/{player_id:str}/ban", tags=["admin"], operation_id="Unban")
async def delete_ban(request: Asked, store: StoreDependency, player_id: PlayerId) -> None:
    """Take a ban back. Needs an API key with the scope players:ban."""
    await require(request, store, "players:ban")
    if not await writing(store, bans.remove, player_id):
        raise Problem(404, "not_banned", f"player {player_id!r} is not banned")
    logger("web").info("unbanned", player_id=player_id)


HANDLERS: list[Any] = [put_ban, delete_ban]
