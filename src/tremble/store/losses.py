"""What going back to an older record loses: matches, who played them, accounts."""

from datetime import datetime

import msgspec
from sqlalchemy import bindparam, func, select

from tremble.store import instant, match_log
from tremble.store.engine import Store, Transaction
from tremble.store.sql import Statement
from tremble.store.tables import match, match_line
from tremble.store.tables_people import account

#: Matches that are looked at in one read.
PAGE = 200

BEFORE = Statement(
    select(match.c.seq, match.c.id)
    .where(match.c.seq < bindparam("before"))
    .order_by(match.c.seq.desc())
    .limit(bindparam("limit"))
)
SPAN = Statement(
    select(func.count(), func.min(match.c.ended_at), func.max(match.c.ended_at)).where(
        match.c.seq > bindparam("after")
    )
)
PLAYERS = Statement(
    select(func.count(match_line.c.player_id.distinct())).where(
        match_line.c.match_seq > bindparam("after"), match_line.c.bot == 0
    )
)
ACCOUNTS = Statement(
    select(func.count()).select_from(account).where(account.c.created_at > bindparam("since"))
)


class Lost(msgspec.Struct, frozen=True):
    """*matches* that *players* played, bots not counted, which ended from *since* to *until*; and
    *accounts* that were made since the backup."""

    matches: int = 0
    players: int = 0
    accounts: int = 0
    since: datetime | None = None
    until: datetime | None = None


def lost(now: Store, then: Store, made: datetime) -> Lost:
    """Return what is in the record *now* and not in *then*, whose accounts are those of the moment *made*."""
    after = in_both(now, then)
    return now.read(since, after, instant.to_store(made))


def in_both(now: Store, then: Store) -> int:
    """Return the number of the last match that *now* and *then* have alike; 0 if there is none."""
    before = 2**63 - 1
    while rows := now.read(page, before):
        for seq, ident in rows:
            if then.read(match_log.seq_of, ident) == seq:
                return seq
        before = rows[-1][0]
    return 0


def page(tx: Transaction, before: int) -> list[tuple[int, str]]:
    """Return numbers and ids of matches before number *before*, the last first."""
    return [(int(seq), str(ident)) for seq, ident in tx.rows(BEFORE, before=before, limit=PAGE)]


def since(tx: Transaction, after: int, made: int) -> Lost:
    """Return what has come after match number *after*, and accounts after *made* (microseconds)."""
    [(matches, first, last)] = tx.rows(SPAN, after=after)
    [(players,)] = tx.rows(PLAYERS, after=after)
    [(accounts,)] = tx.rows(ACCOUNTS, since=made)
    if not matches:
        return Lost(accounts=int(accounts))
    span = instant.from_store(first), instant.from_store(last)
    return Lost(int(matches), int(players), int(accounts), *span)
