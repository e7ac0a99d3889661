"""Ports that a test names before anybody listens there."""

import os
import socket
from contextlib import suppress


def closed(kind: int = socket.SOCK_DGRAM) -> int:
    """Return a port of 127.0.0.1 at which nobody listens.

    Below those that the system gives away by itself: nobody takes it meanwhile.
    """
    for port in range(10000 + os.getpid() % 20000, 32000):
        with socket.socket(socket.AF_INET, kind) as sock, suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")
