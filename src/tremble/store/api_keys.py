"""API keys: what programs of the operator may do. Each has scopes, and only a digest is kept."""

from datetime import datetime
from hmac import compare_digest

from msgspec import Struct
from sqlalchemy import bindparam, select, update

from tremble.store import instant
from tremble.store.engine import Transaction
from tremble.store.sql import Statement, binds, insert
from tremble.store.tables import api_key

#: What a key can be for.
SCOPES = (
    "players:ban",
    "players:export",
    "players:erase",
    "audit:read",
    "matches:review",
    "analytics:read",
)


class ApiKey(Struct, frozen=True):
    """A row of the table `api_key`, without its digest."""

    id: str
    name: str
    scopes: list[str]
    created_at: datetime
    revoked_at: datetime | None


column = api_key.c
ADD = Statement(insert(api_key).values(binds(list(column))))
FIND = Statement(
    select(column.digest, column.scopes, column.revoked_at).where(column.id == bindparam("id"))
)
ALL = Statement(
    select(column.id, column.name, column.scopes, column.created_at, column.revoked_at).order_by(
        column.created_at, column.id
    )
)
REVOKE = Statement(
    update(api_key)
    .where(column.id == bindparam("id"), column.revoked_at.is_(None))
    .values(revoked_at=bindparam("revoked_at"))
    .returning(column.id)
)


def add(tx: Transaction, ident: str, digest: str, name: str, scopes: list[str], now: int) -> None:
    """Store a new key by the *digest* of its token; *ident* is the token's row."""
    words = " ".join(scopes)
    row = {"id": ident, "digest": digest, "name": name, "scopes": words}
    tx.run(ADD, **row, created_at=now, revoked_at=None)


def scopes(tx: Transaction, ident: str, shown: str) -> list[str] | None:
    """Return what the key of digest *shown* may do; None if it does not hold (any more)."""
    row = tx.row(FIND, id=ident)
    if row is None or row[2] is not None or not compare_digest(row[0], shown):
        return None
    return str(row[1]).split()


def revoke(tx: Transaction, ident: str, now: int) -> bool:
    """Refuse a key from now on; False if it is unknown or was revoked before."""
    return tx.row(REVOKE, id=ident, revoked_at=now) is not None


def every(tx: Transaction) -> list[ApiKey]:
    """Return all keys, also the revoked ones, the oldest first."""
    found: list[ApiKey] = []
    for ident, name, words, created, revoked in tx.rows(ALL):
        end = None if revoked is None else instant.from_store(revoked)
        found.append(ApiKey(ident, name, words.split(), instant.from_store(created), end))
    return found
