"""server/udp.py: datagrams in batches, busy ports, addresses."""

import select
import socket

import pytest

from tremble.errors import ConfigError, PortBusy
from tremble.server import udp
from tremble.server.udp import BATCH, BatchedSocket, PlainSocket

KINDS = [BatchedSocket, PlainSocket]


@pytest.fixture(params=KINDS, ids=["batched", "plain"])
def pair(request):
    """Two bound sockets of the same kind on loopback, and the second's port."""
    with udp.bind("127.0.0.1", 0) as one, udp.bind("127.0.0.1", 0) as two:
        one.setblocking(False)
        two.setblocking(False)
        yield request.param(one), request.param(two), two.getsockname()[1]


def heard(sock, count):
    """Return the next *count* datagrams: the system delivers on loopback when it gets round to it."""
    found = []
    while len(found) < count:
        assert select.select([sock.sock], [], [], 60)[0], "they never came"
        batch = sock.receive()
        assert len(batch) <= BATCH
        found += batch
    return found


def test_datagrams_arrive_whole_and_in_batches(pair) -> None:
    """Any size up to an MTU, more than a batch of them, with the sender's address."""
    one, two, port = pair
    sent = [bytes([i % 256]) * (i * 7 % 1392 + 1) for i in range(BATCH + 20)]

    assert one.send([(data, one.address("127.0.0.1", port)) for data in sent]) == len(sent)

    found = heard(two, len(sent))
    assert [data for data, _ in found] == sent
    assert two.receive() == []
    assert two.address_text(found[0][1]) == f"127.0.0.1:{one.sock.getsockname()[1]}"


def test_answer_goes_to_the_address_received(pair) -> None:
    """The opaque address of a datagram is where an answer goes."""
    one, two, port = pair
    one.send([(b"ping", one.address("127.0.0.1", port))])

    [(_, sender)] = heard(two, 1)
    two.send([(b"pong", sender)])

    assert [data for data, _ in heard(one, 1)] == [b"pong"]


def test_nobody_at_the_other_end_is_no_error(pair) -> None:
    """Refused datagrams (ICMP) neither raise nor stop the others."""
    one, two, port = pair
    with udp.bind("127.0.0.1", 0) as gone:
        dead = gone.getsockname()[1]

    for _ in range(3):
        one.send([(b"x", one.address("127.0.0.1", dead))])
        one.send([(b"y", one.address("127.0.0.1", port))])

    assert [data for data, _ in heard(two, 3)] == [b"y"] * 3


@pytest.mark.parametrize("kind", KINDS)
def test_ipv6_takes_both(kind) -> None:
    """A socket on :: hears IPv4 and IPv6 and answers both."""
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    try:
        both = udp.bind("::", 0)
    except ConfigError as error:
        pytest.skip(f"this machine has no IPv6: {error}")
    with both, udp.bind("127.0.0.1", 0) as four:
        server = kind(both)
        both.setblocking(False)
        four.settimeout(60)
        four.sendto(b"hello", ("127.0.0.1", both.getsockname()[1]))
        [(data, sender)] = heard(server, 1)
        server.send([(data, sender)])

        assert four.recv(100) == b"hello"
        assert server.address_text(sender) == f"[::ffff:127.0.0.1]:{four.getsockname()[1]}"


def test_busy_port_is_named() -> None:
    """A port that another program has: its number, and what to do."""
    with udp.bind("127.0.0.1", 0) as first:
        port = first.getsockname()[1]

        with pytest.raises(
            PortBusy, match=f"UDP port {port} is in use.*--port {port + 1}"
        ) as caught:
            udp.bind("127.0.0.1", port)

    assert caught.value.exit_code == 4


def test_foreign_address_is_refused() -> None:
    """server.bind must be an address of this machine."""
    with pytest.raises(ConfigError, match=r"cannot listen on 192\.0\.2\.1"):
        udp.bind("192.0.2.1", 0)
