"""Servers: the master list as it is kept, by the heartbeats of game servers, and its ups and downs.

unprobed ── answers a probe ─► listed ◄─► unreachable (a probe got no answer)
any of them ── goodbye, or no heartbeat for long ─► gone ── another heartbeat ─► unprobed
"""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct
from sqlalchemy import BindParameter, bindparam, delete, func, or_, select, update

from tremble.heartbeat import Heartbeat, State
from tremble.store import instant
from tremble.store.engine import Transaction
from tremble.store.sql import Row, Statement, binds, insert, next_number
from tremble.store.tables import server, server_change

#: Microseconds for which one that is gone is remembered, and for which ups and downs are.
KEPT = 30 * instant.DAY
#: Ups and downs of one server that are told.
MAX_CHANGES = 50
#: Microseconds for which one that left the list without a goodbye is missed, and most that are told.
MISSED_FOR = instant.DAY
MAX_LOST = 100

Refusal = Literal["replayed", "too_many"]


class Source(Struct, frozen=True):
    """Who sent a heartbeat: the server, by whom it was enrolled, and at which address it is to be.

    *owner* is empty for the operator's own. *reach*: 0 this machine, 1 a private network, 2 the world.
    """

    server_id: str
    owner: str
    address: str
    reach: int


class Server(Struct, frozen=True):
    """A row of the table `server`; *ping_ms* is the round trip of the last probe."""

    server_id: str
    owner: str
    address: str
    reach: int
    state: State
    first_seen_at: datetime
    seen_at: datetime
    probed_at: datetime | None
    ping_ms: float | None
    info: Heartbeat


class Change(Struct, frozen=True):
    """From *at* on the server was in *state*."""

    at: datetime
    state: State


class Lost(Struct, frozen=True):
    """A server that was in the list, and left it at *left_at* without a goodbye."""

    server: Server
    left_at: datetime


column = server.c
FIELDS = (
    column.server_id, column.owner, column.address, column.reach, column.state,
    column.first_seen_at, column.seen_at, column.probed_at, column.ping_ms, column.info,
)  # fmt: skip
_ident: BindParameter[str] = bindparam("server_id")
FIND = Statement(select(*FIELDS).where(column.server_id == _ident))
LISTED = Statement(select(*FIELDS).where(column.state == "listed").order_by(column.server_id))
ALL = Statement(select(*FIELDS).order_by(column.seen_at.desc(), column.server_id))
MAYBE_LOST = Statement(
    select(*FIELDS)
    .where(
        or_(column.state == "gone", column.state == "unreachable"),
        column.seen_at >= bindparam("since"),
    )
    .order_by(column.seen_at.desc(), column.server_id)
)
STATES = Statement(select(column.state, func.count()).group_by(column.state))
OF_OWNER = Statement(
    select(func.count()).where(
        column.owner == bindparam("owner"), column.state != "gone", column.server_id != _ident
    )
)
_new = insert(server).values(binds(list(column)))
PUT = Statement(
    _new.on_conflict_do_update(
        index_elements=["server_id"],
        set_={c.name: _new.excluded[c.name] for c in column if c.name != "server_id"},
    )
)
_silent = (column.state != "gone", column.seen_at < bindparam("before"))
ANY_SILENT = Statement(select(column.server_id).where(*_silent).limit(1))
END_SILENT = Statement(
    update(server).where(*_silent).values(state="gone").returning(column.server_id)
)
FORGET = Statement(
    delete(server).where(column.state == "gone", column.seen_at < bindparam("before"))
)
PROBED = Statement(
    update(server)
    .where(column.server_id == _ident)
    .values(
        state=bindparam("new_state", type_=column.state.type),
        probed_at=bindparam("new_probed_at", type_=column.probed_at.type),
        ping_ms=bindparam("new_ping_ms", type_=column.ping_ms.type),
    )
)
change = server_change.c
NOTE = Statement(
    insert(server_change).values(
        seq=next_number(change.seq), **binds([change.server_id, change.at, change.state])
    )
)
CHANGES = Statement(
    select(change.at, change.state)
    .where(change.server_id == _ident)
    .order_by(change.seq.desc())
    .limit(MAX_CHANGES)
)
FORGET_CHANGES = Statement(delete(server_change).where(change.at < bindparam("before")))


def hear(tx: Transaction, source: Source, beat: Heartbeat, now: int, most: int) -> Server | Refusal:
    """Take a heartbeat in; an owner has *most* servers. Changes nothing if it refuses."""
    row = tx.row(FIND, server_id=source.server_id)
    old = None if row is None else read(row)
    if old is not None and beat.at <= old.info.at:
        return "replayed"
    back = old is None or old.state == "gone"
    if back and source.owner and not beat.leaving and of_owner(tx, source) >= most:
        return "too_many"
    moved = back or old is None or old.address != source.address
    state: State = "gone" if beat.leaving else "unprobed" if moved or old is None else old.state
    tx.run(
        PUT,
        server_id=source.server_id,
        owner=source.owner,
        address=source.address,
        reach=source.reach,
        state=state,
        first_seen_at=now if old is None else instant.to_store(old.first_seen_at),
        seen_at=now,
        probed_at=None if moved or old is None else stored(old.probed_at),
        ping_ms=None if moved or old is None else old.ping_ms,
        info=msgspec.json.encode(beat).decode(),
    )
    if state != (old.state if old is not None else None):
        note(tx, source.server_id, now, state)
    found = find(tx, source.server_id)
    assert found is not None
    return found


def of_owner(tx: Transaction, source: Source) -> int:
    """Return how many other servers the owner of *source* has that are not gone."""
    row = tx.row(OF_OWNER, owner=source.owner, server_id=source.server_id)
    return 0 if row is None else int(row[0])


def probed(
    tx: Transaction, server_id: str, address: str, now: int, ping_ms: float | None
) -> State | None:
    """Note that a probe of *address* had an answer after *ping_ms*, or none; return the new state.

    None, and nothing changes, if the server is gone or elsewhere by now.
    """
    old = find(tx, server_id)
    if old is None or old.state == "gone" or old.address != address:
        return None
    state: State = "unreachable" if ping_ms is None else "listed"
    tx.run(PROBED, server_id=server_id, new_state=state, new_probed_at=now, new_ping_ms=ping_ms)
    if state != old.state:
        note(tx, server_id, now, state)
    return state


def any_silent(tx: Transaction, before: int) -> bool:
    """Say whether any server that is not gone has sent nothing since *before*."""
    return tx.row(ANY_SILENT, before=before) is not None


def end_silent(tx: Transaction, before: int, now: int) -> list[str]:
    """Take from the list who has sent nothing since *before*; forget what is long over."""
    gone = [str(row[0]) for row in tx.rows(END_SILENT, before=before)]
    for server_id in gone:
        note(tx, server_id, now, "gone")
    tx.run(FORGET, before=now - KEPT)
    tx.run(FORGET_CHANGES, before=now - KEPT)
    return gone


def note(tx: Transaction, server_id: str, at: int, state: State) -> None:
    """Note that a server is in *state* from *at* on."""
    tx.run(NOTE, server_id=server_id, at=at, state=state)


def find(tx: Transaction, server_id: str) -> Server | None:
    """Return what is known of a server, None if nothing."""
    row = tx.row(FIND, server_id=server_id)
    return None if row is None else read(row)


def listed(tx: Transaction) -> list[Server]:
    """Return the servers of the list, by id."""
    return [read(row) for row in tx.rows(LISTED)]


def every(tx: Transaction) -> list[Server]:
    """Return all servers that are remembered, in whatever state, the last heard of first."""
    return [read(row) for row in tx.rows(ALL)]


def states(tx: Transaction) -> dict[str, int]:
    """Return how many servers are in each state, those that are gone for as long as they are remembered."""
    return {"unprobed": 0, "listed": 0, "unreachable": 0, "gone": 0} | dict(tx.rows(STATES))


def lost(tx: Transaction, now: int) -> list[Lost]:
    """Return who was in the list and is not, for MISSED_FOR at most, without a goodbye; MAX_LOST of them.

    Who does not answer a probe is lost if the next one has no answer either.
    """
    found = []
    for row in tx.rows(MAYBE_LOST, since=now - MISSED_FOR):
        server = read(row)
        at = left_at(server, changes(tx, server.server_id))
        if at is not None and now - instant.to_store(at) <= MISSED_FOR:
            found.append(Lost(server, at))
            if len(found) == MAX_LOST:
                break
    return found


def left_at(server: Server, ups_and_downs: list[Change]) -> datetime | None:
    """Return when *server*, whose changes these are, was lost to the list; None if it was not."""
    if server.info.leaving or not ups_and_downs:
        return None
    last = ups_and_downs[0]
    if last.state == "unreachable" and server.probed_at == last.at:
        return None  # the first probe without an answer
    later = None
    for change in ups_and_downs:
        if change.state == "listed":
            return later
        later = change.at
    return None


def changes(tx: Transaction, server_id: str) -> list[Change]:
    """Return the last ups and downs of a server, the newest first."""
    return [
        Change(instant.from_store(at), state) for at, state in tx.rows(CHANGES, server_id=server_id)
    ]


def stored(at: datetime | None) -> int | None:
    return None if at is None else instant.to_store(at)


def read(row: Row) -> Server:
    ident, owner, address, reach, state, first, seen, probed_at, ping_ms, info = row
    return Server(
        ident,
        owner,
        address,
        reach,
        state,
        instant.from_store(first),
        instant.from_store(seen),
        None if probed_at is None else instant.from_store(probed_at),
        ping_ms,
        msgspec.json.decode(info, type=Heartbeat),
    )
