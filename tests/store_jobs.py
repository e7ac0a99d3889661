"""Small jobs for tests of the store: add a name, list the names, keep the writer waiting."""

import threading
from concurrent.futures import Future

from sqlalchemy import bindparam, insert, select

from tremble.store.engine import Store, Transaction
from tremble.store.sql import Statement
from tremble.store.tables import board

ADD = Statement(insert(board).values(name=bindparam("n"), field="rating", operator="last"))
NAMES = Statement(select(board.c.name).order_by(board.c.name))


def add(tx: Transaction, name: str) -> str:
    tx.run(ADD, n=name)
    return name


def names(tx: Transaction) -> list[str]:
    return [row[0] for row in tx.rows(NAMES)]


def held(store: Store) -> tuple[threading.Event, Future[None]]:
    """Keep the writer busy until the event is set, so that what follows is one group, and another one."""
    begun, go = threading.Event(), threading.Event()

    def wait(tx: Transaction) -> None:
        begun.set()
        go.wait(60)

    future = store.write(wait)
    assert begun.wait(60)
    return go, future
