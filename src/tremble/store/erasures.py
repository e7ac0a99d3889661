"""Erasures: players whose names are gone, and stay gone in results that come later.

Results lie in the outboxes of game servers until the record takes them, also for days. A line of
whoever was erased is recorded under ERASED: if the match ended before the erasure, or if there is no
new account since.
"""

from collections.abc import Mapping, Sequence

from msgspec import structs
from sqlalchemy import bindparam, select

from tremble.result import MatchResult
from tremble.store import instant
from tremble.store.engine import Transaction
from tremble.store.sql import Row, Statement, binds, insert
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


def gone(tx: Transaction, player_id: str) -> bool:
    """Say whether a player was erased and has made no account since."""
    row = tx.row(FIND, player_id=player_id)
    return row is not None and row[1] is None


def anonymous(tx: Transaction, results: Sequence[MatchResult]) -> Sequence[MatchResult]:
    """Return *results* without the names of those who were erased."""
    who = sorted({line.player_id for result in results for line in result.players})
    found = tx.rows_each(FIND, [{"player_id": player_id} for player_id in who])
    erased = {ident: rows[0] for ident, rows in zip(who, found, strict=True) if rows}
    return [without_names(result, erased) for result in results] if erased else results


def without_names(result: MatchResult, erased: Mapping[str, Row]) -> MatchResult:
    """Return *result* without the names of those in *erased*: when, and the account since, if any."""
    ended = instant.to_store(result.ended_at)
    lines = []
    for line in result.players:
        at, account_since = erased.get(line.player_id, (ended - 1, ""))
        gone = ended <= at or account_since is None
        lines.append(structs.replace(line, name=ERASED) if gone else line)
    return structs.replace(result, players=lines)
