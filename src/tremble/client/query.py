"""Query: ask a game server over UDP what anybody may know of it."""

import secrets
import socket
from collections.abc import Iterator
from statistics import median
from time import monotonic
from typing import Any

import msgspec

from tremble.errors import TrembleError
from tremble.net.query import InfoResponse, Pong, ServerInfo, question, read_answer

#: Times that a question is asked before the server is taken not to be there.
ATTEMPTS = 3
#: Longer than any answer: answers are never longer than questions.
ROOM = 2048


def resolve(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    """Return family and socket address of *host*, a name or a number. Raises TrembleError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise TrembleError(
            f"cannot find the host {host!r}: {getattr(error, 'strerror', None) or error}; "
            "give a name or address that this machine can look up"
        ) from None
    return found[0][0], found[0][4]


def query(host: str, port: int, timeout: float = 1.0) -> tuple[ServerInfo, float]:
    """Return what the server at *host* and *port* says of itself, and the round trip in ms.

    Asks ATTEMPTS times, longer each time, within *timeout* seconds. Raises TrembleError if nothing
    answers.
    """
    family, address = resolve(host, port)
    for attempt in range(1, ATTEMPTS + 1):
        patience = timeout * attempt / sum(range(1, ATTEMPTS + 1))
        # A socket for each attempt: a late answer must not be taken for a fast one.
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            try:
                sock.connect(address)
                asked = monotonic()
                info = ask(sock, asked + patience)
            except OSError:  # nobody listens there, or nothing came in time
                continue
            return info, (monotonic() - asked) * 1000.0
    raise TrembleError(
        f"no answer from {host}:{port} within {timeout:g} s; is the server running there?"
    )


def ask(sock: socket.socket, until: float) -> ServerInfo:
    """Ask once; return the answer. Raises TimeoutError at time *until*."""
    now = monotonic()
    sock.send(question("server_info_request", now))
    while now < until:
        sock.settimeout(until - now)
        answer = read_answer(sock.recv(ROOM))
        if isinstance(answer, InfoResponse):
            return answer.server_info
        now = monotonic()
    raise TimeoutError


def ping(host: str, port: int, count: int = 3, timeout: float = 1.0) -> float:
    """Return the median of *count* round trips to *host* and *port* in ms, one after the other.

    Raises TrembleError if none comes back; each has *timeout* seconds.
    """
    found = [trip for trip in round_trips(host, port, count, timeout) if trip is not None]
    if not found:
        raise TrembleError(
            f"no answer from {host}:{port} within {timeout:g} s; is the server running there?"
        )
    return median(found)


def round_trips(host: str, port: int, count: int, timeout: float) -> Iterator[float | None]:
    """Ping *host* and *port* *count* times; yield each round trip in ms, None for a lost one.

    A closed port is no answer either. Raises TrembleError if the host cannot be found.
    """
    family, address = resolve(host, port)
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.connect(address)
        for _ in range(count):
            yield round_trip(sock, timeout)


def round_trip(sock: socket.socket, timeout: float) -> float | None:
    """Ping once; return the milliseconds until this ping's own answer, None after *timeout* seconds."""
    number = secrets.randbits(52)
    began = now = monotonic()
    try:
        sock.send(msgspec.json.encode({"type": "ping", "timestamp": number}))
        while now < began + timeout:
            sock.settimeout(began + timeout - now)
            answer = read_answer(sock.recv(ROOM))
            now = monotonic()
            if isinstance(answer, Pong) and answer.timestamp == number:
                return (now - began) * 1000.0
    except OSError:
        pass
    return None
