"""Ratings: what each match did to them, kept true whatever order the matches arrive in.

The order that counts is (season, ended_at, match id). A match is rated from its players' ratings
after their matches before it in that order. Whatever changes the past marks what follows from it:

    post in order ─► rated
    post late     ─► rated ─┐
    void, restore ──────────┴─► the next match of each player is due ─► rated again ─► if that
                                                                  changed: the next is due ...

When nothing is due, every row is what a rating of all matches in order gives, to the bit: `settle`
takes the earliest first, and rating a match can only make later ones due.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct, structs
from sqlalchemy import bindparam, delete, func, select, tuple_

from tremble.rating import Rating, entrants
from tremble.rating.entrants import MEETING_WINDOW
from tremble.rating.rating import Entrant
from tremble.store import boards, instant
from tremble.store.boards import Standing
from tremble.store.engine import Transaction
from tremble.store.sql import Row, Statement, binds, insert
from tremble.store.tables import match, match_line, rating_due, rating_history

#: A late result brings so many matches up to date before it is acknowledged; the rest follows.
SETTLED_AT_ONCE = 100

#: Rows in one call of the driver.
AT_ONCE = 10_000

history = rating_history.c
due = rating_due.c


class Rated(Struct, frozen=True):
    """A match as ratings see it: its place in the order, and who took part."""

    seq: int
    match_id: str
    board: str
    season: int
    ended_at: int
    lines: list["RatedLine"]

    @property
    def place(self) -> tuple[str, int, int, str]:
        """The place in the order of all matches."""
        return self.board, self.season, self.ended_at, self.match_id

    @property
    def key(self) -> dict[str, str | int]:
        """The same as parameters of a statement."""
        return {
            "board": self.board,
            "season": self.season,
            "ended_at": self.ended_at,
            "match_id": self.match_id,
        }


class RatedLine(Struct, frozen=True):
    """One player of a match that is rated."""

    player_id: str
    place: int
    team: int


class Point(Struct, frozen=True):
    """One player's rating after a match: a point of the graph."""

    match_id: str
    season: int
    ended_at: datetime
    rating_before: float
    rating: float
    deviation: float
    provisional: bool


#: The place of a match in the order: season, ended_at, match id.
Place = tuple[int, int, str]
#: After every place in the order.
LAST: Place = (2**31 - 1, 2**63 - 1, "~")

OF_PLAYER = (history.board == bindparam("board"), history.player_id == bindparam("player_id"))
_order = tuple_(history.season, history.ended_at, history.match_id)
_here = tuple_(
    bindparam("season", type_=history.season.type),
    bindparam("ended_at", type_=history.ended_at.type),
    bindparam("match_id", type_=history.match_id.type),
)
PREVIOUS = Statement(
    select(
        history.season,
        history.ended_at,
        history.match_id,
        history.rating,
        history.deviation,
        history.volatility,
    )
    .where(*OF_PLAYER, _order < _here)
    .order_by(history.season.desc(), history.ended_at.desc(), history.match_id.desc())
    .limit(1)
)
NEXT = Statement(
    select(history.season, history.ended_at, history.match_id)
    .where(*OF_PLAYER, _order > _here)
    .order_by(history.season, history.ended_at, history.match_id)
    .limit(1)
)
PAGE = Statement(
    select(
        history.match_id,
        history.season,
        history.ended_at,
        history.rating_before,
        history.rating,
        history.deviation,
    )
    .where(*OF_PLAYER, _order < _here)
    .order_by(history.season.desc(), history.ended_at.desc(), history.match_id.desc())
    .limit(bindparam("limit"))
)
#: The matches of the season within 24 hours before, and after: see `rating.entrants`.
LATELY = Statement(
    select(history.match_id).where(
        *OF_PLAYER,
        history.season == bindparam("season"),
        history.ended_at > bindparam("since"),
        _order < _here,
    )
)
SOON = Statement(
    select(history.season, history.ended_at, history.match_id).where(
        *OF_PLAYER,
        history.season == bindparam("season"),
        history.ended_at < bindparam("until"),
        _order > _here,
    )
)
_at = (
    *OF_PLAYER,
    history.season == bindparam("season"),
    history.ended_at == bindparam("ended_at"),
    history.match_id == bindparam("match_id"),
)
STORED = Statement(
    select(history.rating_before, history.rating, history.deviation, history.volatility).where(*_at)
)
_row = insert(rating_history).values(binds(list(history)))
PUT = Statement(
    _row.on_conflict_do_update(
        index_elements=[column.name for column in rating_history.primary_key],
        set_={c.name: _row.excluded[c.name] for c in history if not c.primary_key},
    )
)
FORGET = Statement(delete(rating_history).where(*_at))

MARK = Statement(insert(rating_due).values(binds(list(due))).on_conflict_do_nothing())
UNMARK = Statement(
    delete(rating_due).where(
        due.board == bindparam("board"),
        due.season == bindparam("season"),
        due.ended_at == bindparam("ended_at"),
        due.match_id == bindparam("match_id"),
    )
)
UNMARK_ALL = Statement(delete(rating_due).where(due.board == bindparam("board")))
FIRST_DUE = Statement(
    select(due.season, due.ended_at, due.match_id)
    .where(due.board == bindparam("board"))
    .order_by(due.season, due.ended_at, due.match_id)
    .limit(1)
)
BOARD_DUE = Statement(select(due.board).order_by(due.board).limit(1))
COUNT_DUE = Statement(select(func.count()).select_from(rating_due))
HEAD = Statement(
    select(match.c.seq, match.c.id, match.c.board, match.c.season, match.c.ended_at).where(
        match.c.id == bindparam("id")
    )
)
LINES = Statement(
    select(match_line.c.player_id, match_line.c.place, match_line.c.team)
    .where(match_line.c.match_seq == bindparam("seq"))
    .order_by(match_line.c.position)
)


def find(tx: Transaction, match_id: str) -> Rated | None:
    """Return the match of that id, None if it was never posted."""
    row = tx.row(HEAD, id=match_id)
    if row is None:
        return None
    seq, ident, board, season, ended_at = row
    lines = [RatedLine(*line) for line in tx.rows(LINES, seq=seq)]
    return Rated(seq, ident, board, season, ended_at, lines)


def rate(
    tx: Transaction, rated: Rated, standings: Sequence[Standing | None]
) -> list[Rating | None]:
    """Rate a match that counts, and mark what follows from it where that is known already.

    *standings* are the board's of its season. Returns what is to stand there now for each player;
    None where a later match has decided that.
    """
    newest = [s is not None and s.last_played_at < rated.ended_at for s in standings]
    players = [
        entrant(rated, line, standing) if new and standing else entrant_by_history(tx, rated, line)
        for line, standing, new in zip(rated.lines, standings, newest, strict=True)
    ]
    after = entrants.update(players, entrants.meetings(lately(tx, rated)))
    standing_now: list[Rating | None] = []
    for line, player, rating, new in zip(rated.lines, players, after, newest, strict=True):
        row = (player.rating.rating, rating.rating, rating.deviation, rating.volatility)
        if new:
            put(tx, rated.place, line.player_id, row)
            standing_now.append(rating)
        else:
            standing_now.append(rating if revise(tx, rated, line.player_id, row) else None)
    return standing_now


def entrant(rated: Rated, line: RatedLine, standing: Standing) -> Entrant:
    """Return a player whose last match is the one of *standing*."""
    rating = Rating(standing.rating, standing.deviation, standing.volatility)
    days = (rated.ended_at - standing.last_played_at) / instant.DAY
    return Entrant(rating, line.place, days, line.team)


def entrant_by_history(tx: Transaction, rated: Rated, line: RatedLine) -> Entrant:
    """Return a player as the last match before *rated* left them."""
    row = tx.row(PREVIOUS, player_id=line.player_id, **rated.key)
    if row is None:
        return Entrant(Rating(), line.place, 0.0, line.team)
    season, ended_at, _, *numbers = row
    before = Rating(*numbers)
    if season != rated.season:
        before = entrants.new_season(before)
    return Entrant(before, line.place, (rated.ended_at - ended_at) / instant.DAY, line.team)


def lately(tx: Transaction, rated: Rated) -> list[set[str]]:
    """Return the matches of each player in the 24 hours before *rated*."""
    since = rated.ended_at - MEETING_WINDOW
    return [
        {row[0] for row in tx.rows(LATELY, player_id=line.player_id, since=since, **rated.key)}
        for line in rated.lines
    ]


def put(tx: Transaction, place: tuple[str, int, int, str], player_id: str, row: Row) -> None:
    """Store the history of a player at *place* (board, season, ended_at, match id).

    *row* is the rating before; rating, deviation and volatility after.
    """
    tx.run(PUT, **parameters(place, player_id, row))


def put_many(tx: Transaction, board: str, rows: Mapping[tuple[str, int, int, str], Row]) -> None:
    """Store many rows of a board's history, by player, season, ended_at and match id."""
    # In the order of the table, whose pages are then visited once each.
    keys = sorted(rows)
    for first in range(0, len(keys), AT_ONCE):
        some = keys[first : first + AT_ONCE]
        tx.run_many(PUT, [parameters((board, *key[1:]), key[0], rows[key]) for key in some])


def parameters(
    place: tuple[str, int, int, str], player_id: str, row: Row
) -> dict[str, str | int | float]:
    board, season, ended_at, match_id = place
    before, rating, deviation, volatility = row
    return {
        "board": board,
        "player_id": player_id,
        "season": season,
        "ended_at": ended_at,
        "match_id": match_id,
        "rating_before": before,
        "rating": rating,
        "deviation": deviation,
        "volatility": volatility,
    }


def revise(tx: Transaction, rated: Rated, player_id: str, row: Row) -> bool:
    """Store *row* if it is news, and mark what follows; say if *rated* is the season's last."""
    stored = tx.row(STORED, player_id=player_id, **rated.key)
    if stored != row:
        put(tx, rated.place, player_id, row)
    following = tx.row(NEXT, player_id=player_id, **rated.key)
    if following is not None and stored != row:
        mark(tx, rated.board, following)
    if stored is None:
        mark_soon(tx, rated, player_id)
    return following is None or following[0] != rated.season


def mark(tx: Transaction, board: str, place: Row) -> None:
    """Note that the match at *place* (season, ended_at, match id) is due to be rated again."""
    season, ended_at, match_id = place
    tx.run(MARK, board=board, season=season, ended_at=ended_at, match_id=match_id)


def mark_soon(tx: Transaction, rated: Rated, player_id: str) -> None:
    """Mark the player's matches for whose weight it matters whether *rated* counts."""
    until = rated.ended_at + MEETING_WINDOW
    for place in tx.rows(SOON, player_id=player_id, until=until, **rated.key):
        mark(tx, rated.board, place)


def forget(tx: Transaction, rated: Rated, player_id: str) -> bool:
    """Remove *rated* from the player's history, mark what follows; say if it was the season's last."""
    tx.run(FORGET, player_id=player_id, **rated.key)
    following = tx.row(NEXT, player_id=player_id, **rated.key)
    if following is not None:
        mark(tx, rated.board, following)
    mark_soon(tx, rated, player_id)
    return following is None or following[0] != rated.season


def settle(tx: Transaction, limit: int, board: str | None = None) -> int:
    """Rate at most *limit* of the due matches of one board again; return how many that were.

    Without *board* it is any board that has some. Fewer than *limit*: none is left there.
    """
    if board is None:
        row = tx.row(BOARD_DUE)
        if row is None:
            return 0
        board = str(row[0])
    for done in range(limit):
        first = tx.row(FIRST_DUE, board=board)
        if first is None:
            return done
        season, ended_at, match_id = first
        tx.run(UNMARK, board=board, season=season, ended_at=ended_at, match_id=match_id)
        again = find(tx, match_id)
        assert again is not None
        rate_again(tx, again)
    return limit


def rate_again(tx: Transaction, rated: Rated) -> None:
    """Rate a match from its players' histories, and bring the board in line."""
    changed: list[Standing] = []
    for line, rating in zip(rated.lines, rate(tx, rated, [None] * len(rated.lines)), strict=True):
        if rating is not None:
            standing = boards.standing(tx, rated.board, rated.season, line.player_id)
            assert standing is not None
            changed.append(moved(standing, rating, (rated.seq, rated.ended_at)))
    boards.put(tx, rated.board, rated.season, changed)


def moved(standing: Standing, rating: Rating, last: tuple[int, int]) -> Standing:
    """Return *standing* with the *rating* after the *last* match: its seq, and when it ended."""
    return structs.replace(
        standing,
        rating=rating.rating,
        deviation=rating.deviation,
        volatility=rating.volatility,
        last_match_seq=last[0],
        last_played_at=last[1],
    )


def waiting(tx: Transaction) -> int:
    """Return how many matches are due to be rated again."""
    row = tx.row(COUNT_DUE)
    assert row is not None
    return int(row[0])


def pages(
    tx: Transaction, board: str, player_id: str, limit: int, before: Place = LAST
) -> tuple[list[Point], Place | None]:
    """Return at most *limit* points of a player's graph before a place, newest first.

    The second value is the next *before*, None on the last page.
    """
    season, ended_at, match_id = before
    rows = tx.rows(
        PAGE,
        board=board,
        player_id=player_id,
        season=season,
        ended_at=ended_at,
        match_id=match_id,
        limit=limit + 1,
    )
    found = [
        Point(
            ident,
            number,
            instant.from_store(at),
            before_it,
            rating,
            deviation,
            Rating(rating, deviation).provisional,
        )
        for ident, number, at, before_it, rating, deviation in rows[:limit]
    ]
    if len(rows) <= limit:
        return found, None
    ident, number, at = rows[limit - 1][:3]
    return found, (number, at, ident)
