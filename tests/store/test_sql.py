"""Statements render once, with named parameters and their constants."""

from sqlalchemy import Integer, bindparam, func, literal, select
from store_jobs import add

from tremble.store.engine import Store, Transaction
from tremble.store.sql import Statement, binds, greatest, insert, least
from tremble.store.tables import board, player


def test_parameters() -> None:
    """A parameter keeps its name; a literal becomes a constant of the statement."""
    statement = Statement(select(player.c.name).where(player.c.id == bindparam("id")).limit(3))

    assert ":id" in statement.text
    assert list(statement.constants.values()) == [3, 0]


def test_binds() -> None:
    """An insert takes each column by its name."""
    statement = Statement(insert(player).values(binds(list(player.c))))

    assert statement.text.endswith(
        "VALUES (:id, :name, :bot, :first_seen_at, :last_seen_at, :changed)"
    )
    assert statement.constants == {}


def test_least_and_greatest(store: Store) -> None:
    """The smaller and the greater of two values, in SQL that every database knows."""
    statement = Statement(select(least(literal(3), literal(5)), greatest(literal(3), literal(5))))

    assert store.read(Transaction.rows, statement) == [(3, 5)]


def test_rows_each(store: Store) -> None:
    """A query with many parameters answers each of them, in their order; no answer is empty."""
    statement = Statement(
        select(board.c.name, literal(7)).where(board.c.name >= bindparam("n")).limit(2)
    )
    for name in "abc":
        store.write(add, name).result()

    found = store.read(Transaction.rows_each, statement, [{"n": "b"}, {"n": "d"}, {"n": "b"}])

    assert [sorted(rows) for rows in found] == [[("b", 7), ("c", 7)], [], [("b", 7), ("c", 7)]]
    assert store.read(Transaction.rows_each, statement, []) == []


def test_rows_each_with_several_parameters(store: Store) -> None:
    """Rows are found by all parameters of their own element, numbers and texts alike, NULL by none."""
    statement = Statement(
        select(board.c.name, literal(7)).where(
            board.c.name == bindparam("n"), literal(1) == bindparam("one", type_=Integer)
        )
    )
    for name in "ab":
        store.write(add, name).result()
    each = [{"n": "a", "one": 1}, {"n": "b", "one": 2}, {"n": "b", "one": 1}, {"n": None, "one": 1}]

    found = store.read(Transaction.rows_each, statement, each)

    assert found == [[("a", 7)], [], [("b", 7)], []]


def test_text_each() -> None:
    """Only a query whose rows tell which parameters found them is asked for many at once."""
    plain = select(board.c.name).where(board.c.name == bindparam("n"))
    no_where = select(board.c.name)

    assert Statement(plain).text_each is not None
    for query in (plain.limit(1), plain.order_by(board.c.name), plain.distinct(), no_where):
        assert Statement(query).text_each is None
    assert Statement(select(func.count()).where(board.c.name == bindparam("n"))).text_each is None
    assert Statement(plain.where(board.c.map == plain.scalar_subquery())).text_each is None
