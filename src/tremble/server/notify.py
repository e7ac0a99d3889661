"""What systemd is told of this process (sd_notify(3)): ready, reloading, stopping, still alive.

Nothing happens where nobody asked: without NOTIFY_SOCKET in the environment each call does nothing.
"""

import os
import socket
from collections.abc import Mapping
from time import monotonic_ns

#: Seconds that a service manager may take to take a message.
PATIENCE_S = 1.0
#: Variables by which a service manager asks; not for our children.
VARIABLES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


def send(*lines: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Send *lines* (NAME=VALUE) to the service manager; False if there is none that listens."""
    name = environ.get("NOTIFY_SOCKET", "")
    if name[:1] not in ("/", "@"):
        return False
    address = "\0" + name[1:] if name[0] == "@" else name
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.settimeout(PATIENCE_S)  # ten messages may wait, the next one would wait for ever
            sock.sendto("\n".join(lines).encode(), address)
    except OSError:
        return False  # it asked, and has gone or does not listen now: no reason to stop
    return True


def ready(status: str) -> None:
    """The service is up; *status* is for people."""
    send("READY=1", f"STATUS={status}")


def reloading() -> None:
    """The settings are read again; ready() is to follow."""
    send("RELOADING=1", f"MONOTONIC_USEC={monotonic_ns() // 1000}")


def stopping(status: str) -> None:
    """The service ends."""
    send("STOPPING=1", f"STATUS={status}")


def alive() -> None:
    """The service does its work; the watchdog may wait on."""
    send("WATCHDOG=1")


def watchdog_s(environ: Mapping[str, str] = os.environ) -> float | None:
    """Return after how many seconds without alive() we are ended; None: never."""
    text = environ.get("WATCHDOG_USEC", "")
    whose = environ.get("WATCHDOG_PID", "")
    if not text.isdigit() or int(text) == 0 or whose not in ("", str(os.getpid())):
        return None
    return int(text) / 1e6
