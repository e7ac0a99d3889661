"""Head to head: how two players fared against each other, in all matches that count.

Who has the better place has won, equal places are a draw; so it holds for a free-for-all too. Matches
on one team are not against each other.
"""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import bindparam, case, func, or_, select

from tremble.store import honours, instant
from tremble.store.engine import Transaction
from tremble.store.history import AGAINST, MINE, THEIRS
from tremble.store.sql import Statement
from tremble.store.tables import match, match_void


class Tally(Struct, frozen=True):
    """What one player did against another; *opponent_kills* are all that the other scored there."""

    matches: int
    wins: int
    losses: int
    draws: int
    kills: int
    opponent_kills: int


class HeadToHead(Struct, frozen=True):
    """The sums over all matches, and by map, the most played first; *last_met_at* null: never."""

    total: Tally
    last_met_at: datetime | None
    maps: dict[str, Tally]


mine, theirs = MINE.c, THEIRS.c
# The voided matches by number: few, where those of two players may be many.
_void = select(match.c.seq).join(match_void, match_void.c.match_id == match.c.id)
_board = bindparam("board", type_=mine.board.type)
#: Nothing of it is read but two ranges of an index (match_line_by_player), side by side.
BY_MAP = Statement(
    select(
        mine.map,
        func.count(),
        func.sum(case((mine.place < theirs.place, 1), else_=0)),
        func.sum(case((mine.place > theirs.place, 1), else_=0)),
        func.sum(mine.kills),
        func.sum(theirs.kills),
        func.max(mine.ended_at),
    )
    .select_from(MINE)
    .join(THEIRS, AGAINST)
    .where(
        mine.player_id == bindparam("player"),
        mine.match_seq.not_in(_void),
        or_(_board.is_(None), mine.board == _board),
    )
    .group_by(mine.map)
    # SQLite would take an index of the player's matches by map, and read each line.
    .with_hint(MINE, "INDEXED BY match_line_by_player", "sqlite")
)


def between(
    tx: Transaction, player_id: str, opponent_id: str, board: str | None = None
) -> HeadToHead:
    """Return how *player_id* fared against *opponent_id*, on one board or on all."""
    if honours.matches(tx, player_id) <= honours.matches(tx, opponent_id):
        rows = tx.rows(BY_MAP, player=player_id, opponent=opponent_id, board=board)
    else:
        rows = [
            (level, met, losses, wins, other_kills, kills, last)
            for level, met, wins, losses, kills, other_kills, last in tx.rows(
                BY_MAP, player=opponent_id, opponent=player_id, board=board
            )
        ]
    maps: dict[str, Tally] = {}
    for level, met, wins, losses, kills, other_kills, _ in sorted(
        rows, key=lambda r: (-r[1], r[0])
    ):
        maps[level] = Tally(met, wins, losses, met - wins - losses, kills, other_kills)
    total = Tally(
        *[sum(getattr(tally, name) for tally in maps.values()) for name in Tally.__struct_fields__]
    )
    last = max((row[6] for row in rows), default=None)
    return HeadToHead(total, None if last is None else instant.from_store(last), maps)
