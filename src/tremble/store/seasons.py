"""Seasons: from when on each counts. A match belongs to the season in which it ended.

The first season began with the record. What was played in a season stays readable for good.

    running ── plan (see calendar.py) ──► the next one stands there already, and counts from its time on

By a schedule the next season is written down before it begins. So it begins on the microsecond, once, on
any number of web processes and even if none runs then.
"""

from bisect import bisect_right
from datetime import datetime

from msgspec import Struct
from sqlalchemy import bindparam, delete, select, update

from tremble.store import instant
from tremble.store.engine import Transaction
from tremble.store.sql import Statement, binds, insert
from tremble.store.tables import board_season, season

FIRST = 1


class Season(Struct, frozen=True):
    """One season; *starts_at* is null for the first, *ends_at* as long as no end is known."""

    season: int
    starts_at: datetime | None
    ends_at: datetime | None


column = season.c
_newest = select(column.number).order_by(column.starts_at.desc()).limit(1)
AT = Statement(_newest.where(column.starts_at <= bindparam("at")))
NEWEST = Statement(select(column.number, column.starts_at).order_by(column.number.desc()).limit(1))
BEGIN = Statement(insert(season).values(binds(list(column))))
_this = column.number == bindparam("number")
MOVE = Statement(update(season).where(_this).values(starts_at=bindparam("starts_at")))
CANCEL = Statement(delete(season).where(_this))
PLAYED = Statement(
    select(board_season.c.board).where(board_season.c.season == bindparam("number")).limit(1)
)
ALL = Statement(select(column.number, column.starts_at).order_by(column.number))


def at(tx: Transaction, moment: int) -> int:
    """Return the number of the season in which *moment* lies."""
    row = tx.row(AT, at=moment)
    return FIRST if row is None else int(row[0])


def begun(tx: Transaction) -> list[tuple[int, int]]:
    """Return when each season but the first began, and its number, in order."""
    return [(starts_at, number) for number, starts_at in tx.rows(ALL)]


def at_of(begun: list[tuple[int, int]], moment: int) -> int:
    """Return the number of the season in which *moment* lies, given what `begun` returned."""
    place = bisect_right(begun, moment, key=lambda season: season[0])
    return begun[place - 1][1] if place else FIRST


def begin(tx: Transaction, starts_at: int) -> int | None:
    """Begin the next season; one that is planned for later begins now instead.

    None, and no change, if the newest began at that time or later, or was played in already.
    """
    row = tx.row(NEWEST)
    number, newest_at = (FIRST, None) if row is None else row
    if newest_at is None or newest_at < starts_at:
        tx.run(BEGIN, number=number + 1, starts_at=starts_at)
        return int(number) + 1
    before = at(tx, starts_at)
    if newest_at == starts_at or before != number - 1 or played(tx, number):
        return None
    tx.run(MOVE, number=number, starts_at=starts_at)
    return int(number)


def plan(tx: Transaction, now: int, starts_at: int | None) -> int | None:
    """Write down when the next season begins (later than *now*), or that none does.

    Returns its number if that is news. A planned season that was played in already, by a server whose
    clock is ahead, stays as it is.
    """
    row = tx.row(NEWEST)
    number, newest_at = (FIRST, None) if row is None else row
    if newest_at is None or newest_at <= now:
        if starts_at is None:
            return None
        tx.run(BEGIN, number=number + 1, starts_at=starts_at)
        return int(number) + 1
    if newest_at == starts_at or played(tx, number):
        return None
    if starts_at is None:
        tx.run(CANCEL, number=number)
    else:
        tx.run(MOVE, number=number, starts_at=starts_at)
    return int(number)


def played(tx: Transaction, number: int) -> bool:
    """Say whether a match counts in that season."""
    return tx.row(PLAYED, number=number) is not None


def every(tx: Transaction) -> list[Season]:
    """Return all seasons, the first one first; the last may be planned only."""
    begun: list[tuple[int, datetime | None]] = [(FIRST, None)]
    begun += [(number, instant.from_store(at)) for number, at in tx.rows(ALL)]
    ends = [start for _, start in begun[1:]]
    return [
        Season(number, start, end)
        for (number, start), end in zip(begun, [*ends, None], strict=True)
    ]
