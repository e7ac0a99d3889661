"""Graph: a player's rating over time, thinned to what a picture can show.

The span is cut into columns of equal time; of each the first, the lowest, the highest and the last
rating are kept (M4, Jugel et al., VLDB 2014). Nothing is averaged: each point is a rating that stood
after a match, every peak is there, and a line drawn through them is the line through all.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import bindparam, select

from tremble.rating import Rating
from tremble.store import instant
from tremble.store.engine import Transaction
from tremble.store.ratings import OF_PLAYER, history
from tremble.store.sql import Row, Statement

#: Points kept of a column.
A_COLUMN = 4


class Point(Struct, frozen=True):
    """The rating after a match."""

    match_id: str
    season: int
    ended_at: datetime
    rating: float
    deviation: float
    provisional: bool


class Graph(Struct, frozen=True):
    """The points in order of time, of so many *matches*; *thinned*: some matches have no point."""

    matches: int
    thinned: bool
    points: list[Point]


SPAN = Statement(
    select(history.ended_at, history.rating, history.deviation, history.season, history.match_id)
    .where(
        *OF_PLAYER, history.ended_at >= bindparam("since"), history.ended_at < bindparam("until")
    )
    .order_by(history.season, history.ended_at, history.match_id)
)


def read(tx: Transaction, board: str, player_id: str, since: int, until: int, limit: int) -> Graph:
    """Return the graph of a player on a board from *since* to before *until*.

    At most *limit* points, which must be A_COLUMN or more.
    """
    rows = tx.rows(SPAN, board=board, player_id=player_id, since=since, until=until)
    kept = thin(rows, limit)
    points = [
        Point(
            match_id,
            season,
            instant.from_store(at),
            rating,
            deviation,
            Rating(rating, deviation).provisional,
        )
        for at, rating, deviation, season, match_id in kept
    ]
    return Graph(len(rows), len(kept) < len(rows), points)


def thin(rows: Sequence[Row], limit: int) -> Sequence[Row]:
    """Return at most *limit* of *rows*, which begin with a time, in order of it, and a value."""
    if len(rows) <= limit:
        return rows
    columns = limit // A_COLUMN
    start = rows[0][0]
    width = (rows[-1][0] - start) // columns + 1
    kept: list[Row] = []
    first = 0
    while first < len(rows):
        end = start + ((rows[first][0] - start) // width + 1) * width
        last = first
        low = high = first
        value_low = value_high = rows[first][1]
        while last + 1 < len(rows) and rows[last + 1][0] < end:
            last += 1
            value = rows[last][1]
            if value < value_low:
                low, value_low = last, value
            elif value > value_high:
                high, value_high = last, value
        kept += [rows[i] for i in sorted({first, low, high, last})]
        first = last + 1
    return kept
