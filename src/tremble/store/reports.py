"""Reports by schedule: each is made and sent by one process, on however many the record runs."""

from sqlalchemy import and_, bindparam

from tremble.store.engine import Transaction
from tremble.store.sql import Statement, binds, insert
from tremble.store.tables import report

_new = insert(report).values(binds(list(report.c)))
#: Takes a report that nobody took, or that whoever took it did not send within the lease.
CLAIM = Statement(
    _new.on_conflict_do_update(
        index_elements=["due_at"],
        set_={"claimed_at": _new.excluded.claimed_at},
        where=and_(report.c.sent_at.is_(None), report.c.claimed_at < bindparam("expired")),
    ).returning(report.c.due_at)
)
_sent = insert(report).values(binds(list(report.c)))
SENT = Statement(
    _sent.on_conflict_do_update(index_elements=["due_at"], set_={"sent_at": _sent.excluded.sent_at})
)


def claim(tx: Transaction, due_at: int, now: int, lease: int) -> bool:
    """Take the report of *due_at*; False if it was sent, or another took it within *lease*."""
    rows = tx.rows(CLAIM, due_at=due_at, claimed_at=now, sent_at=None, expired=now - lease)
    return bool(rows)


def sent(tx: Transaction, due_at: int, now: int) -> None:
    """Note that the report of *due_at* is done with."""
    tx.run(SENT, due_at=due_at, claimed_at=now, sent_at=now)
