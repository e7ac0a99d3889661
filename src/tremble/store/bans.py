"""Bans: players who may not sign in, until when, and why. Looked up at each request.

Each change is numbered, one number a player, the last: so game servers ask for what has changed.
"""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import bindparam, delete, func, select

from tremble.store import instant
from tremble.store.engine import Transaction
from tremble.store.sql import Row, Statement, binds, insert, next_number
from tremble.store.tables import ban, ban_change


class Ban(Struct, frozen=True):
    """A row of the table `ban`; *until* is null for good. *match_id* and *tick* say where it shows."""

    player_id: str
    banned_at: datetime
    until: datetime | None
    reason: str
    match_id: str | None = None
    tick: int | None = None


class Held(Struct, frozen=True):
    """A ban as a game server must know it."""

    banned_at: datetime
    until: datetime | None
    reason: str


class BanChange(Struct, frozen=True):
    """The last change of a player's ban, the *seq*th of all; *ban* is null if it was taken back."""

    seq: int
    player_id: str
    ban: Held | None


column = ban.c
_new = insert(ban).values(binds(list(column)))
ADD = Statement(
    _new.on_conflict_do_update(
        index_elements=["player_id"],
        set_={
            "banned_at": _new.excluded.banned_at,
            "until": _new.excluded.until,
            "reason": _new.excluded.reason,
            "match_id": _new.excluded.match_id,
            "tick": _new.excluded.tick,
        },
    )
)
FIND = Statement(select(ban).where(column.player_id == bindparam("player_id")))
ALL = Statement(select(ban).order_by(column.banned_at.desc(), column.player_id))
REMOVE = Statement(
    delete(ban).where(column.player_id == bindparam("player_id")).returning(column.player_id)
)
_change = ban_change.c
_numbered = insert(ban_change).values(
    {**binds([_change.player_id]), "seq": next_number(_change.seq)}
)
NOTE = Statement(
    _numbered.on_conflict_do_update(
        index_elements=["player_id"], set_={"seq": _numbered.excluded.seq}
    )
)
LAST = Statement(select(func.coalesce(func.max(_change.seq), 0)))
CHANGES = Statement(
    select(_change.seq, _change.player_id, column.banned_at, column.until, column.reason)
    .outerjoin(ban, column.player_id == _change.player_id)
    .where(_change.seq > bindparam("since"))
    .order_by(_change.seq)
    .limit(bindparam("limit"))
)


def add(tx: Transaction, new: Ban) -> None:
    """Ban a player, in place of a ban there was."""
    until = None if new.until is None else instant.to_store(new.until)
    at = instant.to_store(new.banned_at)
    tx.run(
        ADD,
        player_id=new.player_id,
        banned_at=at,
        until=until,
        reason=new.reason,
        match_id=new.match_id,
        tick=new.tick,
    )
    tx.run(NOTE, player_id=new.player_id)


def remove(tx: Transaction, player_id: str) -> bool:
    """Take a ban back; False if there is none."""
    if tx.row(REMOVE, player_id=player_id) is None:
        return False
    tx.run(NOTE, player_id=player_id)
    return True


def last(tx: Transaction) -> int:
    """Return the number of the last change, 0 if there was none."""
    row = tx.row(LAST)
    return 0 if row is None else int(row[0])


def changes(tx: Transaction, since: int, limit: int) -> list[BanChange]:
    """Return at most *limit* changes after number *since*, the oldest first."""
    found: list[BanChange] = []
    for seq, player_id, at, until, reason in tx.rows(CHANGES, since=since, limit=limit):
        held = None
        if at is not None:
            end = None if until is None else instant.from_store(until)
            held = Held(instant.from_store(at), end, reason)
        found.append(BanChange(seq, player_id, held))
    return found


def find(tx: Transaction, player_id: str, now: int) -> Ban | None:
    """Return the ban under which a player is at *now*, None if there is none."""
    row = tx.row(FIND, player_id=player_id)
    if row is None or (row[2] is not None and row[2] <= now):
        return None
    return read(row)


def every(tx: Transaction) -> list[Ban]:
    """Return all bans, also those that are over, the newest first."""
    return [read(row) for row in tx.rows(ALL)]


def read(row: Row) -> Ban:
    player_id, at, until, reason, match_id, tick = row
    end = None if until is None else instant.from_store(until)
    return Ban(player_id, instant.from_store(at), end, reason, match_id, tick)
