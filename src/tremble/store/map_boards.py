"""Boards of maps that are kept by themselves: turned on, turned off, and what was played before.

on      from now on each match counts on the board of its map; those before are to be counted (board_past)
later   `catch_up`, again and again: the next of them, and a note of it, in one transaction
off     no match counts any more; from here on all are to be counted, if ever the boards are kept again

A kill between any two leaves every match counted once. The boards hold sums, which are the same in
whatever order matches come.
"""

from itertools import groupby
from operator import itemgetter

from sqlalchemy import bindparam, delete, func, select, update

from tremble.store import boards, matches, scores
from tremble.store.engine import Transaction
from tremble.store.scores import EVERY, ScoreBoard
from tremble.store.sheets import Sheet
from tremble.store.sql import Row, Statement, binds, insert
from tremble.store.tables import board, board_past, match

#: The end of the matches to be counted, while the boards are not kept.
OPEN = 2**63 - 1

past = board_past.c
FORGET = Statement(delete(board).where(board.c.name == bindparam("board")))
PLAYED = Statement(
    select(match.c.board, match.c.map).distinct().order_by(match.c.board, match.c.map)
)
ADD = Statement(insert(board_past).values(binds(list(past))))
NEXT = Statement(
    select(past.first, past.last)
    .where(past.board == bindparam("board"), past.last < OPEN)
    .order_by(past.last)
    .limit(1)
)
LEFT = Statement(
    select(func.coalesce(func.sum(past.last - past.first), 0)).where(
        past.board == bindparam("board"), past.last < OPEN
    )
)
_at = (past.board == bindparam("board"), past.last == bindparam("last"))
FIND = Statement(select(past.first).where(*_at))
MOVE = Statement(update(board_past).where(*_at).values(first=bindparam("upto")))
REMOVE = Statement(delete(board_past).where(*_at))


def keep(tx: Transaction, on: bool) -> bool:
    """Keep a board of each map of every rating board, or keep them no more; False if it is so already.

    Boards that are not kept any more stay as they are.
    """
    if on == (boards.kind(tx, EVERY.name) is not None):
        return False
    row = tx.row(matches.LAST)
    last = 0 if row is None else row[0]
    if not on:
        tx.run(FORGET, board=EVERY.name)
        tx.run(ADD, board=EVERY.name, first=last, last=OPEN)
        return True
    row = tx.row(FIND, board=EVERY.name, last=OPEN)
    if row is None:
        start_over(tx)
    tx.run(REMOVE, board=EVERY.name, last=OPEN)
    first = 0 if row is None else row[0]
    if first < last:
        tx.run(ADD, board=EVERY.name, first=first, last=last)
    tx.run(boards.NEW_BOARD, board=EVERY.name, field=EVERY.kind.field, operator=EVERY.kind.operator)
    tx.run(scores.SET_SOURCE, board=EVERY.name, source=EVERY.source, on_map=EVERY.map)
    return True


def start_over(tx: Transaction) -> None:
    """Empty boards that were kept once, and of which nobody knows what they have not counted."""
    stale = scores.of_maps(tx)
    for source, level in tx.rows(PLAYED) if stale else ():
        _, by_itself = scores.feeds(tx, source, level)
        if by_itself is None or by_itself.name not in stale:
            continue
        if boards.kind(tx, by_itself.name) == EVERY.kind:
            scores.empty(tx, by_itself.name)


def left(tx: Transaction) -> int:
    """Return how many matches there are to be counted, about."""
    [(count,)] = tx.rows(LEFT, board=EVERY.name)
    return int(count)


def catch_up(tx: Transaction, limit: int) -> bool:
    """Count the next *limit* matches of those from before; False if there are none."""
    row = tx.row(NEXT, board=EVERY.name)
    if row is None:
        return False
    first, last = row
    upto = min(first + limit, last)
    count(tx, tx.rows(scores.RUNS_BETWEEN, first=first, upto=upto))
    if upto == last:
        tx.run(REMOVE, board=EVERY.name, last=last)
    else:
        tx.run(MOVE, board=EVERY.name, last=last, upto=upto)
    return True


def count(tx: Transaction, rows: list[Row]) -> None:
    """Let the matches of *rows*, which begin with board and map, count where EVERY stands for a board."""
    for (source, level), played in groupby(sorted(rows), key=itemgetter(0, 1)):
        _, on = scores.feeds(tx, source, level)
        if on is not None:
            for season, some in groupby((row[2:] for row in played), key=itemgetter(0)):
                count_season(tx, on, season, list(some))


def count_season(tx: Transaction, on: ScoreBoard, season: int, rows: list[Row]) -> None:
    """Let matches of one season count on one board."""
    runs = [scores.read_run(row, on.kind.field) for row in rows]
    sheet = Sheet(tx, on.name, season, list(dict.fromkeys(run.player_id for run in runs)), on.kind)
    for _, of_match in groupby(sorted(runs, key=lambda run: run.seq), key=lambda run: run.seq):
        some = list(of_match)
        after = [
            scores.plus(sheet.standings.get(run.player_id), run, on.kind.operator) for run in some
        ]
        sheet.enter(after, some[0].ended_at)
    sheet.write(tx)
