"""The past of score boards: what was played before a board was made, counted bit by bit.

made    the matches so far are to be counted (board_past); what is posted from now on counts at once
later   `catch_up`, again and again: the next of them, and a note of it, in one transaction

A kill between any two leaves every match counted once, and so do results and voids that come meanwhile:
a match is counted, or is yet to be. What boards keep is the same in whatever order matches come.
"""

from itertools import groupby
from operator import itemgetter

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import bindparam, delete, func, or_, select, update

from tremble.store import boards, matches, scores
from tremble.store.boards import BY_HAND, BoardFacts, Counting, Head
from tremble.store.engine import Transaction
from tremble.store.scores import EACH_BOARD, EACH_MAP, EVERY, ScoreBoard
from tremble.store.sheets import Sheet
from tremble.store.sql import Row, Statement, Value, binds, insert
from tremble.store.tables import board, board_past, match

#: The end of the matches to be counted, of a board that is not kept now.
OPEN = 2**63 - 1
#: Matches in one transaction: results need not wait long behind it.
BATCH = 100
#: Matches that are looked at for each that is counted, of a board on which few count.
WIDE = 20

past = board_past.c
ADD = Statement(insert(board_past).values(binds(list(past))))
_at = (past.board == bindparam("board"), past.last == bindparam("last"))
FIND = Statement(select(past.first).where(*_at))
MOVE = Statement(update(board_past).where(*_at).values(first=bindparam("upto")))
REMOVE = Statement(delete(board_past).where(*_at))
_name = bindparam("board", type_=past.board.type)
NEXT = Statement(
    select(past.board, past.first, past.last, board.c.source, board.c.map)
    .join(board, board.c.name == past.board)
    .where(past.last < OPEN, or_(_name.is_(None), past.board == _name))
    .order_by(past.last, past.board)
    .limit(1)
)
OWED = Statement(
    select(past.board, func.sum(past.last - past.first), func.max(past.last))
    .join(board, board.c.name == past.board)
    .where(past.last < OPEN)
    .group_by(past.board)
)
#: The number of the last match of a bit, if there are as many.
NTH = Statement(
    select(match.c.seq)
    .where(*scores.BETWEEN)
    .order_by(match.c.seq)
    .limit(1)
    .offset(bindparam("skip"))
)
SOURCE = Statement(
    select(board.c.source, board.c.operator).where(board.c.name == bindparam("board"))
)


class Bit(Struct, frozen=True):
    """The matches after number *first* up to *last* that *board* has yet to count."""

    board: str
    first: int
    last: int
    source: str | None
    map: str | None

    @property
    def parameters(self) -> dict[str, Value]:
        """What finds its matches: `source` and `on_map`, None for all."""
        source = None if self.source == EACH_BOARD else self.source
        return {"source": source, "on_map": None if self.map == EACH_MAP else self.map}


def create(tx: Transaction, new: ScoreBoard) -> bool:
    """Make a score board, which has all that was played yet to count; False if the name is taken."""
    if boards.kind(tx, new.name) is not None:
        return False
    tx.run(boards.NEW_BOARD, board=new.name, field=new.kind.field, operator=new.kind.operator)
    tx.run(scores.SET_SOURCE, board=new.name, source=new.source, on_map=new.map)
    if new.map == EACH_MAP:
        take_over(tx, new)
    owe(tx, new.name, 0, last_match(tx))
    return True


def take_over(tx: Transaction, new: ScoreBoard) -> None:
    """Empty the boards of maps that were kept by themselves, where *new* is kept from now on."""
    for name in scores.of_maps(tx):
        if name.startswith(f"{new.source}.") and boards.kind(tx, name) == EVERY.kind:
            scores.empty(tx, name)
            tx.run(scores.SET_KIND, board=name, field=new.kind.field, operator=new.kind.operator)


def last_match(tx: Transaction) -> int:
    """Return the number of the newest match, 0 if there is none."""
    row = tx.row(matches.LAST)
    return 0 if row is None else int(row[0])


def owe(tx: Transaction, name: str, first: int, last: int) -> None:
    """Note that board *name* has the matches after *first* up to *last* yet to count."""
    if first < last:
        tx.run(ADD, board=name, first=first, last=last)


def owed(tx: Transaction) -> dict[str, Counting]:
    """Return how far each board is that has matches yet to count."""
    return {
        str(name): Counting(int(last) - int(left), int(last)) for name, left, last in tx.rows(OWED)
    }


def told(tx: Transaction, at: Head) -> Head:
    """Return *at* with how far the board is that counts the past."""
    # Boards of ratings count when a match is posted, and are asked for most.
    owing = owed(tx) if "." in at.name else {}
    return replace(at, counting=owing.get(kept_by(tx, at.name))) if owing else at


def every(tx: Transaction) -> list[BoardFacts]:
    """Return the facts of all boards, with how far those are that count the past."""
    found, owing = boards.every(tx), owed(tx)
    if not owing:
        return found
    return [replace(one, counting=owing.get(kept_by(tx, one.board))) for one in found]


def kept_by(tx: Transaction, name: str) -> str:
    """Return by whose name board *name* counts the past: its own, or that of all boards of maps."""
    row = tx.row(SOURCE, board=name)
    source, dot, _ = name.partition(".")
    if row is None or row[0] is not None or row[1] == BY_HAND.operator or not dot:
        return name
    each = f"{source}.{EACH_MAP}"
    return EVERY.name if boards.kind(tx, each) is None else each


def catch_up(tx: Transaction, limit: int, name: str | None = None) -> bool:
    """Count the next *limit* matches of the past, of board *name* or of any; False if there are none."""
    row = tx.row(NEXT, board=name)
    if row is None:
        return False
    bit = Bit(*row)
    upto = end_of(tx, bit, limit)
    runs = tx.rows(scores.RUNS_BETWEEN, first=bit.first, upto=upto, **bit.parameters)
    count(tx, bit.board, runs)
    if upto == bit.last:
        tx.run(REMOVE, board=bit.board, last=bit.last)
    else:
        tx.run(MOVE, board=bit.board, last=bit.last, upto=upto)
    return True


def end_of(tx: Transaction, bit: Bit, limit: int) -> int:
    """Return the number up to which there are *limit* matches, not much farther if they are rare."""
    upto = min(bit.first + WIDE * limit, bit.last)
    row = tx.row(NTH, first=bit.first, upto=upto, skip=limit - 1, **bit.parameters)
    return upto if row is None else int(row[0])


def count(tx: Transaction, name: str, rows: list[Row]) -> None:
    """Let the matches of *rows*, which begin with board and map, count where they do by *name*."""
    for (source, level), played in groupby(sorted(rows), key=itemgetter(0, 1)):
        runs = [row[2:] for row in played]
        for feed in scores.feeds(tx, source, level):
            if feed.past == name:
                for season, some in groupby(runs, key=itemgetter(0)):
                    count_season(tx, feed.on, season, list(some))


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
