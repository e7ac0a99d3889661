"""The audit: what operators did, by whose hand, from where, and what it changed.

Each entry is written in the transaction of what it tells of (see operators.py), so neither is ever
there without the other. Entries are not changed; only an erasure empties those on a player.
"""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import bindparam, func, select, update

from tremble.store import instant
from tremble.store.engine import Transaction
from tremble.store.sql import Row, Statement, binds, holds, insert, next_number
from tremble.store.tables import audit

#: Before the first page: greater than every seq.
NEWEST = 2**63 - 1


class By(Struct, frozen=True):
    """Who acts: *actor* is `key:` and the id of an API key, or `cli:` and a user of the machine
    *origin*; else *origin* is an address. *at* is in microseconds since 1970."""

    actor: str
    origin: str
    at: int


class AuditEntry(Struct, frozen=True):
    """A row of the table `audit`; *target* is the id of whom or what it was done to."""

    seq: int
    at: datetime
    actor: str
    origin: str
    action: str
    target: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


column = audit.c
ADD = Statement(insert(audit).values({**binds(list(column)), "seq": next_number(column.seq)}))
_before = (
    select(audit)
    .where(column.seq < bindparam("before"))
    .order_by(column.seq.desc())
    .limit(bindparam("limit"))
)
ALL = Statement(_before)
ON = Statement(_before.where(column.target == bindparam("target")))
FOUND = Statement(
    _before.where(
        func.lower(column.actor).like(bindparam("actor"), escape="\\"),
        func.lower(column.action).like(bindparam("action"), escape="\\"),
        func.lower(column.target).like(bindparam("target"), escape="\\"),
    )
)
EMPTY = Statement(
    update(audit).where(column.target == bindparam("target")).values(before=None, after=None)
)


def note(
    tx: Transaction, by: By, action: str, target: str, before: Any = None, after: Any = None
) -> None:
    """Add that *by* did *action* to *target*, which was *before* (a struct or a dict) and is *after*."""
    tx.run(
        ADD,
        at=by.at,
        actor=by.actor,
        origin=by.origin,
        action=action,
        target=target,
        before=written(before),
        after=written(after),
    )


def written(state: Any) -> str | None:
    return None if state is None else msgspec.json.encode(state).decode()


def pages(
    tx: Transaction, limit: int, before: int = NEWEST, target: str | None = None
) -> list[AuditEntry]:
    """Return the last *limit* entries before number *before*, newest first; on *target* alone."""
    if target is None:
        return [read(row) for row in tx.rows(ALL, limit=limit, before=before)]
    return [read(row) for row in tx.rows(ON, limit=limit, before=before, target=target)]


def found(
    tx: Transaction, limit: int, before: int, actor: str, action: str, target: str
) -> list[AuditEntry]:
    """Return the last *limit* entries before number *before* whose columns hold these words."""
    words = {"actor": actor, "action": action, "target": target}
    patterns = {name: holds(word.lower()) for name, word in words.items()}
    return [read(row) for row in tx.rows(FOUND, limit=limit, before=before, **patterns)]


def forget(tx: Transaction, target: str) -> None:
    """Take out of the entries on *target* what it was, which may tell who it is."""
    tx.run(EMPTY, target=target)


def read(row: Row) -> AuditEntry:
    seq, at, actor, origin, action, target, before, after = row
    states = [None if text is None else msgspec.json.decode(text) for text in (before, after)]
    return AuditEntry(
        seq, instant.from_store(at), actor, origin, action, target, states[0], states[1]
    )
