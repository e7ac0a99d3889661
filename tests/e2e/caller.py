"""Somebody who calls a server all the time: is its port ever closed?"""

import socket
import threading
from typing import Self


class Caller(threading.Thread):
    """Pings the game at *port* and opens connections to *url*, until it is closed; *refused* says whom."""

    def __init__(self, port: int, url: str = "") -> None:
        super().__init__()
        self.port = port
        self.url = url
        self.answers = 0
        self.refused: list[str] = []
        self._ending = threading.Event()

    def run(self) -> None:
        # Connected, so that the system tells of a port at which nobody is.
        with socket.socket(type=socket.SOCK_DGRAM) as sock:
            sock.connect(("127.0.0.1", self.port))
            sock.settimeout(0.02)
            while not self._ending.is_set():
                try:
                    sock.send(b'{"type": "ping", "timestamp": 1}')
                    self.answers += bool(sock.recv(2000))
                except TimeoutError:
                    pass
                except ConnectionRefusedError:
                    self.refused.append("game")
                self.connect()

    def connect(self) -> None:
        if self.url:
            host, _, port = self.url.removeprefix("http://").partition(":")
            try:
                socket.create_connection((host, int(port)), 5).close()
            except ConnectionRefusedError:
                self.refused.append("web")
            except TimeoutError:
                pass  # so many wait by now

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ending.set()
        self.join()
