"""The feed: what happened, in order.

match        a match was posted
new_leader   a player took rank 1 of a board
"""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import bindparam, func, select

from tremble.store import instant
from tremble.store.engine import Transaction
from tremble.store.sql import Row, Statement, binds, insert
from tremble.store.tables import feed, match, player

#: Before the first page: greater than every seq.
NEWEST = 2**63 - 1


class Item(Struct, frozen=True):
    """One thing that happened, the *seq*th; a `match` has no player."""

    seq: int
    at: datetime
    kind: str
    board: str
    match_id: str
    player_id: str | None
    username: str | None


class Event(Struct, frozen=True):
    """Something that happened, as it is added: *at* is when, in microseconds since 1970."""

    at: int
    kind: str
    board: str
    match_seq: int
    player_id: str | None = None


APPEND = Statement(insert(feed).inline().values(binds(list(feed.c))))
_all = (
    select(
        feed.c.seq,
        feed.c.at,
        feed.c.kind,
        feed.c.board,
        match.c.id,
        feed.c.player_id,
        player.c.name,
    )
    .join(match, match.c.seq == feed.c.match_seq)
    .outerjoin(player, player.c.id == feed.c.player_id)
    .limit(bindparam("limit"))
)
BEFORE = Statement(_all.where(feed.c.seq < bindparam("before")).order_by(feed.c.seq.desc()))
AFTER = Statement(_all.where(feed.c.seq > bindparam("after")).order_by(feed.c.seq))
LAST = Statement(select(func.coalesce(func.max(feed.c.seq), 0)))


def append(tx: Transaction, events: list[Event]) -> None:
    """Add *events*, in that order."""
    each = [{"seq": seq, **asdict(e)} for seq, e in enumerate(events, last(tx) + 1)]
    tx.run_many(APPEND, each)


def latest(tx: Transaction, limit: int, before: int = NEWEST) -> list[Item]:
    """Return the last *limit* things that happened before number *before*, newest first."""
    return [read(row) for row in tx.rows(BEFORE, limit=limit, before=before)]


def after(tx: Transaction, seq: int, limit: int) -> list[Item]:
    """Return the *limit* things that happened next after number *seq*, oldest first."""
    return [read(row) for row in tx.rows(AFTER, limit=limit, after=seq)]


def last(tx: Transaction) -> int:
    """Return the number of what happened last; 0 if nothing ever did."""
    row = tx.row(LAST)
    return 0 if row is None else int(row[0])


def read(row: Row) -> Item:
    seq, at, kind, board, match_id, player_id, name = row
    return Item(seq, instant.from_store(at), kind, board, match_id, player_id, name)
