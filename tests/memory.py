"""A game server and its clients in one process, joined by lists instead of sockets."""

from datetime import UTC, datetime
from itertools import count

from tremble.client.client import Client
from tremble.match.match import MatchSettings
from tremble.match.modes import MODES
from tremble.net.enet import Host
from tremble.net.link import Link, LinkQuality
from tremble.net.messages import CHANNELS
from tremble.result import MatchResult
from tremble.server.arena import Arena
from tremble.server.clients import Options
from tremble.server.loop import GameServer
from tremble.sim.level import Level

START = datetime(2026, 1, 1, tzinfo=UTC)
QUICK = MatchSettings(
    time_limit_s=10.0, frag_limit=3, warmup_s=0.1, countdown_s=0.1, overtime_s=2.0,
    intermission_s=0.2,
)  # fmt: skip
SERVER_ID = "5e" * 8


class MemorySocket:
    """Stands in for a UDP socket: datagrams lie in lists. Addresses are `host name` bytes."""

    fd = -1

    def __init__(self) -> None:
        self.inbox: list[tuple[bytes, bytes]] = []
        self.outbox: list[tuple[bytes, bytes]] = []

    def receive(self) -> list[tuple[bytes, bytes]]:
        found, self.inbox = self.inbox[:128], self.inbox[128:]
        return found

    def send(self, datagrams: list[tuple[bytes, bytes]]) -> int:
        self.outbox += datagrams
        return len(datagrams)

    def address_text(self, address: bytes) -> str:
        return address.decode()

    def host_of(self, address: bytes) -> bytes:
        return address.rpartition(b":")[0]


class Game:
    """A server with clients on a link of *quality*, else perfect; `tick` moves it all by 1/60 s."""

    def __init__(
        self,
        level: Level,
        mode: str = "duel",
        settings: MatchSettings = QUICK,
        arenas: int = 1,
        max_players: int = 16,
        per_address: int = 64,
        quality: LinkQuality | None = None,
    ) -> None:
        self.now = 100.0
        self.socket = MemorySocket()
        self.results: list[MatchResult] = []
        numbers = count(1)
        self.arenas = [
            Arena(i, level, MODES[mode], settings, SERVER_ID, lambda: f"{next(numbers):032x}")
            for i in range(arenas)
        ]
        options = Options("test server", 4433, mode, max_players, per_address, True, True)
        self.server = GameServer(
            options, self.socket, Host(64, CHANNELS, 7), self.arenas, self.results.append, self.now
        )
        self.clients: dict[bytes, Client] = {}
        self.quality = quality or LinkQuality()
        self.links: dict[tuple[bytes, str], Link] = {}
        self.carried: list[
            tuple[bytes, str, bytes]
        ] = []  # a client's address, up or down, datagram

    def client(self, name: str, flags: int = 0, host: str = "10.0.0.1") -> Client:
        """Return a new client that has begun to connect."""
        number = len(self.clients)
        address = f"{host}:{40000 + number}".encode()
        key = name.encode().ljust(16, b"\0")[:16]
        client = Client(b"server", name, key, flags, 1000 + number, self.now)
        self.clients[address] = client
        return client

    def tick(self, times: int = 1) -> None:
        """Carry datagrams both ways and play *times* ticks."""
        for _ in range(times):
            self.now += 1 / 60
            for address, client in self.clients.items():
                for data, _ in client.datagrams_to_send(self.now):
                    self.carry(address, "up", data)
                self.socket.inbox += [(data, address) for data in self.arrived(address, "up")]
            if self.server.idle:
                self.server.attend(self.now)
            else:
                self.server.tick(self.now)
            self.server.rest(self.now)
            sent, self.socket.outbox = self.socket.outbox, []
            for data, address in sent:
                self.carry(address, "down", data)
            for address, client in self.clients.items():
                for data in self.arrived(address, "down"):
                    client.receive_datagram(data, b"server", self.now)

    def carry(self, address: bytes, way: str, data: bytes) -> None:
        """Put a datagram on the link of a client, *way* up or down."""
        self.carried.append((address, way, data))
        key = address, way
        if key not in self.links:
            self.links[key] = Link(self.quality, len(self.links))
        self.links[key].send(data, self.now)

    def arrived(self, address: bytes, way: str) -> list[bytes]:
        """Return what has arrived on a client's link."""
        link = self.links.get((address, way))
        return link.receive(self.now) if link is not None else []

    @property
    def arena(self) -> Arena:
        return self.arenas[0]
