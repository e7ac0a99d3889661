"""Server keys: the game servers whose results are taken, by the Ed25519 key of each.

enrol ─► trusted ── revoke at an instant ─► refused from then on, for good
rotate: the new key is enrolled at once, the old one revoked later, when its results are posted
"""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import bindparam, func, select, update

from tremble.store import instant
from tremble.store.engine import Transaction
from tremble.store.sql import Row, Statement, binds, insert, least
from tremble.store.tables import server_key
from tremble.token import server_id


class ServerKey(Struct, frozen=True):
    """A row of the table `server_key`; *public* is in hex."""

    server_id: str
    public: str
    name: str
    enrolled_at: datetime
    revoked_at: datetime | None


column = server_key.c
ENROL = Statement(
    insert(server_key)
    .values(binds(list(column)))
    .on_conflict_do_nothing(index_elements=["server_id"])
    .returning(column.server_id)
)
FIND = Statement(select(server_key).where(column.server_id == bindparam("server_id")))
ALL = Statement(select(server_key).order_by(column.enrolled_at, column.server_id))
_at = bindparam("revoked_at", type_=column.revoked_at.type)
REVOKE = Statement(
    update(server_key)
    .where(column.server_id == bindparam("server_id"))
    .values(revoked_at=least(_at, func.coalesce(column.revoked_at, _at)))
    .returning(column.server_id)
)


def enrol(tx: Transaction, public: bytes, name: str, now: int, revoked_at: int | None) -> bool:
    """Trust the owner of the 32 bytes *public* until *revoked_at*; False if the key is known."""
    row = {"server_id": server_id(public), "public": public.hex(), "name": name}
    found = tx.row(ENROL, **row, enrolled_at=now, revoked_at=revoked_at)
    return found is not None


def revoke(tx: Transaction, server: str, at: int) -> bool:
    """Refuse the server from *at* on; False if it was never enrolled. It is never put off."""
    return tx.row(REVOKE, server_id=server, revoked_at=at) is not None


def find(tx: Transaction, server: str) -> ServerKey | None:
    """Return what is known of a server's key, None if nothing."""
    row = tx.row(FIND, server_id=server)
    return None if row is None else read(row)


def every(tx: Transaction) -> list[ServerKey]:
    """Return all keys, also the revoked ones, the oldest first."""
    return [read(row) for row in tx.rows(ALL)]


def read(row: Row) -> ServerKey:
    ident, public, name, enrolled_at, revoked_at = row
    end = None if revoked_at is None else instant.from_store(revoked_at)
    return ServerKey(ident, public, name, instant.from_store(enrolled_at), end)
