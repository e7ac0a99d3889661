"""Our ENet host against the real Godot 4 engine, as its server and as its client."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from enet_ends import kinds, packets
from enet_loopback import SocketHost, until
from godot_engine import Godot
from ports import closed

from tremble.net.enet import (
    CONNECTED,
    DISCONNECTED,
    REFUSED_FULL,
    RELIABLE,
    UNRELIABLE,
    UNSEQUENCED,
    Peer,
)

PROJECT = Path(__file__).parent / "godot"
SIZES = [0, 1, 500, 1364, 1365, 5000]
Run = Callable[..., Godot]


@pytest.fixture
def run(godot: Path, tmp_path: Path) -> Iterator[Run]:
    """Start scripts in the engine; all of them are ended after the test."""
    running: list[Godot] = []

    def start(script: str, *args: object) -> Godot:
        running.append(Godot(godot, PROJECT, tmp_path, script, *map(str, args)))
        return running[-1]

    yield start
    for engine in running:
        engine.close()


@pytest.fixture
def server() -> Iterator[SocketHost]:
    """A server of ours."""
    ours = SocketHost(4, 6)
    yield ours
    ours.close()


@pytest.fixture
def client() -> Iterator[SocketHost]:
    """A client of ours."""
    ours = SocketHost(1, 6, accepts=False)
    yield ours
    ours.close()


def both(ours: SocketHost, engine: Godot) -> Callable[[], None]:
    def step() -> None:
        ours.step()
        engine.step()

    return step


def wait(done: Callable[[], bool], ours: SocketHost, engine: Godot) -> None:
    assert until(done, both(ours, engine)), "\n".join(engine.output[-20:])


def connect(ours: SocketHost, run: Run, script: str, data: int = 0) -> tuple[Godot, Peer]:
    """Start *script* as a server and connect to it."""
    port = closed()
    engine = run(script, "server", port, 4)
    wait(lambda: bool(engine.events("ready")), ours, engine)
    ours.host.connect(port.to_bytes(2, "big"), 6, data, time.monotonic())
    wait(lambda: bool(ours.events), ours, engine)
    return engine, ours.events[0].peer


def check_low(ours: SocketHost, engine: Godot, peer: Peer) -> None:
    """Check what low.gd sends by itself, and that it gets back what we send."""
    wait(lambda: len(packets(ours.events)) == 18, ours, engine)
    for channel, mode in enumerate([RELIABLE, UNRELIABLE, UNSEQUENCED]):
        arrived = [(d, m) for c, d, m in packets(ours.events) if c == channel]
        expected = [(bytes([n % 251]) * n, mode) for n in SIZES]
        if mode == UNSEQUENCED:  # what is sent in pieces is sequenced, and may overtake
            expected = expected[:4] + [(d, UNRELIABLE) for d, _ in expected[4:]]
        assert sorted(arrived, key=lambda a: len(a[0])) == expected

    ours.events.clear()
    peer.throttle_configure(5000, 32, 0)
    modes = [RELIABLE, UNRELIABLE, UNSEQUENCED]
    for n, size in enumerate(SIZES):
        for mode in modes:
            peer.send(3 + mode, bytes([n]) * size, mode)
    wait(lambda: len(packets(ours.events)) == 18, ours, engine)
    for mode in modes:
        echoed = [d for c, d, _ in packets(ours.events) if c == 3 + mode]
        assert sorted(echoed, key=len) == [bytes([n]) * size for n, size in enumerate(SIZES)]


def test_enet_connection_as_client(server: SocketHost, run: Run) -> None:
    """ENetConnection connects to us with its data; all modes and sizes pass both ways."""
    engine = run("low.gd", "client", server.port, 0x7E3B1E01)
    wait(lambda: bool(server.events), server, engine)
    peer = server.events[0].peer

    assert (server.events[0].kind, server.events[0].value) == (CONNECTED, 0x7E3B1E01)
    assert peer.channels == 6
    check_low(server, engine, peer)
    peer.send(0, b"bye", RELIABLE)
    wait(lambda: kinds(server.events)[-1] == DISCONNECTED, server, engine)
    assert server.events[-1].value == 42
    wait(engine.ended, server, engine)


def test_enet_connection_as_server(client: SocketHost, run: Run) -> None:
    """We connect to ENetConnection; all modes and sizes pass both ways, our goodbye arrives."""
    engine, peer = connect(client, run, "low.gd", data=0x80000001)

    check_low(client, engine, peer)
    assert engine.events("connected")[0]["data"] == 0x80000001
    peer.disconnect(4242, time.monotonic())
    wait(lambda: bool(engine.events("disconnected")), client, engine)
    assert engine.events("disconnected")[0]["data"] == 4242
    wait(lambda: kinds(client.events)[-1] == DISCONNECTED, client, engine)


@pytest.mark.parametrize("form", ["disconnect", "disconnect_later", "disconnect_now"])
def test_enet_connection_hears_why_it_is_sent_away(server: SocketHost, run: Run, form: str) -> None:
    """Each of our ways to part reaches a Godot client with its data."""
    engine = run("low.gd", "client", server.port, 0)
    wait(lambda: len(packets(server.events)) == 18, server, engine)

    getattr(server.events[0].peer, form)(99, time.monotonic())

    wait(engine.ended, server, engine)
    wait(lambda: bool(engine.events("disconnected")), server, engine)
    assert engine.events("disconnected")[0]["data"] == 99


def test_full_server_turns_godot_away_at_once(server: SocketHost, run: Run) -> None:
    """A Godot client of a full server hears REFUSED_FULL at once instead of waiting 30 s."""
    server.host.peer_limit = 1
    first = run("low.gd", "client", server.port, 0)
    wait(lambda: bool(server.events), server, first)

    second = run("low.gd", "client", server.port, 0)
    wait(second.ended, server, second)
    second.step()

    assert second.events("connected") == []
    assert second.events("disconnected")[0]["data"] == REFUSED_FULL


def check_multiplayer(ours: SocketHost, engine: Godot, peer: Peer) -> None:
    """Check what multiplayer.gd sends by itself, and that it reads what we send."""
    wait(lambda: len(packets(ours.events)) == 12, ours, engine)
    arrived = sorted((c, len(d), d[0], m) for c, d, m in packets(ours.events))
    # Transfer channel 0 is ENet channel 0 (reliable) or 1, k is k + 1; a packet has no header.
    assert arrived == sorted(
        [
            (0, 1, 2, RELIABLE),
            (0, 5000, 2, RELIABLE),
            (1, 1, 0, UNSEQUENCED),
            (1, 5000, 0, UNRELIABLE),
            (1, 1, 1, UNRELIABLE),
            (1, 5000, 1, UNRELIABLE),
            (3, 1, 22, RELIABLE),
            (3, 5000, 22, RELIABLE),
            (3, 1, 20, UNSEQUENCED),
            (3, 5000, 20, UNRELIABLE),
            (3, 1, 21, UNRELIABLE),
            (3, 5000, 21, UNRELIABLE),
        ]
    )
    peer.throttle_configure(5000, 32, 0)
    for size in (10, 5001):
        peer.send(0, bytes(size), RELIABLE)
        peer.send(1, bytes(size), UNRELIABLE)
        peer.send(3, bytes(size), UNSEQUENCED)
    wait(lambda: len(engine.events("received")) == 6, ours, engine)
    heard = {(e["channel"], e["mode"], e["size"]) for e in engine.events("received")}
    assert {(0, 2, 10), (0, 2, 5001), (0, 1, 10), (0, 1, 5001), (2, 0, 10)} <= heard


def test_multiplayer_peer_as_client(server: SocketHost, run: Run) -> None:
    """ENetMultiplayerPeer connects with its id as data; raw packets pass both ways."""
    engine = run("multiplayer.gd", "client", server.port)
    wait(lambda: bool(server.events), server, engine)

    wait(lambda: bool(engine.events("connected")), server, engine)
    assert server.events[0].value == engine.events("ready")[0]["id"]
    assert engine.events("connected")[0]["id"] == 1
    check_multiplayer(server, engine, server.events[0].peer)
    server.events[0].peer.disconnect_later(1, time.monotonic())
    wait(engine.ended, server, engine)


def test_multiplayer_peer_as_server(client: SocketHost, run: Run) -> None:
    """We connect to ENetMultiplayerPeer with an id of ours; raw packets pass both ways."""
    engine, peer = connect(client, run, "multiplayer.gd", data=77)

    wait(lambda: bool(engine.events("connected")), client, engine)
    assert engine.events("connected")[0]["id"] == 77
    check_multiplayer(client, engine, peer)
    peer.disconnect(0, time.monotonic())
    wait(lambda: bool(engine.events("disconnected")), client, engine)


def test_full_server_turns_multiplayer_peer_away_at_once(server: SocketHost, run: Run) -> None:
    """ENetMultiplayerPeer gives up within seconds on a full server, not after 30."""
    server.host.peer_limit = 1
    first = run("low.gd", "client", server.port, 0)
    wait(lambda: bool(server.events), server, first)

    second = run("multiplayer.gd", "client", server.port)
    wait(second.ended, server, second)
    second.step()

    assert second.events("connected") == []
    assert [gone["connected"] for gone in second.events("gone")] == [False]
