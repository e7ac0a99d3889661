"""Erasures: players whose names are gone, and stay gone in results that come later.

Results lie in the outboxes of game servers until the record takes them, also for days. A line of
whoever was erased is recorded under ERASED: if the match ended before the erasure, or if there is no
new account since.
"""

from msgspec import structs
from sqlalchemy import bindparam, select

from tremble.result import MatchResult
from tremble.store import instant
from tremble.store.engine import Transaction
from tremble.store.sql import Statement, binds, insert
from tremble.store.tables import account, erasure

#: The name under which the matches of who was erased are shown.
ERASED = "erased"

_new = insert(erasure).values(binds(list(erasure.c)))
MARK = Statement(
    _new.on_conflict_do_update(index_elements=["player_id"], set_={"at": _new.excluded.at})
)
FIND = Statement(
    select(erasure.c.at, account.c.id)
    .outerjoin(account, account.c.id == erasure.c.player_id)
    .where(erasure.c.player_id == bindparam("player_id"))
)


def mark(tx: Transaction, player_id: str, now: int) -> None:
    """Note that a player was erased."""
    tx.run(MARK, player_id=player_id, at=now)


def anonymous(tx: Transaction, result: MatchResult) -> MatchResult:
    """Return *result* without the names of those who were erased."""
    found = tx.rows_each(FIND, [{"player_id": line.player_id} for line in result.players])
    if not any(found):
        return result
    ended = instant.to_store(result.ended_at)
    lines = []
    for line, rows in zip(result.players, found, strict=True):
        gone = any(ended <= at or owner is None for at, owner in rows)
        lines.append(structs.replace(line, name=ERASED) if gone else line)
    return structs.replace(result, players=lines)
