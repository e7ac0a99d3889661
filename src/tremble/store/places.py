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
from tremble.store.tables import player

#: Places in one piece; with names, which are looked up in the order of the players, more lie together.
PIECE, PIECE_NAMED = 20_000, 50_000
#: Before every place.
FIRST = (-1, "")

_after = select(*ORDER).where(*IN_SEASON, PLACE > GIVEN).order_by(*ORDER)
_some = _after.limit(bindparam("limit")).subquery()
_joined = (
    func.string_agg(hexadecimal(_some.c.rank_key), ""),
    func.string_agg(_some.c.player_id, ""),
)
SOME = Statement(select(*_joined))
# In the order of players: neighbours share the pages in which they are looked up. The limit says nothing
# new, but keeps SQLite from leaving the order out.
_by_player = (
    select(_some).order_by(_some.c.player_id).limit(bindparam("limit")).subquery("by_player")
)
_with_name = (
    select(_by_player, player.c.name)
    .join_from(_by_player, player, player.c.id == _by_player.c.player_id)
    .subquery("with_name")
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
    statement, piece = (SOME_NAMED, PIECE_NAMED) if named else (SOME, PIECE)
    while True:
        row = tx.row(
            statement,
            board=at.name,
            season=at.season,
            rank_key=last[0],
            player_id=last[1],
            limit=piece,
        )
        if row is None or not row[1]:
            return
        keys, players = unpacked("q", row[0]), unpacked("Q", row[1])
        names = fold_lines(row[2]) if named else []
        if named:
            keys, players, names = in_order(keys, players, names)
        yield keys, players, names
        if len(keys) < piece:
            return
        last = (keys[-1], f"{players[-1]:016x}")


def in_order(keys: Ints, players: Ints, names: list[bytes]) -> tuple[Ints, Ints, list[bytes]]:
    """Return the same places by key, and by player where keys are equal."""
    order = sorted(range(len(keys)), key=players.__getitem__)
    order.sort(key=keys.__getitem__)
    return (
        array("q", [keys[i] for i in order]),
        array("Q", [players[i] for i in order]),
        [names[i] for i in order],
    )


def unpacked(kind: str, digits: str) -> Ints:
    """Return the 64-bit numbers whose hex *digits* follow each other."""
    numbers = array(kind, bytes.fromhex(digits))
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers
