"""Health: prove that the store can commit, by committing."""

from sqlalchemy import bindparam

from tremble.store.engine import Transaction
from tremble.store.sql import Statement, insert
from tremble.store.tables import health

_row = insert(health).values(id=1, checked_at=bindparam("at"))
PROBE = Statement(
    _row.on_conflict_do_update(index_elements=["id"], set_={"checked_at": _row.excluded.checked_at})
)


def probe(tx: Transaction, at: int) -> None:
    """Write the instant *at* of the check."""
    tx.run(PROBE, at=at)
