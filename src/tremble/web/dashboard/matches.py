"""Matches: all that were played, by what they have in common; one with its replay; void and restore."""

import asyncio
import re
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import QueryParameter

from tremble.log import logger
from tremble.store import fair_play, matches, search, voiding
from tremble.store.engine import Store, Transaction
from tremble.store.history import Filter
from tremble.store.voiding import Act
from tremble.web.api import MatchId, PlaceCursor, StoreDependency
from tremble.web.api_history import listed, moment
from tremble.web.api_replays import FilmsDependency
from tremble.web.dashboard.foretelling import Foretelling, ForetellingDependency, foresee
from tremble.web.dashboard.session import Session, require
from tremble.web.dashboard.shell import HEADERS, page
from tremble.web.problems import Asked, Problem
from tremble.web.signed_in import reading

log = logger("dashboard")

PATH = "/dashboard/matches"
LISTED = 50
#: What a list can be narrowed by, and what each looks like.
NARROWED = {
    "player": "[0-9a-f]{16}",
    "map": "[a-z0-9_-]{1,32}",
    "mode": "[a-z0-9_-]{1,32}",
    "board": "[a-z0-9_-]{1,37}",
    "server": "[0-9a-f]{16}",
    "since": "[0-9TZ:.+-]{4,40}",
    "until": "[0-9TZ:.+-]{4,40}",
}
DONE = {
    "void": "The match is void: it counts for nothing, and all ratings are up to date.",
    "restore": "The match counts again, and all ratings are up to date.",
    "kept": "It stays void: a player's matches were voided, and it is one of them.",
}
Done = Annotated[str, QueryParameter(name="done", max_length=16)]


@get(PATH, include_in_schema=False)
async def matches_page(
    request: Asked, store: StoreDependency, cursor: PlaceCursor = None
) -> Response[str]:
    """Matches, the last that ended first."""
    session = await require(request, store)
    given = {
        name: value for name, value in request.query_params.items() if value and name in NARROWED
    }
    values = await asyncio.to_thread(store.read, read_list, given, cursor)
    return page(session, "dashboard/matches.html", PATH, **values)


def read_list(tx: Transaction, given: dict[str, str], cursor: str | None) -> dict[str, Any]:
    """Return what the list shows that is narrowed by *given*."""
    faults = []
    wanted: dict[str, Any] = {}
    for name, value in given.items():
        found = named_player(tx, value) if name == "player" else value
        if found is None or not re.fullmatch(NARROWED[name], found):
            faults.append(f"{name}: nothing is known as {value[:64]!r}")
            continue
        wanted[name] = found
    for name in ("since", "until"):
        if name in wanted:
            try:
                wanted[name] = moment(name, wanted[name])
            except Problem:
                faults.append(f"{name}: write a date such as 2026-01-31")
                del wanted[name]
    page_of = listed(tx, Filter(**wanted), cursor, LISTED)
    following = {**given, "cursor": page_of.next_cursor or ""}
    return {
        "matches": page_of.matches,
        "given": given,
        "faults": faults,
        "first": f"{PATH}?{urlencode(given)}" if cursor else None,
        "next": f"{PATH}?{urlencode(following)}" if page_of.next_cursor else None,
    }


def named_player(tx: Transaction, word: str) -> str | None:
    """Return the id of the player that *word* means: an id, or a name that one alone has."""
    if re.fullmatch(NARROWED["player"], word):
        return word
    found = search.players_named(tx, word, 2)
    exact = [player for player in found if player.username.lower() == word.lower()]
    chosen = exact or found
    return chosen[0].player_id if len(chosen) == 1 else None


@get(PATH + "/{match_id:str}", include_in_schema=False)
async def match_page(
    request: Asked,
    store: StoreDependency,
    films: FilmsDependency,
    match_id: MatchId,
    done: Done = "",
) -> Response[str]:
    """One match: its lines, its replay, what game servers saw."""
    session = await require(request, store)
    found = await reading(store, matches.find, match_id)
    if found is None:
        raise unknown(match_id)
    seen = []
    if session.operator.may("moderator"):
        seen = await reading(store, fair_play.of_match, match_id)
    return page(
        session,
        "dashboard/match.html",
        PATH,
        match=found,
        seen=seen,
        has_replay=films.shelf.path(match_id).exists(),
        told=DONE.get(done, ""),
    )


@get(PATH + "/{match_id:str}/void", include_in_schema=False)
async def void_page(
    request: Asked, store: StoreDependency, foretelling: ForetellingDependency, match_id: MatchId
) -> Response[str]:
    """Who would move how much if the match were void; or, if it is, the way back."""
    session = await require(request, store, "moderator")
    found = await reading(store, matches.find, match_id)
    if found is None:
        raise unknown(match_id)
    seen = None
    if not found.voided:
        by = session.operator.name
        seen = await foresee(store, foretelling, match_id, "", [match_id], by)
    return page(session, "dashboard/void.html", PATH, match=found, seen=seen, target=match_id)


@post(PATH + "/{match_id:str}/void", include_in_schema=False, status_code=200)
async def void(
    request: Asked, store: StoreDependency, foretelling: ForetellingDependency, match_id: MatchId
) -> Response[str]:
    """Void a match, and rate again what it moves."""
    session = await require(request, store, "moderator")
    return await change(store, foretelling, session, "void", match_id)


@post(PATH + "/{match_id:str}/restore", include_in_schema=False, status_code=200)
async def restore(
    request: Asked, store: StoreDependency, foretelling: ForetellingDependency, match_id: MatchId
) -> Response[str]:
    """Let a match count again."""
    session = await require(request, store, "moderator")
    return await change(store, foretelling, session, "restore", match_id)


async def change(
    store: Store, foretelling: Foretelling, session: Session, act: Act, match_id: str
) -> Response[str]:
    """Do *act*, and lead back to the match."""
    ids = await reading(store, voiding.named, act, match_id)
    if ids is None:
        raise unknown(match_id)
    by = session.by()
    await asyncio.to_thread(voiding.carry_out, store, by, act, match_id, ids, lambda: None)
    await foretelling.cancel()
    log.info("match changed", act=act, match_id=match_id, operator=session.operator.name)
    found = await reading(store, matches.find, match_id)
    still = act == "restore" and found is not None and found.voided
    return back(f"{PATH}/{match_id}", "kept" if still else act)


def back(path: str, done: str) -> Response[str]:
    """Lead the browser to *path*, which tells what was *done*."""
    there = {**HEADERS, "location": f"{path}?{urlencode({'done': done})}"}
    return Response("", status_code=303, headers=there)


def unknown(match_id: str) -> Problem:
    return Problem(404, "unknown_match", f"match {match_id!r} was never recorded")


HANDLERS: list[Any] = [matches_page, match_page, void_page, void, restore]
