"""The audit: what operators did, by whose hand, from where, and what it changed.

Each entry is written in the transaction of what it tells of (see operators.py), so neither is ever
there without the other. Entries are not changed; only an erasure empties those on a player.

Whose words are sought is found by an index if that is rare: pairs of who and what are looked up one by
one, and targets by the parts of their names (audit_targets.py). What is common is met soon by looking at
entries, newest first; at LOOKED of them a request ends, and says where the next goes on.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import bindparam, func, select, update

from tremble.store import audit_targets, instant
from tremble.store.engine import Transaction
from tremble.store.sql import Row, Statement, Value, binds, holds, insert, next_number
from tremble.store.tables import audit

#: Before the first page: greater than every seq.
NEWEST = 2**63 - 1
#: An id of a player or a server, of which nobody seeks a part.
ID = re.compile("[0-9a-f]{16}")
#: Entries that one request looks at, where no index helps: some 30 ms.
LOOKED = 100_000
#: Operators and what they did, in pairs, whose entries are looked up pair by pair; more are too common.
MAX_KINDS = 64


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
_found = _before.where(
    func.lower(column.actor).like(bindparam("actor"), escape="\\"),
    func.lower(column.action).like(bindparam("action"), escape="\\"),
)
#: Entries from number `least` on are looked at, from the newest on, until there are enough.
FOUND = Statement(
    _found.where(
        func.lower(column.target).like(bindparam("target"), escape="\\"),
        column.seq >= bindparam("least"),
    )
)
FOUND_ON = Statement(_found.where(column.target == bindparam("target")))
NEXT_ACTOR = Statement(
    select(column.actor).where(column.actor > bindparam("actor")).order_by(column.actor).limit(1)
)
NEXT_ACTION = Statement(
    select(column.action)
    .where(column.actor == bindparam("actor"), column.action > bindparam("action"))
    .order_by(column.action)
    .limit(1)
)
OF_KIND = Statement(
    select(column.seq)
    .where(
        column.actor == bindparam("actor"),
        column.action == bindparam("action"),
        column.seq < bindparam("before"),
    )
    .order_by(column.seq.desc())
    .limit(bindparam("limit"))
)
LAST = Statement(select(func.max(column.seq)))
ENTRY = Statement(select(audit).where(column.seq == bindparam("seq")))
EMPTY = Statement(
    update(audit).where(column.target == bindparam("target")).values(before=None, after=None)
)


def note(
    tx: Transaction, by: By, action: str, target: str, before: Any = None, after: Any = None
) -> None:
    """Add that *by* did *action* to *target*, which was *before* (a struct or a dict) and is *after*."""
    if tx.row(ON, limit=1, before=NEWEST, target=target) is None:
        audit_targets.add(tx, target)
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
) -> tuple[list[AuditEntry], int | None]:
    """Return at most *limit* entries before number *before* whose columns hold these words, newest first.

    Also the number before which to go on, None at the end; that may be of fewer, or none.
    """
    if not (actor or action or target):
        rows, least = tx.rows(ALL, limit=limit + 1, before=before), None
    elif target:
        rows, least = found_on(tx, limit + 1, before, actor, action, target)
    else:
        rows, least = found_by(tx, limit + 1, before, actor, action)
    return [read(row) for row in rows[:limit]], rows[limit - 1][0] if len(rows) > limit else least


def found_on(
    tx: Transaction, limit: int, before: int, actor: str, action: str, target: str
) -> tuple[list[Row], int | None]:
    """Return the rows whose target holds a word, and where to go on if not all were looked at."""
    if ID.fullmatch(target) or tx.row(ON, limit=1, before=NEWEST, target=target) is not None:
        targets: list[str] | None = [target]
    else:
        targets = audit_targets.holding(tx, target.lower())
    if targets is None:
        return look(tx, limit, before, actor, action, target)
    page: dict[str, Value] = {"limit": limit, "before": before}
    page |= {"actor": holds(actor.lower()), "action": holds(action.lower())}
    lists = [tx.rows(FOUND_ON, **{**page, "target": one}) for one in targets]
    return sorted((row for rows in lists for row in rows), reverse=True)[:limit], None


def found_by(
    tx: Transaction, limit: int, before: int, actor: str, action: str
) -> tuple[list[Row], int | None]:
    """The same for what was done, and by whom."""
    some = kinds(tx, actor.lower(), action.lower())
    if len(some) > MAX_KINDS:
        return look(tx, limit, before, actor, action, "")
    page = {"limit": limit, "before": before}
    lists = [tx.rows(OF_KIND, actor=who, action=act, **page) for who, act in some]
    seqs = sorted((seq for rows in lists for (seq,) in rows), reverse=True)
    return [row for seq in seqs[:limit] for row in tx.rows(ENTRY, seq=seq)], None


def look(
    tx: Transaction, limit: int, before: int, actor: str, action: str, target: str
) -> tuple[list[Row], int | None]:
    """The same for words that are common: looks at the next LOOKED entries."""
    last = tx.row(LAST)
    assert last is not None
    least = min(before, (last[0] or 0) + 1) - LOOKED
    words = {"actor": actor, "action": action, "target": target}
    patterns = {name: holds(word.lower()) for name, word in words.items()}
    rows = tx.rows(FOUND, limit=limit, before=before, least=least, **patterns)
    return rows, least if least > 1 else None


def kinds(tx: Transaction, actor: str, action: str) -> list[tuple[str, str]]:
    """Return who did what, of those whose names hold these words: more than MAX_KINDS of them, or all."""
    found: list[tuple[str, str]] = []
    for who in following(tx, NEXT_ACTOR, "actor"):
        if actor not in who.lower():
            continue
        for act in following(tx, NEXT_ACTION, "action", actor=who):
            if action in act.lower():
                found.append((who, act))
                if len(found) > MAX_KINDS:
                    return found
    return found


def following(tx: Transaction, statement: Statement, name: str, **where: Value) -> Iterator[str]:
    """Yield each value that *statement* finds after the one before, which is its parameter *name*."""
    row = tx.row(statement, **{name: ""}, **where)
    while row is not None:
        yield row[0]
        row = tx.row(statement, **{name: row[0]}, **where)


def forget(tx: Transaction, target: str) -> None:
    """Take out of the entries on *target* what it was, which may tell who it is."""
    tx.run(EMPTY, target=target)


def read(row: Row) -> AuditEntry:
    seq, at, actor, origin, action, target, before, after = row
    states = [None if text is None else msgspec.json.decode(text) for text in (before, after)]
    return AuditEntry(
        seq, instant.from_store(at), actor, origin, action, target, states[0], states[1]
    )
