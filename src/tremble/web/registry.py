"""The registry: takes heartbeats in, has servers probed, and ends those that fell silent.

heartbeat ─► store ─► probe, if one is due and there is budget for it ─► store

Whatever is kept is in the store: any web process of the record may take the next heartbeat.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from time import monotonic

from litestar import Litestar

from tremble.errors import StoreError
from tremble.heartbeat import INTERVAL_S, MISSED, Heard, Heartbeat
from tremble.log import logger
from tremble.store import instant, servers
from tremble.store.engine import Store
from tremble.store.servers import Lost, Server, Source
from tremble.web.beside import beside, end
from tremble.web.limits import Limits, Rule, network
from tremble.web.options import ListOptions
from tremble.web.places import place_of, read_place
from tremble.web.probe import probe
from tremble.web.problems import Problem
from tremble.web.signed_in import now, reading

log = logger("servers")

#: Seconds after which a server in each state is probed again.
PROBE_EVERY_S = {"unprobed": 0.0, "unreachable": 60.0, "listed": 300.0}
#: Seconds after which a server that is being probed should ask what came of it.
SOON_S = 4.0
#: Probes at once, by owner and by address: a hall of servers may start behind one.
MAX_PROBES = 64
OF_OWNER = Rule("probes_of_owner", 30, 1.0)
TO_ADDRESS = Rule("probes_to_address", 30, 1.0)
#: How far the clock of a game server may be off, and how often silence is looked for, in seconds.
MAX_OFF_S = 120.0
LOOK_S = 5.0
SILENCE_S = INTERVAL_S * MISSED
#: How old the list may be that is shown, in seconds.
FRESH_S = 1.0


class Registry:
    """The master list of one web process."""

    def __init__(self, store: Store, limits: Limits, options: ListOptions) -> None:
        self.options = options
        self._store = store
        self._limits = limits
        self._probes: dict[str, asyncio.Task[None]] = {}
        self._listed: list[Server] = []
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()
        self._lost: list[Lost] = []
        self._lost_at = float("-inf")

    async def hear(self, server_id: str, owner: str, host: str, beat: Heartbeat) -> Heard:
        """Take in a heartbeat that *server_id* signed and that came from *host*; raises Problem."""
        at = now()
        if abs(at - beat.at) > MAX_OFF_S * 1_000_000:
            there = datetime.fromtimestamp(beat.at / 1_000_000, UTC).isoformat(" ", "seconds")
            detail = f"the heartbeat is of {there}: set the game server's clock, or send it at once"
            raise Problem(400, "clock_off", detail)
        try:
            place, reach = place_of(beat.advertise, beat.port, host, self.options.allow_private)
        except ValueError as error:
            raise Problem(403, "bad_address", str(error)) from None
        source = Source(server_id, owner, place.text, reach)
        found = await asyncio.wrap_future(
            self._store.write(servers.hear, source, beat, at, self.options.per_owner)
        )
        if found == "replayed":
            raise Problem(409, "replayed", "this heartbeat, or a later one, was heard before")
        if found == "too_many":
            detail = f"{owner!r} has {self.options.per_owner} servers in the list already"
            raise Problem(403, "too_many_servers", detail)
        assert isinstance(found, Server)
        probing = due(found, at) and self._begin(found)
        soon = probing and found.state == "unprobed"
        return Heard(found.state, found.address, SOON_S if soon else INTERVAL_S)

    def _begin(self, server: Server) -> bool:
        """Probe *server* if there is budget for it; say whether it is being done."""
        if server.server_id in self._probes:
            return True
        if len(self._probes) >= MAX_PROBES:
            return False
        place = read_place(server.address, 0)
        at = monotonic()
        if self._limits.wait(OF_OWNER, server.owner or server.server_id, at):
            return False
        if self._limits.wait(TO_ADDRESS, network(place.host), at):
            return False
        task = asyncio.create_task(self._probe(server, place.host, place.port))
        self._probes[server.server_id] = task
        task.add_done_callback(lambda _: self._probes.pop(server.server_id, None))
        return True

    async def _probe(self, server: Server, host: str, port: int) -> None:
        ping_ms = await probe(host, port, server.server_id)
        with suppress(StoreError):  # it is probed again at another heartbeat
            state = await asyncio.wrap_future(
                self._store.write(servers.probed, server.server_id, server.address, now(), ping_ms)
            )
            if state not in (None, server.state):
                log.info(f"server {state}", server_id=server.server_id, address=server.address)
                self._read_at = float("-inf")

    async def listed(self) -> list[Server]:
        """Return the servers of the list, by id."""
        # Who comes while it is read gets the same list, and never the one before.
        async with self._reading:
            if monotonic() - self._read_at >= FRESH_S:
                self._read_at = monotonic()  # not after: what changes meanwhile makes it old again
                try:
                    self._listed = await reading(self._store, servers.listed)
                except BaseException:
                    self._read_at = float("-inf")
                    raise
        return self._listed

    async def lost(self) -> list[Lost]:
        """Return who left the list of late without a goodbye."""
        if monotonic() - self._lost_at >= FRESH_S:
            self._lost = await reading(self._store, servers.lost, now())
            self._lost_at = monotonic()
        return self._lost

    @asynccontextmanager
    async def running(self, _: Litestar) -> AsyncIterator[None]:
        """A lifespan of the application, during which silence is noticed."""
        async with beside(self._look):
            try:
                yield
            finally:
                for probing in list(self._probes.values()):
                    await end(probing)

    async def _look(self) -> None:
        # While this process was away nobody could be heard: what stood in the list stays for a while.
        await asyncio.sleep(SILENCE_S)
        while True:
            with suppress(StoreError):
                await self.end_silent()
            await asyncio.sleep(LOOK_S)

    async def end_silent(self) -> None:
        """Take from the list who has missed its heartbeats."""
        at = now()
        before = at - int(SILENCE_S * 1_000_000)
        if not await reading(self._store, servers.any_silent, before):
            return
        for server_id in await asyncio.wrap_future(
            self._store.write(servers.end_silent, before, at)
        ):
            log.info("server gone", server_id=server_id, silent_s=SILENCE_S)
            self._read_at = float("-inf")


def due(server: Server, at: int) -> bool:
    """Say whether *server* is to be probed at the instant *at*."""
    if server.state == "gone":
        return False
    if server.probed_at is None:
        return True
    return at - instant.to_store(server.probed_at) >= PROBE_EVERY_S[server.state] * 1_000_000
