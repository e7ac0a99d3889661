"""Voided matches: kept and marked, but they count for nothing.

A match can be void for several causes at once: itself ("match"), or a player whose matches were
voided (the player's id). It counts again only when the last cause is taken back.
"""

from sqlalchemy import bindparam, delete, exists, select

from tremble.store import ratings, scores, standings, stats
from tremble.store.engine import Transaction
from tremble.store.ratings import Rated
from tremble.store.sql import Statement, binds, insert
from tremble.store.tables import match, match_line, match_void

#: The cause of a match that was voided by its own id.
ITSELF = "match"

CAUSES = Statement(select(match_void.c.cause).where(match_void.c.match_id == bindparam("match_id")))
ADD = Statement(insert(match_void).values(binds(list(match_void.c))).on_conflict_do_nothing())
REMOVE = Statement(
    delete(match_void).where(
        match_void.c.match_id == bindparam("match_id"), match_void.c.cause == bindparam("cause")
    )
)
MAP = Statement(select(match.c.map).where(match.c.id == bindparam("id")))
_marked = exists(
    select(match_void.c.match_id).where(
        match_void.c.match_id == match.c.id, match_void.c.cause == bindparam("cause")
    )
)
_of_player = (
    select(match.c.id)
    .join(match_line, match_line.c.match_seq == match.c.seq)
    .where(match_line.c.player_id == bindparam("cause"), match.c.ended_at >= bindparam("since"))
    .order_by(match.c.ended_at, match.c.id)
)
UNMARKED_OF = Statement(_of_player.where(~_marked))
MARKED_OF = Statement(_of_player.where(_marked))


def to_void(tx: Transaction, player_id: str, since: int) -> list[str]:
    """Return the player's matches that ended at *since* or later and are not void on their account."""
    return [row[0] for row in tx.rows(UNMARKED_OF, cause=player_id, since=since)]


def to_restore(tx: Transaction, player_id: str, since: int) -> list[str]:
    """Return the matches that ended at *since* or later and are void on the player's account."""
    return [row[0] for row in tx.rows(MARKED_OF, cause=player_id, since=since)]


def void(tx: Transaction, match_id: str, cause: str, at: int) -> bool:
    """Void a recorded match; False if it was void already. What follows is due: see ratings.settle."""
    counted = not tx.rows(CAUSES, match_id=match_id)
    tx.run(ADD, match_id=match_id, cause=cause, voided_at=at)
    if counted:
        rated = ratings.find(tx, match_id)
        assert rated is not None
        tx.run(ratings.UNMARK, **rated.key)
        standings.leave(tx, rated)
        recount_scores(tx, rated)
        stats.mark(tx, [line.player_id for line in rated.lines])
    return counted


def restore(tx: Transaction, match_id: str, cause: str) -> bool:
    """Take *cause* back; True if that was the last one, and the match counts again."""
    if not tx.rows(CAUSES, match_id=match_id):
        return False
    tx.run(REMOVE, match_id=match_id, cause=cause)
    if tx.rows(CAUSES, match_id=match_id):
        return False
    rated = ratings.find(tx, match_id)
    assert rated is not None
    standings.enter(tx, rated, standings.tallies(tx, rated.seq))
    recount_scores(tx, rated)
    stats.mark(tx, [line.player_id for line in rated.lines])
    return True


def recount_scores(tx: Transaction, rated: Rated) -> None:
    """Count the players of a match again on the score boards that it counted on."""
    row = tx.row(MAP, id=rated.match_id)
    assert row is not None
    players = [line.player_id for line in rated.lines]
    scores.count_again(tx, rated.board, str(row[0]), rated.season, players)
