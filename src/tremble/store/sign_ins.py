"""Sign-ins: one row per device that is signed in, with digests of its access and refresh token.

    begin ─► LIVE ── rotate with `refresh` ─► LIVE   `previous` is what was shown, all else is new
             LIVE ── rotate with `previous`, soon ─► LIVE   the answer was lost: again
             LIVE ── rotate with anything else ─► gone: somebody has a token that was used up
             LIVE ── end, or nothing for LIFE ─► gone

A row's id is known only to who was given one of its tokens. So a token of that id which is not the
live one is an old one, stolen or used twice, and nobody may go on with that row: neither the thief
nor the owner, who signs in again.
"""

from datetime import datetime
from hmac import compare_digest
from typing import Literal

from msgspec import Struct
from sqlalchemy import bindparam, delete, func, select, update

from tremble.store import instant
from tremble.store.engine import Transaction
from tremble.store.sql import Statement, binds, insert
from tremble.store.tables import sign_in

SECOND = 1_000_000
#: How long an access token holds, in microseconds.
ACCESS_LIFE = 900 * SECOND
#: How long a refresh token holds if it is not used.
REFRESH_LIFE = 60 * 86_400 * SECOND
#: For so long the token before may ask again, when the answer with the new one was lost.
RETRY = 10 * SECOND
#: Devices of one account; with one more, the one that was away longest is signed out.
MAX_DEVICES = 20
#: Dead rows taken away with each new one.
SWEEP = 10

Outcome = Literal["rotated", "unknown", "expired", "reused"]


class SignIn(Struct, frozen=True):
    """A device that is signed in: when it last got tokens, and until when it holds without new ones."""

    id: str
    renewed_at: datetime
    until: datetime


class Pair(Struct, frozen=True):
    """Digests of an access token and of a refresh token."""

    access: str
    refresh: str


column = sign_in.c
_this = column.id == bindparam("id")
BEGIN = Statement(insert(sign_in).values(binds(list(column))))
FIND = Statement(select(sign_in).where(_this))
ROTATE = Statement(
    update(sign_in)
    .where(_this)
    .values(
        access=bindparam("access"),
        access_until=bindparam("access_until"),
        refresh=bindparam("refresh"),
        refresh_until=bindparam("refresh_until"),
        previous=bindparam("previous"),
        rotated_at=bindparam("rotated_at"),
    )
)
END = Statement(delete(sign_in).where(_this))
_of_account = column.account_id == bindparam("account_id")
END_ALL = Statement(delete(sign_in).where(_of_account))
OF_ACCOUNT = Statement(
    select(column.id, column.rotated_at, column.refresh_until)
    .where(_of_account)
    .order_by(column.rotated_at.desc(), column.id)
)
COUNT = Statement(select(func.count()).select_from(sign_in).where(_of_account))
_newest = (
    select(column.id)
    .where(_of_account)
    .order_by(column.rotated_at.desc(), column.id)
    .limit(MAX_DEVICES - 1)
)
END_OLDEST = Statement(delete(sign_in).where(_of_account, column.id.not_in(_newest)))
_dead = (
    select(column.id)
    .where(column.refresh_until <= bindparam("now"))
    .order_by(column.refresh_until)
    .limit(SWEEP)
)
FORGET = Statement(delete(sign_in).where(column.id.in_(_dead)))


def of_account(tx: Transaction, account_id: str) -> list[SignIn]:
    """Return the devices that are signed in to an account, the last that asked first."""
    return [
        SignIn(ident, instant.from_store(at), instant.from_store(until))
        for ident, at, until in tx.rows(OF_ACCOUNT, account_id=account_id)
    ]


def begin(tx: Transaction, ident: str, account_id: str, pair: Pair, now: int) -> None:
    """Sign a device in to the account; *ident* is new."""
    tx.run(FORGET, now=now)
    tx.run(END_OLDEST, account_id=account_id)
    tx.run(
        BEGIN,
        id=ident,
        account_id=account_id,
        access=pair.access,
        access_until=now + ACCESS_LIFE,
        refresh=pair.refresh,
        refresh_until=now + REFRESH_LIFE,
        previous=None,
        rotated_at=now,
    )


def rotate(
    tx: Transaction, ident: str, shown: str, pair: Pair, now: int
) -> tuple[Outcome, str | None]:
    """Put *pair* in the place of the tokens of *ident*, if *shown* is the digest of the live one.

    Returns what became of it, and whose account it is. Reuse signs the device out, and is no error
    here: the job must be kept.
    """
    row = tx.row(FIND, id=ident)
    if row is None:
        return "unknown", None
    _, account_id, _, _, refresh, refresh_until, previous, rotated_at = row
    if refresh_until <= now:
        tx.run(END, id=ident)
        return "expired", account_id
    again = previous is not None and compare_digest(previous, shown) and now - rotated_at < RETRY
    if not again and not compare_digest(refresh, shown):
        tx.run(END, id=ident)
        return "reused", account_id
    tx.run(
        ROTATE,
        id=ident,
        access=pair.access,
        access_until=now + ACCESS_LIFE,
        refresh=pair.refresh,
        refresh_until=now + REFRESH_LIFE,
        previous=shown,
        rotated_at=rotated_at if again else now,
    )
    return "rotated", account_id


def holder(tx: Transaction, ident: str, shown: str, now: int) -> str | None:
    """Return whose access token the one of digest *shown* is; None if it does not hold (any more)."""
    row = tx.row(FIND, id=ident)
    if row is None or not compare_digest(row[2], shown) or row[3] <= now:
        return None
    return str(row[1])


def end(tx: Transaction, ident: str) -> None:
    """Sign one device out."""
    tx.run(END, id=ident)


def end_all(tx: Transaction, account_id: str) -> None:
    """Sign all devices of an account out."""
    tx.run(END_ALL, account_id=account_id)


def count(tx: Transaction, account_id: str) -> int:
    """Return how many devices are signed in to the account."""
    row = tx.row(COUNT, account_id=account_id)
    return 0 if row is None else int(row[0])
