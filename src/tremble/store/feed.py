"""The feed: what happened, in order.

match        a match was posted
new_leader   a player took rank 1 of a board
"""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import bindparam, select

from tremble.store import instant
from tremble.store.engine import Transaction
from tremble.store.sql import Statement, binds, insert
from tremble.store.tables import feed, match, player


class Item(Struct, frozen=True):
    """One thing that happened; a `match` has no player."""

    at: datetime
    kind: str
    board: str
    match_id: str
    player_id: str | None
    username: str | None


LAST = Statement(select(feed.c.seq).order_by(feed.c.seq.desc()).limit(1))
APPEND = Statement(insert(feed).inline().values(binds(list(feed.c))))
LATEST = Statement(
    select(feed.c.at, feed.c.kind, feed.c.board, match.c.id, feed.c.player_id, player.c.name)
    .join(match, match.c.seq == feed.c.match_seq)
    .outerjoin(player, player.c.id == feed.c.player_id)
    .order_by(feed.c.seq.desc())
    .limit(bindparam("limit"))
)


class Event(Struct, frozen=True):
    """Something that happened: *at* is when, in microseconds since 1970."""

    at: int
    kind: str
    board: str
    match_seq: int
    player_id: str | None = None


def append(tx: Transaction, events: list[Event]) -> None:
    """Add *events*, in that order."""
    row = tx.row(LAST)
    first = 1 if row is None else int(row[0]) + 1
    tx.run_many(APPEND, [{"seq": seq, **asdict(e)} for seq, e in enumerate(events, first)])


def latest(tx: Transaction, limit: int) -> list[Item]:
    """Return the last *limit* things that happened, newest first."""
    return [
        Item(instant.from_store(at), kind, board, match_id, player_id, name)
        for at, kind, board, match_id, player_id, name in tx.rows(LATEST, limit=limit)
    ]
