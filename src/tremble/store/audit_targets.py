"""Targets of the audit: whom or what operators did something to, found by any part of the name.

Each name that is new to the audit is noted with every part of three letters in it, from each letter on:
of "duel" those are due, uel, "el ", "l  ". So a word of one letter or two begins some part of what holds
it. On both databases that is a range of one index, where pg_trgm may not be installed.
"""

from sqlalchemy import bindparam, func, select

from tremble.store.engine import Transaction
from tremble.store.sql import Statement, Value, binds, holds, insert
from tremble.store.tables import audit_part

#: Letters of a part.
LETTERS = 3
LAST_LETTER = "\U0010ffff"
#: Targets that are looked up one by one; more are too common.
MAX_TARGETS = 64
#: A part that so few targets have is rare enough.
FEW = 200
#: Parts that are read for a word shorter than one.
MAX_PARTS = 2000

column = audit_part.c
ADD = Statement(insert(audit_part).values(binds(list(column))).on_conflict_do_nothing())
WITH = Statement(
    select(func.count()).select_from(
        select(column.target)
        .where(column.part == bindparam("part"))
        .limit(bindparam("limit"))
        .subquery()
    )
)
HOLDING = Statement(
    select(column.target)
    .where(
        column.part == bindparam("part"),
        func.lower(column.target).like(bindparam("pattern"), escape="\\"),
    )
    .limit(bindparam("limit"))
)
BEGUN = Statement(
    select(column.target)
    .where(column.part >= bindparam("part"), column.part < bindparam("end"))
    .order_by(column.part, column.target)
    .limit(bindparam("limit"))
)


def parts(target: str) -> set[str]:
    """Return the parts of *target*, in small letters."""
    padded = target.lower() + " " * (LETTERS - 1)
    return {padded[i : i + LETTERS] for i in range(len(target))}


def add(tx: Transaction, target: str) -> None:
    """Note a *target* that is new."""
    tx.run_many(ADD, [{"part": part, "target": target} for part in sorted(parts(target))])


def holding(tx: Transaction, word: str) -> list[str] | None:
    """Return the targets that hold *word*, which is in small letters; None: more than MAX_TARGETS."""
    if len(word) < LETTERS:
        rows = tx.rows(BEGUN, part=word, end=word + LAST_LETTER, limit=MAX_PARTS)
        found = list(dict.fromkeys(target for (target,) in rows))
        few = len(rows) < MAX_PARTS
    else:
        page: dict[str, Value] = {"pattern": holds(word), "limit": MAX_TARGETS + 1}
        found = [target for (target,) in tx.rows(HOLDING, part=rarest(tx, word), **page)]
        few = True
    return found if few and len(found) <= MAX_TARGETS else None


def rarest(tx: Transaction, word: str) -> str:
    """Return a part of *word* that few targets have, if there is one."""
    counts: dict[str, int] = {}
    for i in range(len(word) - LETTERS + 1):
        part = word[i : i + LETTERS]
        [(counts[part],)] = tx.rows(WITH, part=part, limit=FEW)
        if counts[part] < FEW:
            return part
    return min(counts, key=lambda part: counts[part])
