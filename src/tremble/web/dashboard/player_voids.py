"""All matches of a player voided, from a day on, or let count again: a cheater's account put right."""

import asyncio
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import QueryParameter

from tremble.log import logger
from tremble.store import players, voiding
from tremble.store.engine import Store, Transaction
from tremble.store.voiding import EVER, Act
from tremble.web.api import PlayerId, StoreDependency
from tremble.web.api_history import moment
from tremble.web.dashboard.foretelling import ForetellingDependency, foresee
from tremble.web.dashboard.matches import back
from tremble.web.dashboard.players import PATH
from tremble.web.dashboard.session import Session, require
from tremble.web.dashboard.shell import page
from tremble.web.problems import Asked, Problem

log = logger("dashboard")

Since = Annotated[str, QueryParameter(name="since", max_length=40)]
WHERE = PATH + "/{player_id:str}/void"


@get(WHERE, include_in_schema=False)
async def void_page(
    request: Asked,
    store: StoreDependency,
    foretelling: ForetellingDependency,
    player_id: PlayerId,
    since: Since = "",
) -> Response[str]:
    """Who would move how much if the player's matches were void."""
    session = await require(request, store, "moderator")
    start = start_of(since)
    values = await asyncio.to_thread(store.read, read_matches, player_id, start)
    ids, by = values.pop("ids"), session.operator.name
    seen = await foresee(store, foretelling, player_id, since, ids, by)
    return page(
        session,
        "dashboard/void_player.html",
        PATH,
        since=since,
        seen=seen,
        target=player_id,
        **values,
    )


def read_matches(tx: Transaction, player_id: str, start: int) -> dict[str, Any]:
    """Return what the page shows: the matches that could be voided, and those that are."""
    player = players.find(tx, player_id)
    if player is None:
        raise Problem(404, "unknown_player", f"player {player_id!r} was never seen")
    ids = voiding.named(tx, "void", player_id, start) or []
    return {
        "player": player,
        "ids": ids,
        "counting": len(ids),
        "voided": len(voiding.named(tx, "restore", player_id, start) or []),
    }


@post(WHERE, include_in_schema=False, status_code=200)
async def void(
    request: Asked, store: StoreDependency, foretelling: ForetellingDependency, player_id: PlayerId
) -> Response[str]:
    """Void them."""
    session = await require(request, store, "moderator")
    await change(request, store, session, "void", player_id)
    await foretelling.cancel()
    return back(f"{PATH}/{player_id}", "void-all")


@post(PATH + "/{player_id:str}/restore", include_in_schema=False, status_code=200)
async def restore(
    request: Asked, store: StoreDependency, foretelling: ForetellingDependency, player_id: PlayerId
) -> Response[str]:
    """Let them count again."""
    session = await require(request, store, "moderator")
    await change(request, store, session, "restore", player_id)
    await foretelling.cancel()
    return back(f"{PATH}/{player_id}", "restore-all")


async def change(request: Asked, store: Store, session: Session, act: Act, player_id: str) -> None:
    """Do *act* to the matches that the form names."""
    start = start_of(str((await request.form()).get("since", "")))
    by = session.by()

    def all_of_it() -> int:
        ids = store.read(voiding.named, act, player_id, start) or []
        voiding.carry_out(store, by, act, player_id, ids, lambda: None)
        return len(ids)

    count = await asyncio.to_thread(all_of_it)
    who = session.operator.name
    log.info("matches changed", act=act, player_id=player_id, matches=count, operator=who)


def start_of(since: str) -> int:
    """Return the instant from which on matches are meant; raises Problem for what is no date."""
    found = moment("since", since or None)
    return EVER if found is None else found


HANDLERS: list[Any] = [void_page, void, restore]
