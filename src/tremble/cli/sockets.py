"""The sockets that a command binds, kept open while it restarts: no port of ours is closed in between.

A restart is an exec of the same command, and descriptors live through that. The environment tells the
program that comes after which is which; what arrives meanwhile waits in the kernel.
"""

import os
import socket
from collections.abc import Callable, MutableMapping
from typing import Self

import msgspec
from msgspec import Struct

#: Where the next program finds what was kept, as JSON of {name: Kept}.
ENVIRONMENT = "TREMBLE_SOCKETS"


class Kept(Struct, frozen=True):
    """A bound socket: its descriptor, and the settings by which it was bound."""

    fd: int
    host: str
    port: int


class Sockets:
    """The bound sockets of a process, by name; at the end of `with` those not handed on are closed."""

    def __init__(self, environ: MutableMapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._kept = read(environ.pop(ENVIRONMENT, "{}"))
        self._bound: dict[str, tuple[socket.socket, str, int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for sock, _, _ in self._bound.values():
            sock.close()

    def bind(
        self, name: str, host: str, port: int, fresh: Callable[[str, int], socket.socket]
    ) -> socket.socket:
        """Return the socket *name*: the one kept for the same *host* and *port*, else fresh(host, port)."""
        sock = self._taken(name, host, port) or fresh(host, port)
        self._bound[name] = (sock, host, port)
        return sock

    def _taken(self, name: str, host: str, port: int) -> socket.socket | None:
        kept = self._kept.pop(name, None)
        if kept is None:
            return None
        try:
            sock = socket.socket(fileno=kept.fd)
        except OSError:
            return None  # it was closed after all
        os.set_inheritable(kept.fd, False)
        if (kept.host, kept.port) == (host, port):
            return sock
        sock.close()
        return None

    def hand_on(self) -> None:
        """Keep all of them open for the program that this process is about to become."""
        if os.name == "nt":
            return  # there exec is another process, without our descriptors
        kept = {
            name: Kept(sock.detach(), host, port)
            for name, (sock, host, port) in self._bound.items()
        }
        for found in kept.values():
            os.set_inheritable(found.fd, True)
        self._bound.clear()
        self._environ[ENVIRONMENT] = msgspec.json.encode(kept).decode()


def read(text: str) -> dict[str, Kept]:
    """Return what *text*, of the environment, says was kept; nothing if it cannot be read."""
    try:
        return msgspec.json.decode(text, type=dict[str, Kept])
    except msgspec.MsgspecError:
        return {}
