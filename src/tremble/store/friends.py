"""Friends: whom a player wants to see on the boards. One side adds the other; nobody needs to agree."""

from datetime import datetime
from typing import Literal

from msgspec import Struct
from sqlalchemy import bindparam, delete, func, or_, select

from tremble.store import instant, players
from tremble.store.engine import Transaction
from tremble.store.sql import Statement, binds, insert
from tremble.store.tables import friend, player

#: Most friends of one player: their ranks are all looked up for one answer.
MAX_FRIENDS = 200

Refusal = Literal["unknown_player", "own_friend", "too_many_friends"]


class Friend(Struct, frozen=True):
    """Whom a player added, and when."""

    player_id: str
    username: str
    since: datetime


column = friend.c
_mine = column.player_id == bindparam("player_id")
ALL = Statement(
    select(column.friend_id, player.c.name, column.since)
    .join(player, player.c.id == column.friend_id)
    .where(_mine)
    .order_by(column.since, column.friend_id)
)
COUNT = Statement(select(func.count()).select_from(friend).where(_mine))
ADD = Statement(
    insert(friend)
    .values(binds(list(column)))
    .on_conflict_do_nothing(index_elements=["player_id", "friend_id"])
)
REMOVE = Statement(
    delete(friend)
    .where(_mine, column.friend_id == bindparam("friend_id"))
    .returning(column.friend_id)
)
ERASE = Statement(delete(friend).where(or_(_mine, column.friend_id == bindparam("player_id"))))


def every(tx: Transaction, player_id: str) -> list[Friend]:
    """Return a player's friends, the first one added first."""
    rows = tx.rows(ALL, player_id=player_id)
    return [Friend(ident, name, instant.from_store(since)) for ident, name, since in rows]


def add(tx: Transaction, player_id: str, friend_id: str, now: int) -> Refusal | None:
    """Add a friend, who may be one already; or return what hinders it."""
    if friend_id == player_id:
        return "own_friend"
    if players.find(tx, friend_id) is None:
        return "unknown_player"
    row = tx.row(COUNT, player_id=player_id)
    assert row is not None
    if row[0] >= MAX_FRIENDS:
        return "too_many_friends"
    tx.run(ADD, player_id=player_id, friend_id=friend_id, since=now)
    return None


def remove(tx: Transaction, player_id: str, friend_id: str) -> bool:
    """Remove a friend; False if that was none."""
    return tx.row(REMOVE, player_id=player_id, friend_id=friend_id) is not None


def erase(tx: Transaction, player_id: str) -> None:
    """Forget a player's friends, and whose friend the player was."""
    tx.run(ERASE, player_id=player_id)
