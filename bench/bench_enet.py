"""CPU time of an ENet datagram: our host alone, and beside pyenet over loopback sockets.

    python bench/bench_enet.py [TICKS]

16 clients at 60 Hz: each tick every client sends one unsequenced packet of 60 bytes and gets one
unreliable packet of 160 bytes; the server acknowledges and pings as it must. Only the server's work
is counted (process CPU time, median of the ticks by 100). Runs in a fixed order, with fixed seeds.
"""

import socket
import statistics
import sys
import time

import enet

from tremble import compiled
from tremble.net.enet import CONNECTED, RECEIVED, UNRELIABLE, UNSEQUENCED, Host

CLIENTS = 16
USERCMD = bytes(range(60))
SNAPSHOT = bytes(range(160))
TICK = 1 / 60
BATCH = 100


class Alone:
    """Our server in memory: no socket, so that what is measured is the protocol alone."""

    def __init__(self) -> None:
        self.server = Host(CLIENTS, 4, seed=1)
        self.clients = [Host(1, 4, seed=2 + i, accepts=False) for i in range(CLIENTS)]
        self.addresses = [b"client%02d" % i for i in range(CLIENTS)]
        self.now = 0.0
        self.peers = [c.connect(b"server", 4, 0, self.now) for c in self.clients]
        for _ in range(10):
            self.tick()

    def tick(self) -> tuple[float, float]:
        """Play one tick; return the CPU seconds the server spent on receiving and on sending."""
        self.now += TICK
        arriving = []
        for client, peer, address in zip(self.clients, self.peers, self.addresses, strict=True):
            peer.send(2, USERCMD, UNSEQUENCED)
            arriving += [(data, address) for data, _ in client.datagrams_to_send(self.now)]
        began = time.process_time()
        for data, address in arriving:
            self.server.receive_datagram(data, address, self.now)
        events = self.server.take_events()
        received = time.process_time()
        for peer in self.server.peers:
            if peer is not None:
                peer.send(1, SNAPSHOT, UNRELIABLE)
        out = self.server.datagrams_to_send(self.now)
        sent = time.process_time()
        del events
        for data, address in out:
            self.clients[self.addresses.index(address)].receive_datagram(data, b"server", self.now)
        for client in self.clients:
            client.take_events()
        return received - began, sent - received


class Clients:
    """16 clients of ours on loopback sockets, the same for either server."""

    def __init__(self, port: int) -> None:
        self.host = Host(CLIENTS, 4, seed=9, accepts=False)
        self.sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(CLIENTS)]
        self.hosts = [Host(1, 4, seed=9 + i, accepts=False) for i in range(CLIENTS)]
        for sock in self.sockets:
            sock.connect(("127.0.0.1", port))
            sock.setblocking(False)
        self.peers = [host.connect(b"server", 4, 0, time.monotonic()) for host in self.hosts]
        self.received = 0

    def tick(self) -> None:
        now = time.monotonic()
        for sock, host, peer in zip(self.sockets, self.hosts, self.peers, strict=True):
            for data in arrived(sock):
                host.receive_datagram(data, b"server", now)
            for event in host.take_events():
                self.received += event.kind == RECEIVED
            peer.send(2, USERCMD, UNSEQUENCED)
            for data, _ in host.datagrams_to_send(now):
                sock.send(data)

    def close(self) -> None:
        for sock in self.sockets:
            sock.close()


def arrived(sock: socket.socket) -> list[bytes]:
    datagrams = []
    while True:
        try:
            datagrams.append(sock.recv(4096))
        except BlockingIOError:
            return datagrams


class OurServer:
    """Our host behind one plain socket."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port: int = self.socket.getsockname()[1]
        self.host = Host(CLIENTS, 4, seed=1)
        self.names: dict[bytes, tuple[str, int]] = {}

    def tick(self) -> None:
        now = time.monotonic()
        while True:
            try:
                data, name = self.socket.recvfrom(4096)
            except BlockingIOError:
                break
            address = b"%s:%d" % (name[0].encode(), name[1])
            self.names[address] = name
            self.host.receive_datagram(data, address, now)
        for event in self.host.take_events():
            if event.kind == RECEIVED:
                event.peer.send(1, SNAPSHOT, UNRELIABLE)
            elif event.kind == CONNECTED:
                event.peer.throttle_configure(5000, 32, 0)
        for data, address in self.host.datagrams_to_send(now):
            self.socket.sendto(data, self.names[address])

    def close(self) -> None:
        self.socket.close()


class PyenetServer:
    """libenet 1.3.17 behind its Python binding."""

    def __init__(self) -> None:
        probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        probe.bind(("127.0.0.1", 0))
        self.port: int = probe.getsockname()[1]
        probe.close()
        self.host = enet.Host(enet.Address("127.0.0.1", self.port), CLIENTS, 4, 0, 0)

    def tick(self) -> None:
        while True:
            event = self.host.service(0)
            if event is None or event.type == enet.EVENT_TYPE_NONE:
                break
            if event.type == enet.EVENT_TYPE_RECEIVE:
                assert event.packet.data
                event.peer.send(1, enet.Packet(SNAPSHOT, 0))
            elif event.type == enet.EVENT_TYPE_CONNECT:
                event.peer.packetThrottleDeceleration = 0
        self.host.flush()

    def close(self) -> None:
        del self.host


def microseconds(samples: list[float]) -> float:
    """Return the median over batches of the mean cost of one datagram."""
    batches = [sum(samples[i : i + BATCH]) for i in range(0, len(samples) - BATCH + 1, BATCH)]
    return statistics.median(batches) / BATCH / CLIENTS * 1e6


def over_loopback(server: OurServer | PyenetServer, ticks: int) -> float:
    """Return the microseconds of CPU the *server* spends on a datagram in and one out."""
    clients = Clients(server.port)
    for _ in range(60):
        clients.tick()
        server.tick()
    before = clients.received
    samples = []
    for _ in range(ticks):
        clients.tick()
        began = time.process_time()
        server.tick()
        samples.append(time.process_time() - began)
    clients.tick()
    share = (clients.received - before) / (ticks * CLIENTS)
    clients.close()
    server.close()
    assert share > 0.99, f"only {share:.1%} of the answers came"
    return microseconds(samples)


def main() -> None:
    ticks = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    alone = Alone()
    samples = [alone.tick() for _ in range(ticks)]
    received = microseconds([r for r, _ in samples])
    sent = microseconds([s for _, s in samples])
    ours = over_loopback(OurServer(), ticks)
    theirs = over_loopback(PyenetServer(), ticks)
    print(f"{compiled.reason or 'compiled'}; Python {sys.version.split()[0]}; {ticks} ticks\n")
    print("| CPU of the server | us | beside pyenet |")
    print("|---|--:|--:|")
    print(f"| one datagram received, no socket | {received:.2f} | |")
    print(f"| one datagram sent, no socket | {sent:.2f} | |")
    print(f"| one in and one out, plain socket | {ours:.2f} | {ours / theirs:.2f} |")
    print(f"| the same, pyenet (libenet 1.3.17) | {theirs:.2f} | 1.00 |")


if __name__ == "__main__":
    main()
