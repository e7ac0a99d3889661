"""Joining under /v1: a ticket for who is signed in, and the key by which game servers know it is ours."""

from pathlib import Path
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, SkipValidation
from msgspec import Meta, Struct

from tremble import keyfile, token
from tremble.errors import ConfigError
from tremble.result import ServerId
from tremble.store import joins, players, servers
from tremble.store.accounts import Account
from tremble.store.engine import Transaction
from tremble.ticket import LIFE_MS, Ticket, seal
from tremble.web import limits
from tremble.web.api import QuotaDependency, StoreDependency, TrustDependency
from tremble.web.api_auth import DEFAULT_NAME, NO_STORE
from tremble.web.api_servers import RegistryDependency, may_see
from tremble.web.problems import Asked, Problem
from tremble.web.signed_in import now, reading, signed_in


class RecordKey:
    """The key by which this record signs tickets."""

    def __init__(self, directory: Path) -> None:
        """Read it from `keys/record.key` of *directory*; make it if there is none. Raises ConfigError."""
        try:
            self.private = keyfile.read_or_make(directory / "keys" / "record.key")
        except OSError as error:
            raise ConfigError(f"{error.filename}: {error.strerror}") from None
        self.public = token.public_key(self.private)


RecordKeyDependency = NamedDependency[SkipValidation[RecordKey]]


class JoinBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Which game server the signed-in player wants to join."""

    server_id: ServerId


class Joining(Struct, frozen=True):
    """A *ticket* (base64) for JOIN on the server *server_id*, and how many seconds it is good.

    *address* is where the list has the server; null if it is not in the list, or nowhere near.
    """

    server_id: str
    ticket: bytes
    expires_in: int
    address: str | None


class PublicKey(Struct, frozen=True):
    """The record's Ed25519 public key: 64 hex digits."""

    public: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


@post("/v1/join", status_code=200, tags=["accounts"], operation_id="Join")
async def join(
    request: Asked,
    store: StoreDependency,
    quota: QuotaDependency,
    trust: TrustDependency,
    record_key: RecordKeyDependency,
    registry: RegistryDependency,
    data: JSONBody[JoinBody],
) -> Response[Joining]:
    """Give a ticket for a game server, good once and for a minute. Needs an access token."""
    who = await signed_in(request, store)
    await quota.check(limits.JOINS, who.account.player_id, request)
    if await reading(store, trust.key_of, data.server_id) is None:
        raise Problem(404, "unknown_server", f"server {data.server_id!r} is not one of this record")
    ticket = await reading(store, ticket_of, who.account, data.server_id, now() // 1000)
    found = await reading(store, servers.find, data.server_id)
    near = found is not None and found.state == "listed" and may_see(request, registry, found)
    address = found.address if found is not None and near else None
    body = Joining(data.server_id, seal(ticket, record_key.private), LIFE_MS // 1000, address)
    return Response(body, status_code=200, headers=NO_STORE)


@get("/v1/server/record-key", sync_to_thread=False, tags=["server"], operation_id="GetRecordKey")
def get_record_key(record_key: RecordKeyDependency) -> PublicKey:
    """The key by which this record signs tickets; game servers pin it."""
    return PublicKey(record_key.public.hex())


def ticket_of(tx: Transaction, account: Account, server: str, at: int) -> Ticket:
    """Return a ticket for *account*, given at *at* (ms since 1970)."""
    player = players.find(tx, account.player_id)
    name = DEFAULT_NAME if player is None else player.username
    return Ticket(
        player_id=account.player_id,
        name=account.username or name,
        server_id=server,
        issued_at=at,
        expires_at=at + LIFE_MS,
        nonce=bytes.fromhex(token.new_id(16)),
        ratings=joins.ratings(tx, account.player_id),
    )


HANDLERS: list[Any] = [join, get_record_key]
