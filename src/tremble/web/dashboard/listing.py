"""The health of the master list: each server that is enrolled or was heard of, listed or why not."""

import asyncio
from datetime import datetime
from typing import Any

from litestar import Response, get
from msgspec import Struct

from tremble.store import server_keys, servers
from tremble.store.engine import Transaction
from tremble.store.server_keys import ServerKey
from tremble.store.servers import Change, Server
from tremble.web.api import StoreDependency
from tremble.web.dashboard.session import require
from tremble.web.dashboard.shell import page
from tremble.web.problems import Asked
from tremble.web.signed_in import moment

PATH = "/dashboard/servers"
#: Ups and downs that are shown of a server.
CHANGES = 6
#: Why one that was heard of is not in the list.
WHY = {
    "listed": "",
    "unprobed": "waits for its first probe",
    "unreachable": "did not answer the last probe: is its UDP port open from here?",
    "gone": "said goodbye, or was not heard of for long",
}


class Health(Struct, frozen=True):
    """A server: its key, what it last said, its ups and downs; *why* it is not listed, "" if it is."""

    server_id: str
    name: str
    key: ServerKey | None
    server: Server | None
    changes: list[Change]
    why: str


@get(PATH, include_in_schema=False)
async def listing_page(request: Asked, store: StoreDependency) -> Response[str]:
    """All servers."""
    session = await require(request, store)
    found = await asyncio.to_thread(store.read, read_health, moment())
    listed = sum(not one.why for one in found)
    return page(session, "dashboard/servers.html", PATH, servers=found, listed=listed)


def read_health(tx: Transaction, now: datetime) -> list[Health]:
    """Return every server that is known at *now*, those in the list first."""
    keys = {key.server_id: key for key in server_keys.every(tx)}
    heard = {server.server_id: server for server in servers.every(tx)}
    found = []
    for ident in [*heard, *(ident for ident in keys if ident not in heard)]:
        key, server = keys.get(ident), heard.get(ident)
        name = server.info.name if server is not None else key.name if key is not None else ident
        changes = servers.changes(tx, ident)[:CHANGES] if server is not None else []
        found.append(Health(ident, name, key, server, changes, why_not(key, server, now)))
    return sorted(found, key=lambda one: bool(one.why))


def why_not(key: ServerKey | None, server: Server | None, now: datetime) -> str:
    """Say why a server is not in the list at *now*, "" if it is."""
    if key is not None and key.revoked_at is not None and key.revoked_at <= now:
        return "its key was revoked"
    if server is None:
        return "enrolled, but never sent a heartbeat: is web.url set on it?"
    return WHY[server.state]


HANDLERS: list[Any] = [listing_page]
