"""Two ENet hosts in memory, and the verbs that tests use on them. Numbers stand in for clocks."""

from tremble.net.enet import CONNECTED, RECEIVED, Event, Host, Peer
from tremble.net.link import Link, LinkQuality

SERVER = b"server"
CLIENT = b"client"
#: A power of two, so that times are exact and a packed clock stands where it stood to the bit.
TICK = 1 / 64


class Ends:
    """A server and a client, connected on demand, with a link each way."""

    def __init__(
        self, quality: LinkQuality | None = None, seed: int = 1, channels: int = 4, peers: int = 4
    ) -> None:
        self.server = Host(peers, channels, seed)
        self.client = Host(1, channels, seed + 1, accepts=False)
        self.up = Link(quality or LinkQuality(), seed + 2)
        self.down = Link(quality or LinkQuality(), seed + 3)
        self.now = 1000.0
        self.at_server: list[Event] = []
        self.at_client: list[Event] = []
        self.sent_up: list[bytes] = []
        self.sent_down: list[bytes] = []

    def connect(self, channels: int = 4, data: int = 0) -> tuple[Peer, Peer]:
        """Connect and return (the server as the client sees it, the client as the server does)."""
        there = self.client.connect(SERVER, channels, data, self.now)
        known = len(self.at_server)
        for _ in range(640):
            self.tick()
            for event in self.at_server[known:]:
                if event.kind == CONNECTED and there.state == CONNECTED:
                    return there, event.peer
        raise AssertionError("no connection in 10 s")

    def tick(self) -> None:
        """Let 1/64 s pass: what is due leaves, what has arrived is taken in."""
        self.now += TICK
        for data, _ in self.client.datagrams_to_send(self.now):
            self.sent_up.append(data)
            self.up.send(data, self.now)
        for data, _ in self.server.datagrams_to_send(self.now):
            self.sent_down.append(data)
            self.down.send(data, self.now)
        for data in self.up.receive(self.now):
            self.server.receive_datagram(data, CLIENT, self.now)
        for data in self.down.receive(self.now):
            self.client.receive_datagram(data, SERVER, self.now)
        self.at_server += self.server.take_events()
        self.at_client += self.client.take_events()

    def run(self, seconds: float) -> None:
        """Let *seconds* pass."""
        for _ in range(int(seconds / TICK)):
            self.tick()

    def drop(self) -> None:
        """Lose everything that both ends would send now."""
        self.now += TICK
        self.client.datagrams_to_send(self.now)
        self.server.datagrams_to_send(self.now)


def packets(events: list[Event]) -> list[tuple[int, bytes, int]]:
    """Return (channel, data, mode) of what was received."""
    return [(e.channel, e.data, e.mode) for e in events if e.kind == RECEIVED]


def payloads(events: list[Event]) -> list[bytes]:
    """Return the data of what was received."""
    return [e.data for e in events if e.kind == RECEIVED]


def kinds(events: list[Event]) -> list[int]:
    """Return what happened, in order."""
    return [e.kind for e in events]
