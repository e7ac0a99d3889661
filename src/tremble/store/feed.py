"""The feed: what happened, in order.

match        a match was posted
new_leader   a player took rank 1 of a board
"""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import bindparam, select

from tremble.store import instant
from tremble.store.engine import Transaction
from tremble.store.sql import Statement, binds, insert, next_number
from tremble.store.tables import feed, match, player


class Item(Struct, frozen=True):
    """One thing that happened; a `match` has no player."""

    at: datetime
    kind: str
    board: str
    match_id: str
    player_id: str | None
    username: str | None


APPEND = Statement(insert(feed).values({**binds(list(feed.c)), "seq": next_number(feed.c.seq)}))
LATEST = Statement(
    select(feed.c.at, feed.c.kind, feed.c.board, match.c.id, feed.c.player_id, player.c.name)
    .join(match, match.c.seq == feed.c.match_seq)
    .outerjoin(player, player.c.id == feed.c.player_id)
    .order_by(feed.c.seq.desc())
    .limit(bindparam("limit"))
)


def append(
    tx: Transaction, at: int, kind: str, board: str, match_seq: int, player_id: str | None = None
) -> None:
    """Add that *kind* happened on *board* with the match *match_seq*."""
    tx.run(APPEND, at=at, kind=kind, board=board, match_seq=match_seq, player_id=player_id)


def latest(tx: Transaction, limit: int) -> list[Item]:
    """Return the last *limit* things that happened, newest first."""
    return [
        Item(instant.from_store(at), kind, board, match_id, player_id, name)
        for at, kind, board, match_id, player_id, name in tx.rows(LATEST, limit=limit)
    ]
