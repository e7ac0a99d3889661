"""What tests ask of a store beside its own API: every row of every table."""

from sqlalchemy import delete, select

from tremble.store.engine import Store, Transaction
from tremble.store.sql import Row, Statement
from tremble.store.tables import metadata

TABLES = [table for table in metadata.sorted_tables if table.name != "health"]


def dump(store: Store) -> dict[str, list[Row]]:
    """Return all rows of all tables, sorted by their keys."""
    return store.read(_dump)


def wipe(store: Store) -> None:
    """Delete all rows of all tables."""
    store.write(_wipe).result()


def _wipe(tx: Transaction) -> None:
    for table in reversed(metadata.sorted_tables):
        tx.run(Statement(delete(table)))


def _dump(tx: Transaction) -> dict[str, list[Row]]:
    return {
        table.name: tx.rows(Statement(select(table).order_by(*table.primary_key.columns)))
        for table in TABLES
    }
