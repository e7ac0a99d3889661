"""Players: found by name or id; one with ratings, matches, ban, notes, saves and the fairness of its play."""

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import Response, get
from litestar.params import QueryParameter

from tremble.data import merge
from tremble.data.fields import BadSave
from tremble.store import accounts, bans, fair_play, notes, saves, search, sign_ins
from tremble.store.board_entries import Entry
from tremble.store.engine import Transaction
from tremble.web.api import PlayerId, RankingsDependency, RosterDependency, StoreDependency
from tremble.web.api_saves import SaveType
from tremble.web.dashboard.session import require
from tremble.web.dashboard.shell import page
from tremble.web.pages_history import read_player
from tremble.web.problems import Asked, Problem
from tremble.web.saves import stored
from tremble.web.signed_in import moment, now

PATH = "/dashboard/players"
LISTED = 50
#: Matches looked back on for fair play.
LOOKED_BACK = 10
#: Letters of a save that are shown: a page is no place for megabytes.
SHOWN = 60_000
DONE = {
    "ban": "Banned, on every server at once.",
    "unban": "The ban is lifted.",
    "note": "The note is kept.",
    "remove-note": "The note is gone.",
    "sign-out": "Signed out on all devices.",
    "restore": "What the older version held is the newest version now.",
    "void-all": "The matches are void, and all ratings are up to date.",
    "restore-all": "The matches count again, and all ratings are up to date.",
    "erase": "Erased: account, saves and names are gone for good.",
}
Done = Annotated[str, QueryParameter(name="done", max_length=16)]


@get(PATH, include_in_schema=False)
async def players_page(
    request: Asked,
    store: StoreDependency,
    roster: RosterDependency,
    q: Annotated[str, QueryParameter(name="q", max_length=64)] = "",
) -> Response[str]:
    """Who was seen last, or those whose name holds *q*; and who is banned."""
    session = await require(request, store)
    found = await asyncio.to_thread(store.read, roster.players_named, q.strip(), LISTED)
    banned = await asyncio.to_thread(store.read, banned_now)
    names = {player.player_id: player.username for player in found}
    return page(
        session,
        "dashboard/players.html",
        PATH,
        q=q,
        players=found,
        bans=banned,
        banned={ban.player_id for ban, _ in banned},
        names=names,
    )


def banned_now(tx: Transaction) -> list[tuple[bans.Ban, str]]:
    """Return the bans that hold, the newest first, each with the player's name, or id if never seen."""
    at = moment()
    held = [ban for ban in bans.every(tx) if ban.until is None or ban.until > at]
    found = []
    for ban in held[:LISTED]:
        known = search.players_named(tx, ban.player_id, 1)
        found.append((ban, known[0].username if known else ban.player_id))
    return found


@get(PATH + "/{player_id:str}", include_in_schema=False)
async def player_page(
    request: Asked,
    store: StoreDependency,
    rankings: RankingsDependency,
    player_id: PlayerId,
    done: Done = "",
) -> Response[str]:
    """One player."""
    session = await require(request, store)
    entries = await asyncio.to_thread(rankings.of_player, player_id)
    moderates = session.operator.may("moderator")
    values = await asyncio.to_thread(store.read, read_all, player_id, entries, moderates)
    return page(session, "dashboard/player.html", PATH, told=DONE.get(done, ""), **values)


def read_all(
    tx: Transaction, player_id: str, entries: dict[str, Entry], moderates: bool
) -> dict[str, Any]:
    """Return what the page shows of a player; what moderators alone see is empty for others."""
    found = read_player(tx, player_id, entries)
    return {
        **found,
        "account": accounts.find(tx, player_id),
        "former": accounts.former(tx, player_id),
        "ban": bans.find(tx, player_id, now()),
        "devices": sign_ins.of_account(tx, player_id),
        "saves": saves.present(tx, player_id),
        "notes": notes.of_player(tx, player_id) if moderates else [],
        "sights": fair_play.of_player(tx, player_id, LOOKED_BACK) if moderates else [],
    }


@get(PATH + "/{player_id:str}/saves/{kind:str}", include_in_schema=False)
async def save_page(
    request: Asked,
    store: StoreDependency,
    player_id: PlayerId,
    kind: SaveType,
    version: Annotated[int | None, QueryParameter(name="version", ge=1, le=2**31 - 1)] = None,
    done: Done = "",
) -> Response[str]:
    """The versions of one save, and what one of them holds; for moderators."""
    session = await require(request, store, "moderator")
    values = await asyncio.to_thread(store.read, read_save, player_id, kind, version)
    return page(session, "dashboard/save.html", PATH, told=DONE.get(done, ""), **values)


def read_save(tx: Transaction, player_id: str, kind: str, version: int | None) -> dict[str, Any]:
    """Return what the page of a save shows: its versions, and one of them, the newest if none is named."""
    kept = saves.history(tx, player_id, kind)
    known = search.players_named(tx, player_id, 1)
    number = kept[0].version if version is None and kept else version
    found = None if number is None else saves.find(tx, player_id, kind, number)
    if found is None:
        raise Problem(404, "unknown_version", f"there is no such save {kind!r} of {player_id!r}")
    return {
        "player_id": player_id,
        "username": known[0].username if known else player_id,
        "kind": kind,
        "versions": kept,
        "chosen": found.info,
        "size": len(found.content.encode()),
        "content": document_of(found)[:SHOWN],
    }


def document_of(version: saves.Version) -> str:
    """Return what a save shows as on the player's device, indented; its inside if it is a slot."""
    save = stored(version).save
    try:
        held: Any = merge.show(save) if merge.data_type_of(save) is not None else save
    except BadSave:
        held = save
    return msgspec.json.format(msgspec.json.encode(held), indent=2).decode()


HANDLERS: list[Any] = [players_page, player_page, save_page]
