"""Our ENet host against libenet 1.3.17 (pyenet), both ways, over loopback sockets."""

import time
from collections.abc import Iterator

import enet
import pytest
from enet_ends import kinds, packets
from enet_loopback import Relay, SocketHost, until
from ports import closed

from tremble.net.enet import CONNECTED, DISCONNECTED, RELIABLE, UNRELIABLE, UNSEQUENCED, Peer

FLAGS = {
    RELIABLE: enet.PACKET_FLAG_RELIABLE,
    UNRELIABLE: enet.PACKET_FLAG_UNRELIABLE_FRAGMENT,
    UNSEQUENCED: enet.PACKET_FLAG_UNSEQUENCED | enet.PACKET_FLAG_UNRELIABLE_FRAGMENT,
}
SIZES = [0, 1, 63, 1000, 1364, 1365, 1392, 3000, 5000, 20_000]
CHANNELS = 12


class Theirs:
    """A pyenet host: what it heard, and steps."""

    def __init__(self, peers: int, port: int | None) -> None:
        address = None if port is None else enet.Address("127.0.0.1", port)
        self.host = enet.Host(address, peers, CHANNELS, 0, 0)
        self.heard: list[tuple[int, bytes]] = []
        self.connected: list[int] = []
        self.disconnected: list[int] = []
        self.peer: enet.Peer | None = None

    def step(self) -> None:
        while True:
            event = self.host.service(0, True)
            if event is None or event.type == enet.EVENT_TYPE_NONE:
                break
            if event.type == enet.EVENT_TYPE_RECEIVE:
                self.heard.append((event.channelID, event.packet.data))
            elif event.type == enet.EVENT_TYPE_CONNECT:
                self.connected.append(event.data)
                self.peer = event.peer
            else:
                self.disconnected.append(event.data)
        self.host.flush()

    def send(self, channel: int, data: bytes, mode: int) -> None:
        assert self.peer is not None
        assert self.peer.send(channel, enet.Packet(data, FLAGS[mode])) == 0


class Pair:
    """Ours and theirs, connected; which of them is the server differs."""

    def __init__(self, ours: SocketHost, theirs: Theirs, relay: Relay | None = None) -> None:
        self.ours = ours
        self.theirs = theirs
        self.relay = relay

    def step(self) -> None:
        self.ours.step()
        if self.relay:
            self.relay.step()
        self.theirs.step()
        if self.relay:
            self.relay.step()

    @property
    def peer(self) -> Peer:
        return self.ours.events[0].peer

    def wait_connected(self) -> None:
        assert until(lambda: bool(self.theirs.connected and self.ours.events), self.step)

    def close(self) -> None:
        self.ours.close()
        if self.relay:
            self.relay.close()


def we_serve(loss: float = 0.0, seed: int = 1) -> Pair:
    ours = SocketHost(4, CHANNELS)
    relay = Relay(ours.port, loss, seed) if loss else None
    theirs = Theirs(1, None)
    port = relay.port if relay else ours.port
    theirs.host.connect(enet.Address("127.0.0.1", port), CHANNELS, 0x80000007)
    return Pair(ours, theirs, relay)


def they_serve(loss: float = 0.0, seed: int = 1) -> Pair:
    theirs = Theirs(4, closed())
    relay = Relay(theirs.host.address.port, loss, seed) if loss else None
    ours = SocketHost(1, CHANNELS, accepts=False)
    port = relay.port if relay else theirs.host.address.port
    ours.host.connect(port.to_bytes(2, "big"), CHANNELS, 0x80000007, time.monotonic())
    return Pair(ours, theirs, relay)


@pytest.fixture(params=["we serve", "they serve"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """The two hosts, connected, with either as the server."""
    pair = we_serve() if request.param == "we serve" else they_serve()
    pair.wait_connected()
    yield pair
    pair.close()


def test_connect_data_arrives(pair: Pair) -> None:
    """The server hears the client's data, whoever is the server."""
    assert (pair.ours.events[0].kind, pair.ours.events[0].value or pair.theirs.connected[0]) == (
        CONNECTED,
        0x80000007,
    )
    assert pair.peer.channels == CHANNELS


@pytest.mark.parametrize("mode", [RELIABLE, UNRELIABLE, UNSEQUENCED])
def test_every_size_both_ways(pair: Pair, mode: int) -> None:
    """Packets from empty to 20,000 bytes arrive the same, with the same mode."""
    pair.peer.throttle_configure(5000, 32, 0)
    sent = [(n % CHANNELS, bytes([n % 251]) * size) for n, size in enumerate(SIZES)]
    long = 1392 - 28
    for count, (channel, data) in enumerate(sent, 1):
        pair.peer.send(channel, data, mode)
        pair.theirs.send(channel, data, mode)
        arrived = lambda n=count: (  # noqa: E731
            len(pair.theirs.heard) >= n and len(packets(pair.ours.events)) >= n
        )
        assert until(arrived, pair.step)

    assert pair.theirs.heard == sent
    expected = UNRELIABLE if mode == UNSEQUENCED else mode
    assert packets(pair.ours.events) == [
        (c, d, expected if len(d) > long else mode) for c, d in sent
    ]


def test_mixed_modes_on_one_channel(pair: Pair) -> None:
    """Reliable and unreliable packets sent in turn on one channel arrive in that order."""
    pair.peer.throttle_configure(5000, 32, 0)
    sent = [(2, b"%d" % n, RELIABLE if n % 3 == 0 else UNRELIABLE) for n in range(60)]
    for channel, data, mode in sent:
        pair.peer.send(channel, data, mode)
        pair.theirs.send(channel, data, mode)

    assert until(lambda: len(pair.theirs.heard) == len(sent), pair.step)
    assert until(lambda: len(packets(pair.ours.events)) == len(sent), pair.step)
    assert [d for _, d in pair.theirs.heard] == [d for _, d, _ in sent]
    assert packets(pair.ours.events) == sent


def test_many_reliable_at_once(pair: Pair) -> None:
    """2,000 reliable packets, more than a window, arrive in order both ways."""
    sent = [(0, b"%d" % n * 20) for n in range(2000)]
    for channel, data in sent:
        pair.peer.send(channel, data, RELIABLE)
        pair.theirs.send(channel, data, RELIABLE)

    assert until(lambda: len(pair.theirs.heard) == 2000, pair.step)
    assert until(lambda: len(packets(pair.ours.events)) == 2000, pair.step)
    assert pair.theirs.heard == sent
    assert [(c, d) for c, d, _ in packets(pair.ours.events)] == sent


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("make", [we_serve, they_serve])
def test_reliable_through_a_relay_that_drops(make: type, seed: int) -> None:
    """With every seventh datagram lost, reliable packets and pieces still arrive in order."""
    pair = make(1 / 7, seed)
    pair.wait_connected()
    sent = [(n % 3, b"%d" % n * (n * 7 % 700)) for n in range(80)]
    for channel, data in sent:
        pair.peer.send(channel, data, RELIABLE)
        pair.theirs.send(channel, data, RELIABLE)

    assert until(lambda: len(pair.theirs.heard) == 80, pair.step)
    assert until(lambda: len(packets(pair.ours.events)) == 80, pair.step)
    for channel in range(3):
        expected = [d for c, d in sent if c == channel]
        assert [d for c, d in pair.theirs.heard if c == channel] == expected
        assert [d for c, d, _ in packets(pair.ours.events) if c == channel] == expected
    assert pair.relay.lost > 0
    pair.close()


@pytest.mark.parametrize("form", ["disconnect", "disconnect_later", "disconnect_now"])
def test_we_disconnect(pair: Pair, form: str) -> None:
    """libenet hears the data of each of our ways to part."""
    pair.peer.send(0, b"last", RELIABLE)
    if form != "disconnect_later":
        assert until(lambda: bool(pair.theirs.heard), pair.step)
    pair.step()
    getattr(pair.peer, form)(42, time.monotonic())

    assert until(lambda: bool(pair.theirs.disconnected), pair.step)
    until(lambda: False, pair.step, 0.05)
    assert pair.theirs.disconnected == [42]
    assert pair.theirs.heard == [(0, b"last")]
    expected = [CONNECTED] if form == "disconnect_now" else [CONNECTED, DISCONNECTED]
    assert kinds(pair.ours.events) == expected
    assert pair.ours.host.peers == [None]


@pytest.mark.parametrize("form", ["disconnect", "disconnect_later", "disconnect_now"])
def test_they_disconnect(pair: Pair, form: str) -> None:
    """We hear the data of each of libenet's ways to part, and it hears our answer."""
    pair.theirs.send(0, b"last", RELIABLE)
    if form != "disconnect_later":
        assert until(lambda: bool(packets(pair.ours.events)), pair.step)
    getattr(pair.theirs.peer, form)(77)

    assert until(lambda: kinds(pair.ours.events)[-1] == DISCONNECTED, pair.step)
    assert pair.ours.events[-1].value == 77
    assert packets(pair.ours.events) == [(0, b"last", RELIABLE)]
    if form != "disconnect_now":
        # Less than the 5 s after which libenet gives up by itself.
        assert until(lambda: bool(pair.theirs.disconnected), pair.step, 4.5)


def test_throttle_reaches_libenet(pair: Pair) -> None:
    """Our throttle_configure sets what libenet uses."""
    pair.peer.throttle_configure(4000, 31, 0)

    assert until(lambda: pair.theirs.peer.packetThrottleInterval == 4000, pair.step)
    assert pair.theirs.peer.packetThrottleAcceleration == 31
    assert pair.theirs.peer.packetThrottleDeceleration == 0


def test_connection_lives_for_seconds(pair: Pair) -> None:
    """With pings alone both ends stay connected and know the round trip."""
    until(lambda: False, pair.step, 1.6)

    assert kinds(pair.ours.events) == [CONNECTED]
    assert pair.theirs.disconnected == []
    assert 0 < pair.peer.round_trip_time != 0.5  # with which both begin
    assert 0 < pair.theirs.peer.roundTripTime != 500


def test_full_server_turns_libenet_away_at_once() -> None:
    """A libenet client of a full server gets DISCONNECT within a moment, not after 30 s."""
    ours = SocketHost(1, 4)
    first, second = Theirs(1, None), Theirs(1, None)
    first.host.connect(enet.Address("127.0.0.1", ours.port), 4, 0)
    assert until(lambda: bool(ours.events), lambda: (ours.step(), first.step())[0])
    second.host.connect(enet.Address("127.0.0.1", ours.port), 4, 0)

    assert until(lambda: bool(second.disconnected), lambda: (ours.step(), second.step())[0])
    assert second.disconnected == [0x46554C4C]
    ours.close()
