"""Leaderboards in all their seasons, and the seasons themselves."""

import asyncio
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import QueryParameter

from tremble.store import operators, past, ranking, seasons
from tremble.store.engine import Transaction
from tremble.web.api import BoardName, RankingsDependency, StoreDependency
from tremble.web.dashboard.matches import back
from tremble.web.dashboard.session import require
from tremble.web.dashboard.shell import page
from tremble.web.problems import Asked, Problem
from tremble.web.signed_in import writing

PATH = "/dashboard/boards"
LISTED = 100
DONE = {"season": "A season has begun: boards start empty, what was played stays readable."}


@get(PATH, include_in_schema=False)
async def boards_page(
    request: Asked,
    store: StoreDependency,
    done: Annotated[str, QueryParameter(name="done", max_length=16)] = "",
) -> Response[str]:
    """All boards and seasons."""
    session = await require(request, store)
    values = await asyncio.to_thread(store.read, read_boards)
    return page(session, "dashboard/boards.html", PATH, told=DONE.get(done, ""), **values)


def read_boards(tx: Transaction) -> dict[str, Any]:
    """Return each board as it was last played, with what it ranks by; and the seasons, newest first."""
    return {"boards": past.every(tx), "seasons": list(reversed(seasons.every(tx)))}


@get(PATH + "/{board:str}", include_in_schema=False)
async def board_page(
    request: Asked,
    store: StoreDependency,
    rankings: RankingsDependency,
    board: BoardName,
    season: Annotated[int | None, QueryParameter(name="season", ge=1, le=2**31 - 1)] = None,
    first: Annotated[int, QueryParameter(name="from", ge=1, le=2**31 - 1)] = 1,
) -> Response[str]:
    """A board in a season, from rank *first* on."""
    session = await require(request, store)
    last = first + LISTED - 1
    found = await asyncio.to_thread(
        lambda: rankings.ask(ranking.in_range, board, season, first, last)
    )
    if found is None:
        raise Problem(404, "unknown_board", f"no match was ever recorded on board {board!r}")
    every = await asyncio.to_thread(store.read, seasons.every)
    played = [one.season for one in every if one.season <= found.season or season is not None]
    return page(
        session,
        "dashboard/board.html",
        PATH,
        board=found,
        seasons=played,
        first=first,
        before=max(1, first - LISTED) if first > 1 else None,
        after=last + 1 if last < found.total else None,
    )


@post("/dashboard/seasons", include_in_schema=False, status_code=200)
async def begin_season(request: Asked, store: StoreDependency) -> Response[str]:
    """Begin a season now, once `begin` was typed."""
    session = await require(request, store, "admin")
    if str((await request.form()).get("word", "")).strip() != "begin":
        raise Problem(400, "not_confirmed", "no season was begun: type begin to confirm")
    if await writing(store, operators.begin_season, session.by()) is None:
        detail = "the newest season was played in already by a server whose clock is ahead"
        raise Problem(409, "no_season", detail)
    return back(PATH, "season")


HANDLERS: list[Any] = [boards_page, board_page, begin_season]
