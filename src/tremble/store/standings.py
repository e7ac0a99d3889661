"""Standings: a match that counts is added to its players' records on the board, or taken off again."""

from msgspec import Struct
from sqlalchemy import bindparam, select

from tremble.rating import Rating
from tremble.store import boards, ratings
from tremble.store.boards import Standing
from tremble.store.engine import Transaction
from tremble.store.ratings import Rated
from tremble.store.sql import Statement
from tremble.store.tables import match_line

#: When a player last played of whose matches on the board none is rated yet.
NEVER = -(2**63)


class Tally(Struct, frozen=True, gc=False):
    """What one match adds to one player's record."""

    wins: int
    losses: int
    draws: int
    kills: int
    deaths: int
    shots: int
    hits: int


TALLIED = ("won", "kills", "deaths", "shots", "hits")
TALLIES = Statement(
    select(*[match_line.c[name] for name in TALLIED])
    .where(match_line.c.match_seq == bindparam("seq"))
    .order_by(match_line.c.position)
)


def tallies(tx: Transaction, seq: int) -> list[Tally]:
    """Return what each line of match *seq* adds."""
    rows = tx.rows(TALLIES, seq=seq)
    drawn = not any(row[0] for row in rows)
    return [Tally(won, int(not won and not drawn), int(drawn), *rest) for won, *rest in rows]


def enter(tx: Transaction, rated: Rated, added: list[Tally]) -> None:
    """Let a recorded match count again: add it to its players' records. Its ratings are due."""
    ids = [line.player_id for line in rated.lines]
    there = boards.standings(tx, rated.board, rated.season, ids)
    before = [there.get(ident) or newcomer(ident, rated.seq) for ident in ids]
    after = [plus(one, tally) for one, tally in zip(before, added, strict=True)]
    boards.put(tx, rated.board, rated.season, after)
    ratings.mark(tx, rated.board, [rated.place[1:]])


def leave(tx: Transaction, rated: Rated) -> None:
    """Let *rated* count no more: the reverse of `enter`."""
    board, season = rated.board, rated.season
    stay: list[Standing] = []
    gone: list[str] = []
    for line, tally in zip(rated.lines, tallies(tx, rated.seq), strict=True):
        standing = boards.standing(tx, board, season, line.player_id)
        assert standing is not None
        last = ratings.forget(tx, rated, line.player_id)
        if standing.matches == 1:
            gone.append(line.player_id)
            continue
        less = minus(standing, tally)
        stay.append(step_back(tx, rated, less) if last else less)
    boards.put(tx, board, season, stay)
    boards.remove(tx, board, season, gone)


def step_back(tx: Transaction, rated: Rated, standing: Standing) -> Standing:
    """Return *standing* with the rating of the match before *rated*, of the same season.

    If no such match is rated they are all due, and will put their ratings there.
    """
    row = tx.row(ratings.PREVIOUS, player_id=standing.player_id, **rated.key)
    if row is None or row[0] != rated.season:
        return ratings.moved(standing, Rating(), (rated.seq, NEVER))
    _, ended_at, match_id, *numbers = row
    previous = ratings.find(tx, match_id)
    assert previous is not None
    return ratings.moved(standing, Rating(*numbers), (previous.seq, ended_at))


def newcomer(player_id: str, seq: int) -> Standing:
    """Return the standing of a player before their first match on a board."""
    new = Rating()
    return Standing(
        player_id=player_id,
        rating=new.rating,
        deviation=new.deviation,
        volatility=new.volatility,
        matches=0,
        wins=0,
        losses=0,
        draws=0,
        kills=0,
        deaths=0,
        shots=0,
        hits=0,
        last_match_seq=seq,
        last_played_at=NEVER,
    )


def plus(before: Standing, tally: Tally) -> Standing:
    """Return *before* with *tally* added; the rating stays."""
    return Standing(
        before.player_id,
        before.rating,
        before.deviation,
        before.volatility,
        before.matches + 1,
        before.wins + tally.wins,
        before.losses + tally.losses,
        before.draws + tally.draws,
        before.kills + tally.kills,
        before.deaths + tally.deaths,
        before.shots + tally.shots,
        before.hits + tally.hits,
        before.last_match_seq,
        before.last_played_at,
    )


def plus_rated(before: Standing, tally: Tally, rating: Rating, last: tuple[int, int]) -> Standing:
    """Return *before* with *tally* added, and with *rating* after the *last* match: seq and end."""
    return Standing(
        before.player_id,
        rating.rating,
        rating.deviation,
        rating.volatility,
        before.matches + 1,
        before.wins + tally.wins,
        before.losses + tally.losses,
        before.draws + tally.draws,
        before.kills + tally.kills,
        before.deaths + tally.deaths,
        before.shots + tally.shots,
        before.hits + tally.hits,
        *last,
    )


def minus(before: Standing, tally: Tally) -> Standing:
    """Return *before* with *tally* taken off; the rating stays."""
    return Standing(
        before.player_id,
        before.rating,
        before.deviation,
        before.volatility,
        before.matches - 1,
        before.wins - tally.wins,
        before.losses - tally.losses,
        before.draws - tally.draws,
        before.kills - tally.kills,
        before.deaths - tally.deaths,
        before.shots - tally.shots,
        before.hits - tally.hits,
        before.last_match_seq,
        before.last_played_at,
    )
