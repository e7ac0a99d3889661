"""Bans: players who may not sign in, until when, and why. Looked up at each request."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import bindparam, delete, select

from tremble.store import instant
from tremble.store.engine import Transaction
from tremble.store.sql import Row, Statement, binds, insert
from tremble.store.tables import ban


class Ban(Struct, frozen=True):
    """A row of the table `ban`; *until* is null for good."""

    player_id: str
    banned_at: datetime
    until: datetime | None
    reason: str


column = ban.c
_new = insert(ban).values(binds(list(column)))
ADD = Statement(
    _new.on_conflict_do_update(
        index_elements=["player_id"],
        set_={
            "banned_at": _new.excluded.banned_at,
            "until": _new.excluded.until,
            "reason": _new.excluded.reason,
        },
    )
)
FIND = Statement(select(ban).where(column.player_id == bindparam("player_id")))
ALL = Statement(select(ban).order_by(column.banned_at.desc(), column.player_id))
REMOVE = Statement(
    delete(ban).where(column.player_id == bindparam("player_id")).returning(column.player_id)
)


def add(tx: Transaction, new: Ban) -> None:
    """Ban a player, in place of a ban there was."""
    until = None if new.until is None else instant.to_store(new.until)
    at = instant.to_store(new.banned_at)
    tx.run(ADD, player_id=new.player_id, banned_at=at, until=until, reason=new.reason)


def remove(tx: Transaction, player_id: str) -> bool:
    """Take a ban back; False if there is none."""
    return tx.row(REMOVE, player_id=player_id) is not None


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
    player_id, at, until, reason = row
    end = None if until is None else instant.from_store(until)
    return Ban(player_id, instant.from_store(at), end, reason)
