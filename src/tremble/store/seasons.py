"""Seasons: from when on each counts. A match belongs to the season in which it ended.

The first season began with the record. What was played in a season stays readable for good.
"""

from bisect import bisect_right
from datetime import datetime

from msgspec import Struct
from sqlalchemy import bindparam, select

from tremble.store import instant
from tremble.store.engine import Transaction
from tremble.store.sql import Statement, binds, insert
from tremble.store.tables import season

FIRST = 1


class Season(Struct, frozen=True):
    """One season; *starts_at* is null for the first, *ends_at* for the running one."""

    season: int
    starts_at: datetime | None
    ends_at: datetime | None


column = season.c
_newest = select(column.number).order_by(column.starts_at.desc()).limit(1)
AT = Statement(_newest.where(column.starts_at <= bindparam("at")))
NEWEST = Statement(select(column.number, column.starts_at).order_by(column.number.desc()).limit(1))
BEGIN = Statement(insert(season).values(binds(list(column))))
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
    """Begin the next season; None, and no change, if the newest began at that time or later."""
    row = tx.row(NEWEST)
    number, newest_at = (FIRST, None) if row is None else row
    if newest_at is not None and newest_at >= starts_at:
        return None
    tx.run(BEGIN, number=number + 1, starts_at=starts_at)
    return int(number) + 1


def every(tx: Transaction) -> list[Season]:
    """Return all seasons, the first one first."""
    begun: list[tuple[int, datetime | None]] = [(FIRST, None)]
    begun += [(number, instant.from_store(at)) for number, at in tx.rows(ALL)]
    ends = [start for _, start in begun[1:]]
    return [
        Season(number, start, end)
        for (number, start), end in zip(begun, [*ends, None], strict=True)
    ]
