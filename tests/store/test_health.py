"""The probe commits."""

from sqlalchemy import select

from tremble.store import health
from tremble.store.engine import Store, Transaction
from tremble.store.sql import Statement
from tremble.store.tables import health as table


def test_probe(store: Store) -> None:
    """The instant of the last check is in the file, and that of earlier ones is gone."""
    store.write(health.probe, 5).result()
    store.write(health.probe, 7).result()

    assert store.read(Transaction.rows, Statement(select(table))) == [(1, 7)]
