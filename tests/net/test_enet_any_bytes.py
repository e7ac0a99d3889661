"""Any bytes at all, and a checkpoint at any moment: nothing raises, nothing changes."""

import pytest
from enet_ends import CLIENT, SERVER, TICK, Ends, kinds, payloads
from hypothesis import given, settings
from hypothesis import strategies as st

from tremble.net.enet import (
    CONNECTED,
    MAX_PACKET,
    RELIABLE,
    UNRELIABLE,
    UNSEQUENCED,
    Event,
    Host,
)
from tremble.net.enet_receive import MAX_WAITING
from tremble.net.link import LinkQuality

ROUGH = LinkQuality(loss=0.15, duplication=0.1, delay=0.02, jitter=0.06, reordering=0.1)
MODES = [RELIABLE, UNRELIABLE, UNSEQUENCED]


def busy_ends(seed: int, ticks: int) -> Ends:
    """Return two ends in the middle of all kinds of traffic over a rough link."""
    ends = Ends(ROUGH, seed=seed)
    there, here = ends.connect()
    for n in range(ticks):
        for peer in (there, here):
            peer.send(n % 4, bytes([n & 255]) * (n * 97 % 4000), MODES[n % 3])
        ends.tick()
    return ends


def summary(events: list[Event]) -> list[tuple[int, int, int, bytes, int, int]]:
    return [(e.kind, e.peer.id, e.channel, e.data, e.value, e.mode) for e in events]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=20))
def test_any_bytes_are_counted(datagrams: list[bytes]) -> None:
    """Bytes from nowhere give no event and are counted, each once."""
    host = Host(4, 4, 1)

    for data in datagrams:
        host.receive_datagram(data, CLIENT, 0.0)

    assert host.take_events() == []
    assert host.datagrams_in == len(datagrams)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 5),
    st.lists(
        st.tuples(
            st.integers(0, 10_000),
            st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6),
            st.integers(0, 1500),
        ),
        max_size=60,
    ),
)
def test_mutated_datagrams_of_a_connection(
    seed: int, changes: list[tuple[int, list[tuple[int, int]], int]]
) -> None:
    """Real datagrams with bytes changed or cut off never raise and never break a bound."""
    ends = busy_ends(seed, 40)
    real = list(ends.sent_up)
    live = ends.server.peers[0]
    for which, edits, length in changes:
        data = bytearray(real[which % len(real)])
        for place, value in edits:
            # The first two bytes stay: a wrong peer or session is dropped at once.
            data[2 + place % (len(data) - 2)] = value
        ends.server.receive_datagram(bytes(data[: max(length, 4)]), CLIENT, ends.now)
        assert live is None or 0 <= live.waiting <= MAX_WAITING

    ends.server.datagrams_to_send(ends.now)
    for event in ends.server.take_events():
        assert len(event.data) <= MAX_PACKET
    ends.server.pack(ends.now)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(min_size=4, max_size=120), max_size=40))
def test_any_commands_in_a_connection(bodies: list[bytes]) -> None:
    """A connected peer may send any commands: no exception, no unbounded memory."""
    ends = Ends()
    there, here = ends.connect()
    header = (0x8000 | there.outgoing_session << 12).to_bytes(2, "big") + bytes(2)

    for body in bodies:
        ends.server.receive_datagram(header + body, CLIENT, ends.now)
        ends.server.datagrams_to_send(ends.now)

    assert here.waiting <= MAX_WAITING
    assert len(here.acks) <= 1024


@pytest.mark.parametrize("seed", range(6))
def test_unpacked_host_goes_on_the_same(seed: int) -> None:
    """From any moment, the unpacked host sends the same datagrams and tells the same events."""
    ends = busy_ends(seed, 20 + 13 * seed)
    server = Host.unpack(ends.server.pack(ends.now), ends.now)

    for n in range(200):
        ends.now += TICK
        for host in (ends.server, server):
            for peer in host.peers:
                if peer is not None:
                    peer.send(n % 4, bytes(n * 31 % 2500), MODES[n % 3])
        out = ends.server.datagrams_to_send(ends.now)
        assert server.datagrams_to_send(ends.now) == out
        assert server.next_timer(ends.now) == ends.server.next_timer(ends.now)
        for data, _ in out:
            ends.down.send(data, ends.now)
        for data, _ in ends.client.datagrams_to_send(ends.now):
            ends.up.send(data, ends.now)
        for data in ends.up.receive(ends.now):
            ends.server.receive_datagram(data, CLIENT, ends.now)
            server.receive_datagram(data, CLIENT, ends.now)
        for data in ends.down.receive(ends.now):
            ends.client.receive_datagram(data, SERVER, ends.now)
        assert summary(server.take_events()) == summary(ends.server.take_events())

    assert server.pack(ends.now) == ends.server.pack(ends.now)


@pytest.mark.parametrize("seed", range(4))
def test_taking_over_at_every_tick_is_not_noticed(seed: int) -> None:
    """With a server that is packed and unpacked each tick, nothing reliable is lost or doubled."""
    ends = Ends(ROUGH, seed=seed)
    there, _ = ends.connect()
    sent = [b"%d" % n * (n * 17 % 400) for n in range(100)]

    for data in sent:
        there.send(0, data, RELIABLE)
        ends.server.peers[0].send(1, data, RELIABLE)
        ends.server = Host.unpack(ends.server.pack(ends.now), ends.now)
        ends.tick()
    for _ in range(640):
        ends.server = Host.unpack(ends.server.pack(ends.now), ends.now)
        ends.tick()

    assert payloads(ends.at_server) == sent
    assert payloads(ends.at_client) == sent


def test_unpacked_clock_goes_on_elsewhere() -> None:
    """On a machine with another clock the host goes on: round trips stay what they were."""
    ends = Ends(LinkQuality(delay=0.05))
    ends.connect()
    ends.run(5)
    before = ends.server.peers[0].round_trip_time
    shift = 123_456.0

    moved = Host.unpack(ends.server.pack(ends.now), ends.now + shift)
    for _ in range(640):
        ends.now += TICK
        for data, _ in ends.client.datagrams_to_send(ends.now):
            ends.up.send(data, ends.now)
        for data in ends.up.receive(ends.now):
            moved.receive_datagram(data, CLIENT, ends.now + shift)
        for data, _ in moved.datagrams_to_send(ends.now + shift):
            ends.down.send(data, ends.now)
        for data in ends.down.receive(ends.now):
            ends.client.receive_datagram(data, SERVER, ends.now)

    assert moved.take_events() == []
    assert abs(moved.peers[0].round_trip_time - before) < 0.02


def test_half_open_and_events_are_packed_too() -> None:
    """A checkpoint between CONNECT and its acknowledgement, with events not yet taken, is whole."""
    ends = Ends()
    there, _ = ends.connect()
    other = Host(1, 4, 50, accepts=False)
    other.connect(SERVER, 4, 9, ends.now)
    ends.server.receive_datagram(other.datagrams_to_send(ends.now)[0][0], b"other", ends.now)
    there.send(0, b"not yet taken", RELIABLE)
    there.disconnect_later(3, ends.now)
    for _ in range(8):
        ends.now += TICK
        for data, _ in ends.client.datagrams_to_send(ends.now):
            ends.server.receive_datagram(data, CLIENT, ends.now)
        for data, address in ends.server.datagrams_to_send(ends.now):
            target = other if address == b"other" else ends.client
            target.receive_datagram(data, SERVER, ends.now)

    moved = Host.unpack(ends.server.pack(ends.now), ends.now)
    for data, _ in other.datagrams_to_send(ends.now):
        moved.receive_datagram(data, b"other", ends.now)

    events = moved.take_events()
    assert payloads(events) == [b"not yet taken"]
    assert kinds(events)[-1] == CONNECTED
    assert (events[-1].value, events[-2].value) == (9, 3)


def test_every_attribute_is_packed() -> None:
    """No attribute of a peer, channel, command or waiting packet is left out of a checkpoint."""
    ends = busy_ends(3, 60)
    ends.server.peers[0].tag = 5

    again = Host.unpack(ends.server.pack(ends.now), ends.now)

    assert snapshot(again) == snapshot(ends.server)


def snapshot(thing: object) -> object:
    """Return *thing* with all that it holds, as plain values."""
    if isinstance(thing, list | tuple):
        return [snapshot(item) for item in thing]
    if isinstance(thing, dict):
        return [(key, snapshot(value)) for key, value in thing.items()]
    if type(thing).__module__.startswith("tremble"):
        names = [n for n in dir(thing) if not n.startswith("_")]
        values = [(n, getattr(thing, n)) for n in names]
        return [(n, snapshot(v)) for n, v in values if not callable(v)]
    return thing


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 4000), st.binary(min_size=1, max_size=4))
def test_damaged_checkpoint_is_refused(length: int, more: bytes) -> None:
    """A checkpoint that was cut or has bytes too many raises ValueError."""
    packed = busy_ends(1, 5).server.pack(1001.0)

    with pytest.raises(ValueError, match="packed host"):
        Host.unpack(packed[: length % len(packed)], 1001.0)
    with pytest.raises(ValueError, match="packed host"):
        Host.unpack(packed + more, 1001.0)
