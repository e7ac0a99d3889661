"""Graph: a player's rating over time, thinned to what a picture can show.

The span is cut into columns of equal time; of each the first, the lowest, the highest and the last
rating are kept (M4, Jugel et al., VLDB 2014). Nothing is averaged: each point is a rating that stood
after a match, every peak is there, and a line drawn through them is the line through all.
"""

from collections.abc import Iterator, Sequence
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
_shown = select(
    history.ended_at, history.rating, history.deviation, history.season, history.match_id
)
FIRST_ROWS = Statement(
    _shown.where(*IN_SPAN)
    .order_by(history.season, history.ended_at, history.match_id)
    .limit(bindparam("limit"))
)


#: When the first match of a season ended, and the last: a look at the key, whatever lies between.
_ends = select(history.ended_at).where(*IN_SPAN, history.season == bindparam("season")).limit(1)
ENDS = (
    Statement(_ends.order_by(history.ended_at)),
    Statement(_ends.order_by(history.ended_at.desc())),
)
_in_column = (
    *OF_PLAYER,
    history.season == bindparam("season"),
    history.ended_at.between(bindparam("first"), bindparam("last")),
)
#: Of a column in one season, a range of the key: its first, last, lowest, highest, and how many.
COLUMN = Statement(
    select(
        func.min(history.ended_at),
        func.max(history.ended_at),
        func.min(history.rating),
        func.max(history.rating),
        func.count(),
    ).where(*_in_column)
)
#: The matches of a column that may be one of those. In order, since PostgreSQL would otherwise compare
#: all matches with all columns.
EDGES = Statement(
    _shown.where(
        *_in_column,
        or_(
            history.ended_at == bindparam("first"),
            history.ended_at == bindparam("last"),
            history.rating == bindparam("low"),
            history.rating == bindparam("high"),
        ),
    ).order_by(history.ended_at)
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
    kept: Sequence[Row] = tx.rows(FIRST_ROWS, limit=limit + 1, **where)
    count = len(kept)
    if count > limit:
        count, kept = thinned(tx, where, limit)
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


def thinned(tx: Transaction, where: dict[str, Value], limit: int) -> tuple[int, Sequence[Row]]:
    """Return how many rows *where* has, and at most *limit* of them; no other is brought here."""
    spans = ends(tx, where)
    first = min(span[1] for span in spans)
    width = width_of(first, max(span[2] for span in spans), limit)
    each: list[dict[str, Value]] = [
        {**where, "season": season, "first": since, "last": until}
        for season, since, until in columns(spans, first, width)
    ]
    found = [rows[0] for rows in tx.rows_each(COLUMN, each)]
    edges: list[dict[str, Value]] = [
        {**column, "first": since, "last": until, "low": low, "high": high}
        for column, (since, until, low, high, count) in zip(each, found, strict=True)
        if count
    ]
    rows = sorted((row for rows in tx.rows_each(EDGES, edges) for row in rows), key=IN_ORDER)
    return sum(column[-1] for column in found), thin(rows, first, width)


def ends(tx: Transaction, where: dict[str, Value]) -> list[tuple[int, int, int]]:
    """Return of each season that *where* has matches of when the first and the last of them ended."""
    numbers = [one.season for one in seasons.every(tx)]
    each = [{**where, "season": number} for number in numbers]
    first, last = (tx.rows_each(statement, each) for statement in ENDS)
    return [
        (number, since[0][0], until[0][0])
        for number, since, until in zip(numbers, first, last, strict=True)
        if since
    ]


def columns(
    spans: Sequence[tuple[int, int, int]], start: int, width: int
) -> Iterator[tuple[int, int, int]]:
    """Yield season, first and last moment of each column, *width* wide from *start* on, within *spans*."""
    for season, first, last in spans:
        for column in range(start + (first - start) // width * width, last + 1, width):
            yield season, max(column, first), min(column + width - 1, last)


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
