"""What tests ask of a store beside its own API: every row of every table."""

from sqlalchemy import select

from tremble.store import ratings
from tremble.store.engine import Store, Transaction
from tremble.store.sql import Row, Statement
from tremble.store.tables import board_entry, metadata

TABLES = [table for table in metadata.sorted_tables if table.name != "health"]


def dump(store: Store) -> dict[str, list[Row]]:
    """Return all rows of all tables, sorted by their keys."""
    return store.read(_dump)


def _dump(tx: Transaction) -> dict[str, list[Row]]:
    return {
        table.name: tx.rows(Statement(select(table).order_by(*table.primary_key.columns)))
        for table in TABLES
    }


def settle(store: Store) -> None:
    """Rate again whatever is due."""
    while store.write(ratings.settle, 1000).result():
        pass


def ratings_of(store: Store) -> dict[str, list[Row]]:
    """Return all rows that hold ratings, with matches by id in place of their order of arrival."""
    rows = dump(store)
    ids = {row[0]: row[1] for row in rows["match"]}
    column = list(board_entry.c.keys()).index("last_match_seq")
    entries = [(*row[:column], ids[row[column]], *row[column + 1 :]) for row in rows["board_entry"]]
    names = ("board", "rating_history", "rating_due")
    return {"board_entry": entries} | {name: rows[name] for name in names}
