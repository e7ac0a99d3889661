"""A host of ours on a loopback socket, driven by hand beside another implementation."""

import random
import socket
import time
from collections.abc import Callable

from tremble.net.enet import Event, Host

Name = tuple[str, int]


class SocketHost:
    """Our host behind a UDP socket on 127.0.0.1; an address is the port as two bytes."""

    def __init__(self, peers: int, channels: int, seed: int = 1, accepts: bool = True) -> None:
        self.host = Host(peers, channels, seed, accepts)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port: int = self.socket.getsockname()[1]
        self.events: list[Event] = []

    def step(self) -> None:
        """Take in what has arrived, send what is due."""
        now = time.monotonic()
        for data, name in arrived(self.socket):
            self.host.receive_datagram(data, name[1].to_bytes(2, "big"), now)
        self.events += self.host.take_events()
        for data, address in self.host.datagrams_to_send(now):
            self.socket.sendto(data, ("127.0.0.1", int.from_bytes(address, "big")))

    def close(self) -> None:
        self.socket.close()


class Relay:
    """Passes datagrams between clients and the server at *port*, and loses a share of them."""

    def __init__(self, port: int, loss: float, seed: int) -> None:
        self.server: Name = ("127.0.0.1", port)
        self.loss = loss
        self.dice = random.Random(seed)
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(("127.0.0.1", 0))
        self.front.setblocking(False)
        self.back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.back.setblocking(False)
        self.port: int = self.front.getsockname()[1]
        self.client: Name | None = None
        self.lost = 0

    def step(self) -> None:
        """Pass on what has arrived at either side."""
        for data, name in arrived(self.front):
            self.client = name
            self._pass(self.back, data, self.server)
        if self.client is not None:
            for data, _ in arrived(self.back):
                self._pass(self.front, data, self.client)

    def _pass(self, sock: socket.socket, data: bytes, to: Name) -> None:
        if self.dice.random() < self.loss:
            self.lost += 1
        else:
            sock.sendto(data, to)

    def close(self) -> None:
        self.front.close()
        self.back.close()


def arrived(sock: socket.socket) -> list[tuple[bytes, Name]]:
    """Return what waits at *sock*."""
    datagrams = []
    while True:
        try:
            datagrams.append(sock.recvfrom(65536))
        except (BlockingIOError, ConnectionRefusedError):
            return datagrams


def until(done: Callable[[], bool], step: Callable[[], None], seconds: float = 60.0) -> bool:
    """Call *step* every 2 ms until *done* or *seconds* have passed; return whether it is done."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        step()
        if done():
            return True
        time.sleep(0.002)
    return False
