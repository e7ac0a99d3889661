"""Joins: what a ticket tells of a player."""

from sqlalchemy import bindparam, select

from tremble.store.engine import Transaction
from tremble.store.sql import Statement
from tremble.store.tables import board, board_entry

_entry = board_entry.c
RATINGS = Statement(
    select(_entry.board, _entry.rating, _entry.deviation)
    .join(board, board.c.name == _entry.board)
    .where(_entry.player_id == bindparam("player_id"), board.c.field == "rating")
    .order_by(_entry.season, _entry.last_played_at.desc(), _entry.board)
)


def ratings(tx: Transaction, player_id: str) -> dict[str, tuple[int, int]]:
    """Return rating and deviation, rounded, of the last season played on each rated board."""
    rows = tx.rows(RATINGS, player_id=player_id)
    return {name: (round(rating), round(deviation)) for name, rating, deviation in rows}
