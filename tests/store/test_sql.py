"""Statements render once, with named parameters and their constants."""

from sqlalchemy import bindparam, literal, select
from sqlalchemy.dialects.sqlite import insert

from tremble.store.engine import Store, Transaction
from tremble.store.sql import Statement, binds, greatest, least
from tremble.store.tables import player


def test_parameters() -> None:
    """A parameter keeps its name; a literal becomes a constant of the statement."""
    statement = Statement(select(player.c.name).where(player.c.id == bindparam("id")).limit(3))

    assert ":id" in statement.text
    assert list(statement.constants.values()) == [3, 0]


def test_binds() -> None:
    """An insert takes each column by its name."""
    statement = Statement(insert(player).values(binds(list(player.c))))

    assert statement.text.endswith("VALUES (:id, :name, :bot, :first_seen_at, :last_seen_at)")
    assert statement.constants == {}


def test_least_and_greatest(store: Store) -> None:
    """The smaller and the greater of two values, in SQL that every database knows."""
    statement = Statement(select(least(literal(3), literal(5)), greatest(literal(3), literal(5))))

    assert store.read(Transaction.rows, statement) == [(3, 5)]
