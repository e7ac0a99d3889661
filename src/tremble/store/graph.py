"""Graph: a player's rating over time, thinned to what a picture can show.

The span is cut into columns of equal time; of each the first, the lowest, the highest and the last
rating are kept (M4, Jugel et al., VLDB 2014). Nothing is averaged: each point is a rating that stood
after a match, every peak is there, and a line drawn through them is the line through all.
"""

from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter

from msgspec import Struct
from sqlalchemy import bindparam, func, or_, select

from tremble.rating import Rating
from tremble.store import instant, seasons
from tremble.store.engine import Transaction
from tremble.store.ratings import OF_PLAYER, history
from tremble.store.sql import Row, Statement, Value

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


IN_SPAN = (
    *OF_PLAYER,
    history.ended_at >= bindparam("since"),
    history.ended_at < bindparam("until"),
)
SPAN = Statement(
    select(history.ended_at, history.rating, history.deviation, history.season, history.match_id)
    .where(*IN_SPAN)
    .order_by(history.season, history.ended_at, history.match_id)
)


#: When the first match of a season ended, and the last: a look at the key, whatever lies between.
_ends = select(history.ended_at).where(*IN_SPAN, history.season == bindparam("season")).limit(1)
ENDS = (
    Statement(_ends.order_by(history.ended_at)),
    Statement(_ends.order_by(history.ended_at.desc())),
)
_column = (history.ended_at - bindparam("start", type_=history.ended_at.type)) // bindparam(
    "width", type_=history.ended_at.type
)
#: Of each column, season by season: the first, the last, the lowest, the highest, and how many.
COLUMNS = Statement(
    select(
        history.season,
        func.min(history.ended_at),
        func.max(history.ended_at),
        func.min(history.rating),
        func.max(history.rating),
        func.count(),
    )
    .where(*IN_SPAN)
    .group_by(history.season, _column)
)
#: The matches of a column that may be one of those; by range of the key, since seasons stand in it.
EDGES = Statement(
    select(
        history.ended_at, history.rating, history.deviation, history.season, history.match_id
    ).where(
        *OF_PLAYER,
        history.season == bindparam("season"),
        history.ended_at.between(bindparam("first"), bindparam("last")),
        or_(
            history.ended_at == bindparam("first"),
            history.ended_at == bindparam("last"),
            history.rating == bindparam("low"),
            history.rating == bindparam("high"),
        ),
    )
)
#: By this the points stand in order: season, end, match.
IN_ORDER = itemgetter(3, 0, 4)


def read(tx: Transaction, board: str, player_id: str, since: int, until: int, limit: int) -> Graph:
    """Return the graph of a player on a board from *since* to before *until*.

    At most *limit* points, which must be A_COLUMN or more.
    """
    where: dict[str, Value] = {
        "board": board,
        "player_id": player_id,
        "since": since,
        "until": until,
    }
    count, kept = (thinned_there if tx.remote else thinned_here)(tx, where, limit)
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
    return Graph(count, len(kept) < count, points)


def thinned_here(tx: Transaction, where: dict[str, Value], limit: int) -> tuple[int, Sequence[Row]]:
    """Return how many rows *where* has, and at most *limit* of them."""
    rows = tx.rows(SPAN, **where)
    if len(rows) <= limit:
        return len(rows), rows
    first, last = rows[0][0], rows[-1][0]
    return len(rows), thin(rows, first, width_of(first, last, limit))


def thinned_there(
    tx: Transaction, where: dict[str, Value], limit: int
) -> tuple[int, Sequence[Row]]:
    """Return the same; only what may be shown is brought here."""
    first, last = ends(tx, where)
    width = width_of(first, last, limit)
    columns = tx.rows(COLUMNS, start=first, width=width, **where)
    count = sum(column[-1] for column in columns)
    if count <= limit:
        return count, tx.rows(SPAN, **where)
    return count, thin(edges(tx, columns, where), first, width)


def ends(tx: Transaction, where: dict[str, Value]) -> tuple[int, int]:
    """Return when the first and the last match of *where* ended; 0, 0 if there is none."""
    each = [{**where, "season": one.season} for one in seasons.every(tx)]
    first, last = (
        [row[0] for rows in tx.rows_each(statement, each) for row in rows] for statement in ENDS
    )
    return min(first, default=0), max(last, default=0)


def edges(tx: Transaction, columns: Sequence[Row], where: dict[str, Value]) -> list[Row]:
    """Return, in order, the rows of *where* among which are the edges of each of *columns*."""
    names = ("season", "first", "last", "low", "high")
    each = [{**where, **dict(zip(names, row[:-1], strict=True))} for row in columns]
    return sorted((row for rows in tx.rows_each(EDGES, each) for row in rows), key=IN_ORDER)


def width_of(first: int, last: int, limit: int) -> int:
    """Return how wide columns from *first* to *last* are, of which A_COLUMN points each come to *limit*."""
    return (last - first) // (limit // A_COLUMN) + 1


def thin(rows: Sequence[Row], start: int, width: int) -> Sequence[Row]:
    """Return the points of each column of *rows*, which begin with a time, in order of it, and a value."""
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
