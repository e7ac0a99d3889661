"""What operators do to a player: ban, note, sign out, restore a save, export, erase. The audit has it all."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from litestar import Response, post
from litestar.params import PathParameter, QueryParameter

from tremble.log import logger
from tremble.store import audit, notes, operators, players
from tremble.store.audit import By
from tremble.store.bans import Ban
from tremble.store.engine import Transaction
from tremble.web import exports, saves
from tremble.web.api import PlayerId, StoreDependency
from tremble.web.api_saves import SaveType
from tremble.web.dashboard.matches import back
from tremble.web.dashboard.players import PATH
from tremble.web.dashboard.session import require
from tremble.web.dashboard.shell import HEADERS
from tremble.web.problems import Asked, Problem
from tremble.web.saves import Stored
from tremble.web.signed_in import moment, reading, writing

log = logger("dashboard")

#: For how many days a form bans; "" is for good.
DAYS = ("1", "3", "7", "30", "90", "365", "")
REASON = 200
#: Where it shows: the address of a moment of a replay, or the id of a match.
EVIDENCE = re.compile(r"(?:\S*/matches/)?([0-9a-f]{32})(?:#t=([0-9]{1,9}))?")
NoteNumber = Annotated[int, PathParameter(ge=1, le=2**53)]
Number = Annotated[int, QueryParameter(name="version", ge=1, le=2**31 - 1)]


@post(PATH + "/{player_id:str}/ban", include_in_schema=False, status_code=200)
async def ban(request: Asked, store: StoreDependency, player_id: PlayerId) -> Response[str]:
    """Ban a player, in place of a ban there was."""
    session = await require(request, store, "moderator")
    form = {name: str(value).strip() for name, value in (await request.form()).items()}
    new = read_ban(player_id, form, moment())
    await writing(store, operators.ban, session.by(), new)
    log.info("player banned", player_id=player_id, operator=session.operator.name)
    return back(f"{PATH}/{player_id}", "ban")


def read_ban(player_id: str, form: dict[str, str], at: datetime) -> Ban:
    """Return the ban that *form* asks for. Raises Problem for what makes no sense."""
    reason, days, shown = form.get("reason", ""), form.get("days", ""), form.get("evidence", "")
    if not 1 <= len(reason) <= REASON or "\x00" in reason:
        raise Problem(400, "invalid_request", f"a ban needs a reason of 1 to {REASON} characters")
    if days not in DAYS:
        raise Problem(400, "invalid_request", "choose for how long")
    evidence = EVIDENCE.fullmatch(shown)
    if shown and evidence is None:
        detail = "evidence is the link to a moment of a replay: copy it from the page of the match"
        raise Problem(400, "invalid_request", detail)
    until = at + timedelta(days=int(days)) if days else None
    tick = int(evidence[2]) if evidence and evidence[2] else None
    return Ban(player_id, at, until, reason, evidence[1] if evidence else None, tick)


@post(PATH + "/{player_id:str}/unban", include_in_schema=False, status_code=200)
async def unban(request: Asked, store: StoreDependency, player_id: PlayerId) -> Response[str]:
    """Lift a ban."""
    session = await require(request, store, "moderator")
    if not await writing(store, operators.unban, session.by(), player_id):
        raise Problem(404, "not_banned", f"player {player_id!r} is not banned")
    log.info("player unbanned", player_id=player_id, operator=session.operator.name)
    return back(f"{PATH}/{player_id}", "unban")


@post(PATH + "/{player_id:str}/notes", include_in_schema=False, status_code=200)
async def add_note(request: Asked, store: StoreDependency, player_id: PlayerId) -> Response[str]:
    """Keep a note on a player."""
    session = await require(request, store, "moderator")
    text = str((await request.form()).get("text", "")).strip()
    if not 1 <= len(text) <= notes.LONGEST or "\x00" in text:
        detail = f"a note has 1 to {notes.LONGEST} characters"
        raise Problem(400, "invalid_request", detail)
    if await reading(store, players.find, player_id) is None:
        raise unknown(player_id)
    await writing(store, notes.add, session.by(), player_id, session.operator.name, text)
    return back(f"{PATH}/{player_id}", "note")


@post(PATH + "/{player_id:str}/notes/{seq:int}/remove", include_in_schema=False, status_code=200)
async def remove_note(
    request: Asked, store: StoreDependency, player_id: PlayerId, seq: NoteNumber
) -> Response[str]:
    """Take a note away."""
    session = await require(request, store, "moderator")
    if not await writing(store, notes.remove, session.by(), player_id, seq):
        raise Problem(404, "unknown_note", "there is no such note any more")
    return back(f"{PATH}/{player_id}", "remove-note")


@post(PATH + "/{player_id:str}/sign-out", include_in_schema=False, status_code=200)
async def sign_out(request: Asked, store: StoreDependency, player_id: PlayerId) -> Response[str]:
    """Sign a player out on all devices."""
    session = await require(request, store, "moderator")
    await writing(store, operators.sign_out, session.by(), player_id)
    return back(f"{PATH}/{player_id}", "sign-out")


@post(PATH + "/{player_id:str}/saves/{kind:str}/restore", include_in_schema=False, status_code=200)
async def restore_save(
    request: Asked, store: StoreDependency, player_id: PlayerId, kind: SaveType, version: Number
) -> Response[str]:
    """Bring back what an older version of a save held, as a new version."""
    session = await require(request, store, "admin")
    kept = await writing(store, restored, session.by(), player_id, kind, version)
    if kept is None:
        raise Problem(404, "unknown_version", f"version {version} of {kind!r} is not kept")
    return back(f"{PATH}/{player_id}/saves/{kind}", "restore")


def restored(tx: Transaction, by: By, player_id: str, kind: str, version: int) -> Stored | None:
    """Bring the version back, and note it; None if it is not kept."""
    kept = saves.restore(tx, player_id, kind, version, datetime.now(UTC))
    if kept is not None:
        after = {"type": kind, "of": version, "version": kept.version}
        audit.note(tx, by, "restore-save", player_id, None, after)
    return kept


@post(PATH + "/{player_id:str}/export", include_in_schema=False, status_code=200)
async def export(request: Asked, store: StoreDependency, player_id: PlayerId) -> Response[bytes]:
    """Hand out all that is kept of a player, as a file."""
    session = await require(request, store, "admin")
    found = await writing(store, exports.noted, session.by(), player_id)
    if found is None:
        raise unknown(player_id)
    data = msgspec.json.format(msgspec.json.encode(found), indent=2)
    name = f'attachment; filename="tremble-{player_id}.json"'
    there = {**HEADERS, "content-disposition": name}
    return Response(data, headers=there, media_type="application/json")


@post(PATH + "/{player_id:str}/erase", include_in_schema=False, status_code=200)
async def erase(request: Asked, store: StoreDependency, player_id: PlayerId) -> Response[str]:
    """Erase a player for good, once the name was typed."""
    session = await require(request, store, "admin")
    player = await reading(store, players.find, player_id)
    if player is None:
        raise unknown(player_id)
    if str((await request.form()).get("name", "")) != player.username:
        raise Problem(400, "not_confirmed", "nothing was erased: the name typed is another one")
    await writing(store, operators.erase, session.by(), player_id)
    log.info("player erased", player_id=player_id, operator=session.operator.name)
    return back(f"{PATH}/{player_id}", "erase")


def unknown(player_id: str) -> Problem:
    return Problem(404, "unknown_player", f"player {player_id!r} was never seen")


HANDLERS: list[Any] = [
    ban,
    unban,
    add_note,
    remove_note,
    sign_out,
    restore_save,
    export,
    erase,
]
