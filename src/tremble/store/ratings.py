"""Ratings: what each match did to them, kept true whatever order the matches arrive in.

The order that counts is (season, ended_at, match id). A match is rated from its players' ratings
after their matches before it in that order. Whatever changes the past marks what follows from it:

    post in order ─► rated at once, as the last of its players' histories (sheets.py)
    post late, restore ─► due ─► rated ─┐
    void ───────────────────────────────┴─► the next match of each player is due ─► rated again ─►
                                                                if that changed: the next is due ...

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
from tremble.store import boards, feed, instant
from tremble.store.boards import Standing
from tremble.store.engine import Transaction
from tremble.store.feed import Event
from tremble.store.sql import Row, Statement, binds, insert
from tremble.store.tables import match, match_line, rating_due, rating_history

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
RATED_SINCE = Statement(
    select(history.match_id, history.ended_at).where(
        *OF_PLAYER, history.season == bindparam("season"), history.ended_at > bindparam("since")
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


def entrant(rated: Rated, line: RatedLine, standing: Standing) -> Entrant:
    """Return a player whose last match is the one of *standing*."""
    rating = Rating(standing.rating, standing.deviation, standing.volatility)
    days = (rated.ended_at - standing.last_played_at) / instant.DAY
    return Entrant(rating, line.place, days, line.team)


def entrant_after(rated: Rated, line: RatedLine, before: Row | None) -> Entrant:
    """Return a player whose last match is *before*, a row of PREVIOUS; None: it is the first."""
    if before is None:
        return Entrant(Rating(), line.place, 0.0, line.team)
    season, ended_at, _, *numbers = before
    rating = Rating(*numbers)
    if season != rated.season:
        rating = entrants.new_season(rating)
    return Entrant(rating, line.place, (rated.ended_at - ended_at) / instant.DAY, line.team)


def rate(tx: Transaction, rated: Rated) -> list[Rating | None]:
    """Rate a match that counts from its players' histories, and mark what follows from it.

    Returns what is to stand on the board of its season now for each player; None where a later match
    has decided that.
    """
    each = [{"player_id": line.player_id, **rated.key} for line in rated.lines]
    players = [
        entrant_after(rated, line, rows[0] if rows else None)
        for line, rows in zip(rated.lines, tx.rows_each(PREVIOUS, each), strict=True)
    ]
    since = rated.ended_at - MEETING_WINDOW
    lately = tx.rows_each(LATELY, [{**one, "since": since} for one in each])
    met = entrants.meetings([{row[0] for row in rows} for rows in lately])
    after = entrants.update(players, met)
    stored = tx.rows_each(STORED, each)
    following = tx.rows_each(NEXT, each)
    changed = [
        (line.player_id, row_of(player, rating), bool(before), later)
        for line, player, rating, before, later in zip(
            rated.lines, players, after, stored, following, strict=True
        )
        if before != [row_of(player, rating)]
    ]
    put_many(tx, rated.board, {(who, *rated.place[1:]): row for who, row, _, _ in changed})
    mark(tx, rated.board, [place for _, _, _, later in changed for place in later])
    mark_soon(tx, rated, [who for who, _, there, _ in changed if not there])
    return [
        None if later and later[0][0] == rated.season else rating
        for rating, later in zip(after, following, strict=True)
    ]


def row_of(before: Entrant, after: Rating) -> Row:
    """Return what the history says of a player: the rating before, and all of it after."""
    return before.rating.rating, after.rating, after.deviation, after.volatility


def put_many(tx: Transaction, board: str, rows: Mapping[tuple[str, int, int, str], Row]) -> None:
    """Store rows of a board's history, by player, season, ended_at and match id.

    Each is the rating before; rating, deviation and volatility after.
    """
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


def mark(tx: Transaction, board: str, places: Sequence[Row]) -> None:
    """Note that the matches at *places* (season, ended_at, match id) are due to be rated again."""
    names = ("season", "ended_at", "match_id")
    tx.run_many(
        MARK, [{"board": board, **dict(zip(names, place, strict=True))} for place in places]
    )


def mark_soon(tx: Transaction, rated: Rated, player_ids: Sequence[str]) -> None:
    """Mark the matches of these players for whose weight it matters whether *rated* counts."""
    until = rated.ended_at + MEETING_WINDOW
    each = [{"player_id": ident, "until": until, **rated.key} for ident in player_ids]
    mark(tx, rated.board, [place for rows in tx.rows_each(SOON, each) for place in rows])


def forget(tx: Transaction, rated: Rated, player_id: str) -> bool:
    """Remove *rated* from the player's history, mark what follows; say if it was the season's last."""
    tx.run(FORGET, player_id=player_id, **rated.key)
    following = tx.row(NEXT, player_id=player_id, **rated.key)
    if following is not None:
        mark(tx, rated.board, [following])
    mark_soon(tx, rated, [player_id])
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
    done = 0
    changed: dict[int, dict[str, Standing]] = {}
    while done < limit and (first := tx.row(FIRST_DUE, board=board)) is not None:
        season, ended_at, match_id = first
        tx.run(UNMARK, board=board, season=season, ended_at=ended_at, match_id=match_id)
        rated = find(tx, match_id)
        assert rated is not None
        rate_again(tx, rated, changed.setdefault(season, {}))
        done += 1
    for number, standings in changed.items():
        if standings:
            put_settled(tx, board, number, list(standings.values()))
    return done


def rate_again(tx: Transaction, rated: Rated, changed: dict[str, Standing]) -> None:
    """Rate a match from its players' histories; note in *changed* who stands elsewhere now."""
    after = zip(rated.lines, rate(tx, rated), strict=True)
    new = {line.player_id: rating for line, rating in after if rating is not None}
    unknown = [player_id for player_id in new if player_id not in changed]
    changed |= boards.standings(tx, rated.board, rated.season, unknown)
    for player_id, rating in new.items():
        changed[player_id] = moved(changed[player_id], rating, (rated.seq, rated.ended_at))


def put_settled(tx: Transaction, board: str, season: int, standings: list[Standing]) -> None:
    """Store who stands elsewhere now; a new leader came to lead by the match played last."""
    before = boards.leader(tx, board, season)
    boards.put(tx, board, season, standings, newcomers=0)
    leader = boards.leader(tx, board, season)
    if leader is None or leader == before:
        return
    now = boards.standing(tx, board, season, leader)
    assert now is not None and now.last_match_seq is not None
    at, seq = now.last_played_at, now.last_match_seq
    feed.append(tx, [Event(at, "new_leader", board, seq, leader)])


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


def any_due(tx: Transaction) -> bool:
    """Say whether any match is due to be rated again."""
    return tx.row(BOARD_DUE) is not None


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
