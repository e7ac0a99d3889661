"""Query: ask a game server over UDP what anybody may know of it."""

import socket
from time import monotonic
from typing import Any

from tremble.errors import TrembleError
from tremble.net.query import InfoResponse, ServerInfo, question, read_answer

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
