"""A player on real UDP that notes when each snapshot came, on a thread of its own."""

import itertools
import select
import socket
import threading
from time import monotonic
from typing import Self

from tremble.client.client import GONE, PLAYING, Client
from tremble.sim.state import Usercmd


class Probe:
    """Plays at 127.0.0.1:*port* until the end of `with`."""

    def __init__(self, port: int, name: str) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)
        key = name.encode().ljust(16, b"\0")[:16]
        self.client = Client(b"server", name, key, 0, hash(name) & 0xFFFF, monotonic())
        self.seen: list[float] = []  # when a newer tick was shown
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stopping.set()
        self.thread.join()
        self.socket.close()

    def run(self) -> None:
        due, tick = monotonic(), 0
        while not self.stopping.is_set():
            now = monotonic()
            if now >= due:
                due = max(due + 1 / 60, now)
                if self.playing:
                    self.client.usercmd(Usercmd(forward=127, yaw=int(now * 5000) & 65535))
                for data, _ in self.client.datagrams_to_send(now):
                    self.socket.send(data)
            if select.select([self.socket], [], [], max(0.0, due - monotonic()))[0]:
                now = monotonic()
                self.client.receive_datagram(self.socket.recv(2048), b"server", now)
                if self.client.frame is not None and self.client.frame.tick > tick:
                    tick = self.client.frame.tick
                    self.seen.append(now)

    @property
    def playing(self) -> bool:
        return self.client.state == PLAYING

    @property
    def gone(self) -> bool:
        return self.client.state == GONE

    def gap_after(self, then: float) -> float:
        """Return the longest time without a newer tick around *then*, in seconds."""
        seen = [t for t in self.seen if then - 0.5 < t < then + 2.0]
        return max(b - a for a, b in itertools.pairwise(seen))
