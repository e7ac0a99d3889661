"""A game server and its clients in one process: datagrams go from list to list, time is a number."""

from tremble.client.client import Client
from tremble.match.match import MatchSettings
from tremble.match.modes import MODES
from tremble.net.enet import Host
from tremble.net.messages import CHANNELS, JOIN_BOT
from tremble.result import MatchResult
from tremble.server.arena import Arena
from tremble.server.clients import Options
from tremble.server.loop import GameServer
from tremble.sim.level import Level
from tremble.sim.tuning import TICK_RATE

SERVER = b"server"


class MemorySocket:
    """What the server takes for its socket."""

    fd = -1

    def __init__(self) -> None:
        self.incoming: list[tuple[bytes, bytes]] = []
        self.outgoing: list[tuple[bytes, bytes]] = []

    def receive(self) -> list[tuple[bytes, bytes]]:
        found, self.incoming = self.incoming[:128], self.incoming[128:]
        return found

    def send(self, datagrams: list[tuple[bytes, bytes]]) -> int:
        self.outgoing += datagrams
        return len(datagrams)

    def address_text(self, address: bytes) -> str:
        return f"{address.decode()}:1"


class MemoryGame:
    """One arena on *level* and clients with brains, stepped tick by tick."""

    def __init__(self, level: Level, mode: str, settings: MatchSettings, seed: int) -> None:
        self.now = 0.0
        self.results: list[MatchResult] = []
        self.socket = MemorySocket()
        self.matches = seed * 1000
        self.arena = Arena(0, level, MODES[mode], settings, "0" * 16, self.new_id)
        options = Options("memory", 1, mode, 32, 64, False)
        host = Host(48, CHANNELS, seed)
        self.server = GameServer(
            options, self.socket, host, [self.arena], self.results.append, self.now
        )
        self.seed = seed
        self.clients: dict[bytes, tuple[Client, object]] = {}

    def new_id(self) -> str:
        self.matches += 1
        return f"{self.matches * 2654435761 % 2**32:08x}" + f"{self.matches:024x}"

    def add(self, name: str, brain: object) -> Client:
        """Let a client with *brain* (it has usercmd(client)) connect."""
        number = len(self.clients) + 1
        key = number.to_bytes(16, "big")
        client = Client(SERVER, name, key, JOIN_BOT, self.seed * 97 + number, self.now)
        self.clients[f"client{number}".encode()] = (client, brain)
        return client

    def tick(self) -> None:
        """Play one tick: the brains, then the server."""
        self.now += 1.0 / TICK_RATE
        for address, (client, brain) in self.clients.items():
            client.usercmd(brain.usercmd(client))
            for data, _ in client.datagrams_to_send(self.now):
                self.socket.incoming.append((data, address))
        self.server.tick(self.now)
        outgoing, self.socket.outgoing = self.socket.outgoing, []
        for data, address in outgoing:
            self.clients[address][0].receive_datagram(data, SERVER, self.now)
