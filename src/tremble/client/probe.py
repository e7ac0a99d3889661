"""Probing: who of many servers is there, what each says of itself and how far away it is. Sans-I/O.

  waiting --question and ping--> asked --info and a pong--> told --PINGS pongs--> settled
                                   |  no answer: asked again, ATTEMPTS times, then settled (lost)
                                   +- pad: asked again at once, longer

Bytes and `now` go in; datagrams that are due, in bounded number a second, and events come out. A pong
counts by its number, which nobody can know who has not seen the question: so no other can answer in
a server's name, and a late pong is not taken for a fast one. Round trips are of pings alone.
"""

from collections import deque
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from statistics import median

import msgspec

from tremble.net.query import MAX_BYTES, InfoResponse, Pad, Pong, ServerInfo, read_answer

#: Numeric host and port.
Address = tuple[str, int]
#: Datagrams a second, and how many at once. 4,000 are about 1 MB/s at the most.
RATE = 4000.0
BURST = 40.0
#: Round trips measured of each server; the median of them is its ping.
PINGS = 3
#: Pings sent beyond, for those that get lost.
SPARE_PINGS = 2
#: Questions to a server before it is taken not to be there.
ATTEMPTS = 3
#: Seconds until a question is asked again: so many times more with each.
PATIENCE = 0.4
#: Bytes of the first question: enough for the answer of a server with few players.
FIRST_BYTES = 640
#: Servers kept: a hostile list must not fill the memory.
MAX_SERVERS = 20000


@dataclass(frozen=True, slots=True)
class Seen:
    """A server answers; *ping_ms* is the median round trip. *new*: it was not there before."""

    address: Address
    info: ServerInfo
    ping_ms: float
    sources: frozenset[str]
    new: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """A server that was there has answered none of ATTEMPTS questions."""

    address: Address


class Probe:
    """One server; all but *address*, *sources* and *there* is of the present sweep."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.sources: set[str] = set()
        self.there = False
        self.begin()

    def begin(self) -> None:
        """Forget the last sweep."""
        self.info: ServerInfo | None = None
        self.asked = 0
        self.bytes = FIRST_BYTES
        self.padded = False
        self.sent: dict[int, float] = {}  # number of a ping -> when it was sent
        self.round_trips: list[float] = []
        self.settled = False
        self.due = 0.0


class Prober:
    """The probes of all servers. *number*: a random one from which the pings count."""

    def __init__(self, number: int, rate: float = RATE) -> None:
        self.rate = rate
        self.probes: dict[Address, Probe] = {}
        self.unsettled = 0
        self.lan_until = 0.0
        self._numbers = count(number)
        self._order = count()
        self._timers: list[tuple[float, int, Address]] = []
        self._ready_at = 0.0
        self._events: deque[Seen | Lost] = deque()

    def begin(self, now: float) -> None:
        """Begin a sweep: ask every server known again."""
        self._timers.clear()
        for probe in self.probes.values():
            probe.begin()
            self._schedule(probe, now)
        self.unsettled = len(self.probes)

    def add(self, address: Address, source: str, now: float) -> Probe | None:
        """Probe *address*, which came from *source*; None if there are too many already."""
        probe = self.probes.get(address)
        if probe is None:
            if len(self.probes) >= MAX_SERVERS:
                return None
            probe = self.probes[address] = Probe(address)
            self.unsettled += 1
            self._schedule(probe, now)
        probe.sources.add(source)
        return probe

    def broadcast(self, now: float, window: float) -> bytes:
        """Return the question to broadcast; who answers within *window* seconds is taken in."""
        self.lan_until = now + window
        return question("server_discovery", next(self._numbers), FIRST_BYTES)

    def receive(self, data: bytes, address: Address, now: float) -> None:
        """Take a datagram that *address* has sent, whatever is in it."""
        answer = read_answer(data) if len(data) <= MAX_BYTES else None
        if answer is None:
            return
        probe = self.probes.get(address)
        if probe is None and now < self.lan_until and not isinstance(answer, Pong):
            probe = self.add(address, "lan", now)
        if probe is None or probe.settled:
            return
        if isinstance(answer, InfoResponse):
            self._informed(probe, answer.server_info, now)
        elif isinstance(answer, Pad):
            self._told_to_pad(probe, answer.bytes, now)
        else:
            self._ponged(probe, answer.timestamp, now)

    def poll(self, now: float) -> list[tuple[bytes, Address]]:
        """Return the datagrams that are due now, as far as the rate allows."""
        found: list[tuple[bytes, Address]] = []
        self._ready_at = max(self._ready_at, now - BURST / self.rate)
        while self._timers and self._timers[0][0] <= now and self._ready_at <= now:
            due, _, address = heappop(self._timers)
            probe = self.probes[address]
            if probe.settled or probe.due != due:
                continue  # it has moved on since
            packets = self._act(probe, now)
            found += [(packet, address) for packet in packets]
            self._ready_at += len(packets) / self.rate
        return found

    def next_time(self) -> float | None:
        """Return when poll() has something to do; None if it has not."""
        return max(self._timers[0][0], self._ready_at) if self._timers else None

    def take_events(self) -> list[Seen | Lost]:
        """Return what has happened since the last call."""
        found = list(self._events)
        self._events.clear()
        return found

    def _schedule(self, probe: Probe, due: float) -> None:
        probe.due = due
        heappush(self._timers, (due, next(self._order), probe.address))

    def _act(self, probe: Probe, now: float) -> list[bytes]:
        """Return what *probe* sends next, if it is not at its end."""
        if probe.info is None and probe.asked < ATTEMPTS:
            probe.asked += 1
            self._schedule(probe, now + PATIENCE * probe.asked)
            asked = question("server_info_request", next(self._numbers), probe.bytes)
            return [asked, self._ping(probe, now)]
        if probe.info is not None and self._wants_ping(probe):
            self._schedule(probe, now + PATIENCE)
            return [self._ping(probe, now)]
        self._settle(probe)
        return []

    def _wants_ping(self, probe: Probe) -> bool:
        enough = len(probe.round_trips) >= PINGS
        return not enough and len(probe.sent) < PINGS + SPARE_PINGS

    def _ping(self, probe: Probe, now: float) -> bytes:
        number = next(self._numbers)
        probe.sent[number] = now
        return msgspec.json.encode({"type": "ping", "timestamp": number})

    def _informed(self, probe: Probe, info: ServerInfo, now: float) -> None:
        if probe.info is None:
            probe.info = info
            # Who has answered a broadcast has had no ping yet.
            self._schedule(probe, now + PATIENCE if probe.asked else now)
            self._advance(probe, now)

    def _told_to_pad(self, probe: Probe, size: int, now: float) -> None:
        if probe.info is None and not probe.padded and probe.bytes < size <= MAX_BYTES:
            probe.padded = True
            probe.bytes = size
            probe.asked = max(0, probe.asked - 1)
            self._schedule(probe, now)

    def _ponged(self, probe: Probe, number: object, now: float) -> None:
        sent = probe.sent.get(number) if isinstance(number, int) else None
        if sent is not None and sent >= 0.0:
            assert isinstance(number, int)
            probe.sent[number] = -1.0  # counted: the same pong again is none
            probe.round_trips.append(now - sent)
            self._advance(probe, now)

    def _advance(self, probe: Probe, now: float) -> None:
        """Tell of *probe* once it has answered both ways; ping on, or settle it."""
        if probe.info is None or not probe.round_trips:
            return
        if len(probe.round_trips) >= PINGS:
            self._settle(probe)
            return
        self._tell(probe, probe.round_trips)
        self._schedule(probe, now)

    def _tell(self, probe: Probe, round_trips: list[float]) -> None:
        if probe.info is not None:
            ping_ms = median(round_trips) * 1000.0
            sources = frozenset(probe.sources)
            seen = Seen(probe.address, probe.info, ping_ms, sources, not probe.there)
            self._events.append(seen)
            probe.there = True

    def _settle(self, probe: Probe) -> None:
        """End the probing of *probe* in this sweep, and tell what came of it."""
        probe.settled = True
        self.unsettled -= 1
        if probe.info is not None and probe.round_trips:
            self._tell(probe, probe.round_trips)
        elif probe.there:
            probe.there = False
            self._events.append(Lost(probe.address))


def question(kind: str, number: int, size: int) -> bytes:
    """Return a question of *kind*, filled up to *size* bytes."""
    return msgspec.json.encode({"type": kind, "timestamp": number}).ljust(size)


def shown(address: Address) -> str:
    """Return *address* as HOST:PORT, an IPv6 host in brackets."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
