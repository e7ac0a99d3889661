"""The game server's loop. Read this first.

A tick is six verbs: receive what came, hear what it says, obey what was asked from outside the game,
play one tick in each arena, tell what was seen, send it. Ticks have absolute deadlines, 60 a second, so
they do not drift. With nobody in any arena the loop blocks on its sockets until something comes or a
timer is due.
"""

import gc
import os
import select
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic, perf_counter
from typing import TYPE_CHECKING

from tremble.log import logger
from tremble.net import enet, messages
from tremble.net.enet import Event, Host
from tremble.net.session import JOIN_TIMEOUT
from tremble.net.sessions import hear_all, send_all
from tremble.result import MatchResult
from tremble.server.arena import Arena
from tremble.server.clients import Clients, Options
from tremble.server.figures import Figures
from tremble.server.house import House
from tremble.server.news import News
from tremble.server.queries import Queries
from tremble.server.telemetry import CpuTime
from tremble.server.udp import BATCH, UdpSocket
from tremble.sim.tuning import TICK_RATE

if TYPE_CHECKING:
    from tremble.server.keeper import Keeper

log = logger("server")

#: Ticks that are made up after a stall; what is missing beyond is skipped.
MAX_BEHIND = 5
#: Batches read in one tick: what a flood sends beyond waits, or is dropped by the kernel.
MAX_BATCHES = 8
#: What everybody is told when the server stops without another reason.
FAREWELL = "the server stops"
#: Ticks between two searches for garbage in cycles: next to nothing of ours lies in one.
GARBAGE_EVERY = 10 * TICK_RATE
#: Tick lengths remembered for the status.
REMEMBERED = 600


class GameServer:
    """All of a game process but its clock; *post* takes each result."""

    def __init__(
        self,
        options: Options,
        sock: UdpSocket,
        host: Host,
        arenas: list[Arena],
        post: Callable[[MatchResult], None],
        now: float,
        house: House | None = None,
    ) -> None:
        self.options = options
        self.socket = sock
        self.host = host
        self.arenas = arenas
        self.post = post
        self.started = now
        self.now = now  # of the last time round
        self.utc = datetime.now(UTC)  # the same on the wall
        self.queries = Queries(now)
        self.figures = Figures()
        self.news = News()
        self.news.listeners.append(self.figures.hear)
        self.cpu_time = CpuTime()
        for arena in arenas:
            arena.news = self.news
            arena.witness.region = options.listing.region
        self.house = House() if house is None else house
        self.clients = Clients(options, arenas, sock, self.news, self.house)
        self.between: list[Callable[[float], None]] = []  # called each time round, with now
        self.after: list[Callable[[float], None]] = []  # the same, when everything was sent
        self.wake_at: float | None = None  # when to go round even if nothing comes
        self.farewell = FAREWELL
        self.tick_seconds: deque[float] = deque(maxlen=REMEMBERED)
        self.ticks = 0
        self.late_ticks = 0
        self.failures = 0
        self.keeper: Keeper | None = None  # keeps what another process needs to go on
        self.touched = False  # something else than a datagram has changed what it keeps

    @property
    def idle(self) -> bool:
        """Nobody is in any arena."""
        for arena in self.arenas:  # asked several times a tick: no generator
            if not arena.empty:
                return False
        return True

    def tick(self, now: float) -> None:
        """Receive what came, play one tick, send what changed."""
        self.receive(now, True)
        self.hear(now)
        self.obey(now)
        self.play()
        self.tell()
        self.send(now)
        self.ticks += 1

    def attend(self, now: float) -> None:
        """The same without playing, for when nobody is here to play."""
        self.receive(now, False)
        self.hear(now)
        self.obey(now)
        self.tell()
        self.send(now)

    def receive(self, now: float, playing: bool) -> None:
        """Take the waiting datagrams from the socket; answer queries, the rest is ENet's."""
        queries = self.queries
        heard: list[tuple[bytes, bytes]] = []
        for _ in range(MAX_BATCHES):
            batch = self.socket.receive()
            asked = queries.questions(batch)
            for data, address in asked:
                self.answer(data, address, now)
            heard += [row for row in batch if not queries.is_question(row[0])] if asked else batch
            if len(batch) < BATCH:
                break
        self.utc = datetime.now(UTC)
        if self.keeper is not None:
            self.keeper.note(playing, now, self.utc, heard)
        self.host.receive(heard, now)

    def hear(self, now: float) -> None:
        """Act on what the peers say; put out who is late."""
        clients = self.clients
        hear_all(
            clients.sessions,
            self.host.take_events(),
            now,
            lambda event: self.hear_one(event, now),
            lambda number: clients.put_out_broken(number, now),
        )
        clients.put_out_late(now)

    def hear_one(self, event: Event, now: float) -> None:
        """Act on one event of a peer."""
        if event.kind == enet.CONNECTED:
            self.clients.connected(event.peer, now)
            return
        client = self.clients.by_number.get(event.peer.tag)
        if client is None:
            return
        if event.kind == enet.DISCONNECTED:
            self.clients.gone(client)
        else:
            self.clients.heard(client, event.channel, event.data, now)

    def obey(self, now: float) -> None:
        """Do what others in this process want done between two ticks."""
        self.now = now
        for task in self.between:
            task(now)

    def rest(self, now: float) -> None:
        """Do what only looks at the game, and so can wait until everything was sent."""
        for task in self.after:
            task(now)

    def touch(self) -> None:
        """Say that something else than a datagram has changed the game: it is kept at once."""
        self.touched = True

    def begin_drain(self, now: float, bound_s: float | None, reason: str) -> None:
        """Let nobody in any more; the loop ends when no match counts, or *bound_s* seconds from *now*."""
        self.touch()
        self.house.drain.begin(now, bound_s, reason)
        self.farewell = reason
        log.info("draining", bound_s=bound_s, reason=reason)
        for arena in self.arenas:
            arena.announce(reason)

    def open_again(self) -> None:
        """Take a drain back."""
        self.touch()
        self.house.drain.cancel()
        self.farewell = FAREWELL
        log.info("not draining any more")

    def drained(self, now: float) -> bool:
        """Say whether a drain is over."""
        if not self.house.drain.on:
            return False
        return self.house.drain.over(any(arena.match.counts for arena in self.arenas), now)

    def play(self) -> None:
        """Play one tick in every arena that has people in it."""
        for arena in self.arenas:
            if not arena.empty:
                self.play_one(arena)

    def play_one(self, arena: Arena) -> None:
        """Play one tick in *arena*."""
        try:
            result = arena.tick(self.utc)
        except Exception:
            # Our fault: this match ends without a result, the process and the others go on.
            self.failures += 1
            log.exception("arena failed and starts over", arena=arena.number)
            arena.start_over()
            return
        if result is not None:
            self.post(result)

    def tell(self) -> None:
        """Hand what the arenas have to say to ENet."""
        for arena in self.arenas:
            if arena.outgoing:
                send_all(self.clients.peers, arena.outgoing)
                arena.outgoing.clear()

    def send(self, now: float) -> None:
        """Send every datagram that is due."""
        datagrams = self.host.datagrams_to_send(now)
        if datagrams:
            self.figures.unsent += len(datagrams) - self.socket.send(datagrams)

    def answer(self, data: bytes, address: bytes, now: float) -> None:
        """Answer a question of a server browser or monitor, as long as the budgets last."""
        host = self.socket.host_of(address)
        packets = self.queries.answer(self, data, host, now)
        if packets:
            self.socket.send([(packet, address) for packet in packets])

    @property
    def due_to_look(self) -> bool:
        """A second of ticks is over, or the last one has gone."""
        return self.ticks % TICK_RATE == 0 or self.idle

    def measure_pings(self) -> None:
        """Note each client's round trip and loss."""
        for client in self.clients.by_number.values():
            client.session.ping_ms = int(client.peer.round_trip_time * 1000.0 + 0.5)
            client.session.loss = round(client.peer.packet_loss, 4)
            if client.arena is not None:
                self.figures.measure(client.session)


def run(
    server: GameServer,
    wake: int,
    stopping: Callable[[], bool],
    report: Callable[[], None],
    deadline: float | None = None,
) -> None:
    """Run *server* until stopping() says so; *wake* becomes readable whenever that may have changed.

    report() is called once a second while somebody is here, and when the last one has gone. *deadline*:
    when the first tick is due, None: now.
    """
    if deadline is None:  # else the players wait
        gc.collect()
    gc.freeze()
    gc.disable()  # collected below, in the time left after a tick
    deadline = monotonic() if deadline is None else deadline
    while not stopping():
        if server.idle:
            wait_idle(server, wake)
            server.attend(monotonic())
            deadline = monotonic()
            if not server.idle:
                report()
        else:
            deadline = wait_for_tick(server, wake, deadline)
            began = perf_counter()
            server.tick(monotonic())
            spent = perf_counter() - began
            server.tick_seconds.append(spent)
            server.figures.ticks.observe(spent)
            if server.due_to_look:
                server.measure_pings()
                server.cpu_time.share(server.arenas)
                report()
                if server.ticks % GARBAGE_EVERY == 0 or server.idle:
                    gc.collect(0)
        if server.keeper is not None:
            server.keeper.keep(monotonic())
        server.rest(monotonic())
    server.clients.put_out_all(messages.REFUSED_STOPPING, server.farewell, monotonic())
    say_goodbye(server, monotonic() + 0.5)
    if server.keeper is not None:
        server.keeper.end()


def wait_idle(server: GameServer, wake: int) -> None:
    """Block until a datagram comes, *wake* is readable or a timer is due."""
    now = monotonic()
    due = server.host.next_timer(now)
    if server.clients.by_number:
        due = now + JOIN_TIMEOUT if due is None else min(due, now + JOIN_TIMEOUT)
    if server.wake_at is not None:
        due = server.wake_at if due is None else min(due, server.wake_at)
    patience = None if due is None else max(0.0, due - now)
    drain(wake, select.select([server.socket.fd, wake], [], [], patience)[0])


def wait_for_tick(server: GameServer, wake: int, deadline: float) -> float:
    """Sleep until *deadline*; return the deadline of the next tick."""
    now = monotonic()
    while now < deadline:
        drain(wake, select.select([wake], [], [], deadline - now)[0])
        now = monotonic()
    behind = int((now - deadline) * TICK_RATE)
    if behind >= 1:
        server.late_ticks += 1
    if behind > MAX_BEHIND:
        server.figures.stalls += 1
        log.warning("stalled", ticks=behind)
        return now
    return deadline + 1.0 / TICK_RATE


def drain(wake: int, ready: list[int]) -> None:
    """Read away what made *wake* readable."""
    if wake in ready:
        os.read(wake, 4096)


def say_goodbye(server: GameServer, until: float) -> None:
    """Keep sending until every client knows that it is over, or *until*."""
    while server.clients.by_number and monotonic() < until:
        server.attend(monotonic())
        select.select([server.socket.fd], [], [], 0.02)
