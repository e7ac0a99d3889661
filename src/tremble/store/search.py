"""Search: players by a part of their name, for operators; whoever was seen last stands first."""

from sqlalchemy import bindparam, func, or_, select

from tremble.store import instant, players
from tremble.store.engine import Transaction
from tremble.store.players import Player
from tremble.store.sql import Statement, holds
from tremble.store.tables import player

column = player.c
NAMED = Statement(
    select(player)
    .where(
        # SQLite knows the case of ASCII alone: other letters are found as they are written.
        or_(
            func.lower(column.name).like(bindparam("pattern"), escape="\\"),
            column.name.like(bindparam("written"), escape="\\"),
        )
    )
    .order_by(column.last_seen_at.desc(), column.id)
    .limit(bindparam("limit"))
)


def players_named(tx: Transaction, word: str, limit: int) -> list[Player]:
    """Return at most *limit* players of that id, or whose name holds *word*; all for an empty one."""
    by_id = players.find(tx, word) if len(word) == 16 else None
    if by_id is not None:
        return [by_id]
    patterns = {"pattern": holds(word.lower()), "written": holds(word)}
    return [
        Player(ident, name, bool(bot), instant.from_store(first), instant.from_store(last))
        for ident, name, bot, first, last in tx.rows(NAMED, limit=limit, **patterns)
    ]
