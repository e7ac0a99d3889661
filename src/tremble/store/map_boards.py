"""Boards of maps that are kept by themselves: turned on and off.

on      from now on each match counts on the board of its map; those before are to be counted (past.py)
off     no match counts any more; from here on all are to be counted, if ever the boards are kept again
"""

from sqlalchemy import bindparam, delete, select

from tremble.store import boards, past, scores
from tremble.store.engine import Transaction
from tremble.store.past import OPEN
from tremble.store.scores import EVERY
from tremble.store.sql import Statement
from tremble.store.tables import board, match

FORGET = Statement(delete(board).where(board.c.name == bindparam("board")))
PLAYED = Statement(
    select(match.c.board, match.c.map).distinct().order_by(match.c.board, match.c.map)
)


def keep(tx: Transaction, on: bool) -> bool:
    """Keep a board of each map of every rating board, or keep them no more; False if it is so already.

    Boards that are not kept any more stay as they are.
    """
    if on == (boards.kind(tx, EVERY.name) is not None):
        return False
    last = past.last_match(tx)
    if not on:
        tx.run(FORGET, board=EVERY.name)
        tx.run(past.ADD, board=EVERY.name, first=last, last=OPEN)
        return True
    row = tx.row(past.FIND, board=EVERY.name, last=OPEN)
    if row is None:
        start_over(tx)
    tx.run(past.REMOVE, board=EVERY.name, last=OPEN)
    past.owe(tx, EVERY.name, 0 if row is None else row[0], last)
    tx.run(boards.NEW_BOARD, board=EVERY.name, field=EVERY.kind.field, operator=EVERY.kind.operator)
    tx.run(scores.SET_SOURCE, board=EVERY.name, source=EVERY.source, on_map=EVERY.map)
    return True


def start_over(tx: Transaction) -> None:
    """Empty boards that were kept once, and of which nobody knows what they have not counted."""
    stale = scores.of_maps(tx)
    for source, level in tx.rows(PLAYED) if stale else ():
        for feed in scores.feeds(tx, source, level):
            name = feed.on.name
            if feed.past == EVERY.name and name in stale and boards.kind(tx, name) == EVERY.kind:
                scores.empty(tx, name)
