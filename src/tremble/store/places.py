"""Places: a whole board read in order, in large pieces that the database has joined to a few texts.

Ten million rows, one by one, would take most of a minute.
"""

import sys
from array import array
from collections.abc import Iterator

from sqlalchemy import bindparam, func, select

from tremble.names import fold_lines
from tremble.order import Chunk, Ints
from tremble.store.boards import GIVEN, IN_SEASON, ORDER, PLACE, Head
from tremble.store.engine import Transaction
from tremble.store.sql import Statement, hexadecimal
from tremble.store.tables import board_entry, player

#: Places in one piece.
PIECE = 20_000
#: Before every place.
FIRST = (-1, "")

_after = select(*ORDER).where(*IN_SEASON, PLACE > GIVEN).order_by(*ORDER)
_some = _after.limit(bindparam("limit")).subquery()
_joined = (
    func.string_agg(hexadecimal(_some.c.rank_key), ""),
    func.string_agg(_some.c.player_id, ""),
)
SOME = Statement(select(*_joined))
_with_name = (
    _after.add_columns(player.c.name)
    .join_from(board_entry, player, player.c.id == board_entry.c.player_id)
    .limit(bindparam("limit"))
    .subquery()
)
#: Names may hold any sign but NUL: a line end in one becomes a space.
SOME_NAMED = Statement(
    select(
        func.string_agg(hexadecimal(_with_name.c.rank_key), ""),
        func.string_agg(_with_name.c.player_id, ""),
        func.string_agg(func.replace(_with_name.c.name, "\n", " "), "\n"),
    )
)


def every(tx: Transaction, at: Head, named: bool) -> Iterator[Chunk]:
    """Yield all places of a board in order; with the folded names if that is wanted."""
    last = FIRST
    statement = SOME_NAMED if named else SOME
    while True:
        row = tx.row(
            statement,
            board=at.name,
            season=at.season,
            rank_key=last[0],
            player_id=last[1],
            limit=PIECE,
        )
        if row is None or not row[1]:
            return
        keys, players = unpacked("q", row[0]), unpacked("Q", row[1])
        yield keys, players, fold_lines(row[2]) if named else ()
        if len(keys) < PIECE:
            return
        last = (keys[-1], row[1][-16:])


def unpacked(kind: str, digits: str) -> Ints:
    """Return the 64-bit numbers whose hex *digits* follow each other."""
    numbers = array(kind, bytes.fromhex(digits))
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers
