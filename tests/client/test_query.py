"""Asking a server over UDP: an answer, a longer question when told so, or a clear error."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tremble.client.query import query, resolve
from tremble.errors import TrembleError
from tremble.net.query import PlayerStatus, ServerInfo, info_response
from tremble.net.query import answer as answer_bytes

#: Seconds for an answer: far longer than it takes on a busy machine.
PATIENCE = 60.0


def info(players: int) -> ServerInfo:
    """What a server with *players* of long names says of itself."""
    lines = [PlayerStatus(f"{i} {'x' * 28}", i, False) for i in range(players)]
    return ServerInfo(
        name="loopback", port=4433, max_players=16, current_players=players, bots=0, spectators=0,
        gamemode="ffa", map="arena_01", uptime=1.5, public=True, phase="live", time_left=60.0,
        players=lines, protocol=1, version="0",
    )  # fmt: skip


def answer(data: bytes, told: ServerInfo) -> bytes | None:
    """The answer of a server that tells *told*."""
    return answer_bytes(data, info_response(told))


@contextmanager
def responder(
    reply: Callable[[bytes, int], bytes | None], family: int = socket.AF_INET
) -> Iterator[int]:
    """Answer each datagram on a loopback port with *reply* of it and its number; yields the port."""
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        sock.settimeout(0.05)
        done = threading.Event()

        def serve() -> None:
            number = 0
            while not done.is_set():
                try:
                    data, sender = sock.recvfrom(4096)
                except TimeoutError:
                    continue
                found = reply(data, number)
                number += 1
                if found is not None:
                    sock.sendto(found, sender)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield sock.getsockname()[1]
        finally:
            done.set()
            thread.join()


def test_a_server_answers():
    """The answer comes back with a round trip that fits into the time it was given."""
    with responder(lambda data, _: answer(data, info(2))) as port:
        found, milliseconds = query("127.0.0.1", port, PATIENCE)

    assert found == info(2)
    assert 0.0 < milliseconds < 1000.0 * PATIENCE


def test_names_are_looked_up():
    """A name does as well as a number."""
    with responder(lambda data, _: answer(data, info(0))) as port:
        family = resolve("localhost", port)[0]
        if family == socket.AF_INET:
            assert query("localhost", port, PATIENCE)[0].name == "loopback"
    with pytest.raises(TrembleError, match="cannot find the host 'no\\.such\\.host\\.invalid'"):
        query("no.such.host.invalid", 4433)


def test_ipv6_is_spoken():
    """A server on ::1 is asked over IPv6."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with responder(lambda data, _: answer(data, info(1)), socket.AF_INET6) as port:
        assert query("::1", port, PATIENCE)[0] == info(1)


def test_however_many_play_one_question_is_enough():
    """The question is as long as any answer may be: no server asks for a longer one."""
    asked = []

    def reply(data: bytes, number: int) -> bytes | None:
        asked.append(len(data))
        return answer(data, info(60))

    with responder(reply) as port:
        found, _ = query("127.0.0.1", port, PATIENCE)

    assert found.current_players == 60
    assert 10 < len(found.players) < 60
    assert asked == [1200]


def test_lost_and_foreign_datagrams_are_outlived():
    """A lost question is asked again, and what is no answer is passed over."""

    def reply(data: bytes, number: int) -> bytes | None:
        if number == 0:
            return None
        return b"\x80 not an answer" if number == 1 else answer(data, info(3))

    with responder(reply) as port:
        found, _ = query("127.0.0.1", port, timeout=6.0)

    assert found.current_players == 3


def test_silence_is_an_error_that_says_where():
    """Without an answer the error names host, port and time."""
    with responder(lambda data, _: None) as port, pytest.raises(TrembleError) as caught:
        query("127.0.0.1", port, timeout=0.3)

    assert str(caught.value) == (
        f"no answer from 127.0.0.1:{port} within 0.3 s; is the server running there?"
    )


def test_a_closed_port_is_an_error():
    """Where nobody listens the same error comes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]

    with pytest.raises(TrembleError, match="no answer from"):
        query("127.0.0.1", port, timeout=0.3)
