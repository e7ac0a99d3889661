"""server/clients.py: who is let in, and what those are told who are not."""

import pytest
from memory import Game
from rooms import room

from tremble.client.client import Client
from tremble.net import enet, messages
from tremble.net.messages import Join
from tremble.server.clients import clean


@pytest.fixture
def game() -> Game:
    return Game(room(), max_players=3, per_address=4)


def join_as(client: Client, join: Join) -> None:
    """Make *client* send *join* instead of its own."""
    client.send = lambda message: Client.send(
        client, join if isinstance(message, Join) else message
    )


def test_other_protocol_is_refused_with_a_reason(game: Game) -> None:
    """A client of another version is told both versions and which side is old, and is let go."""
    client = game.client("ann")
    join_as(client, Join(messages.PROTOCOL_VERSION + 1, b"k" * 16, 0, "ann"))

    game.tick(60)

    assert client.refused is not None
    assert client.refused.code == messages.REFUSED_PROTOCOL
    assert "protocol 2, this server 1" in client.refused.reason
    assert "server is too old" in client.refused.reason
    assert client.welcome is None
    assert game.server.clients.by_number == {}


def test_full_server_says_so(game: Game) -> None:
    """The fourth of three is told that the server is full."""
    clients = [game.client(f"p{i}", host=f"10.0.0.{i}") for i in range(4)]

    game.tick(60)

    assert [c.refused.reason if c.refused else None for c in clients] == [
        None, None, None, "the server is full (3)",
    ]  # fmt: skip


def test_nameless_is_refused(game: Game) -> None:
    """A name of nothing but spaces and control characters is no name."""
    client = game.client(" \x01\t ")

    game.tick(60)

    assert client.refused is not None and client.refused.code == messages.REFUSED_NAME


def test_joining_again_replaces_the_older_session(game: Game) -> None:
    """The same key from elsewhere takes over; the first is told why it is put out."""
    first = game.client("ann")
    game.tick(20)
    second = game.client("ann")

    game.tick(60)

    assert first.refused is not None and first.refused.code == messages.REFUSED_DUPLICATE
    assert second.slot == 0
    assert len(game.server.clients.by_number) == 1


def test_too_many_from_one_address(game: Game) -> None:
    """Beyond max_connections_per_ip a connection is refused; other addresses are not."""
    game.server.options.max_players = 16
    clients = [game.client(f"p{i}") for i in range(5)] + [game.client("far", host="10.9.9.9")]

    game.tick(60)

    assert [c.refused is not None for c in clients] == [False] * 4 + [True, False]


def test_loopback_may_connect_often(game: Game) -> None:
    """Bots and tests on the server's own machine are not limited by address."""
    game.server.options.max_players = 16
    clients = [game.client(f"p{i}", host="127.0.0.1") for i in range(8)]

    game.tick(60)

    assert all(c.welcome is not None for c in clients)


def test_silent_client_is_put_out(game: Game) -> None:
    """Who connects and never joins is put out after five seconds."""
    client = game.client("ann")
    client.send = lambda message: None

    game.tick(60 * 6)

    assert client.refused is not None and client.refused.code == messages.REFUSED_TIMEOUT
    assert game.server.clients.by_number == {}


def test_garbage_is_counted_and_ends_the_session(game: Game) -> None:
    """Malformed packets are borne twenty times, then the session is closed."""
    client = game.client("ann")
    game.tick(20)

    for _ in range(25):
        client.peer.send(messages.CHANNEL_RELIABLE, b"\xff rubbish", enet.RELIABLE)
        game.tick(2)
    game.tick(30)

    assert client.refused is not None and client.refused.code == messages.REFUSED_GARBAGE


def test_stop_tells_everybody(game: Game) -> None:
    """When the server stops every client hears it as the reason."""
    clients = [game.client("ann"), game.client("bob")]
    game.tick(20)

    game.server.clients.put_out_all(messages.REFUSED_STOPPING, "the server stops", game.now)
    game.tick(30)

    assert [c.refused.reason if c.refused else None for c in clients] == ["the server stops"] * 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  ann  lee ", "ann lee"),
        ("a\u202eb", "a b"),
        ("\x00\x1b[31mred", "[31mred"),
        ("x" * 50, "x" * 32),
        ("\u200b", ""),
        ("Zoë 龍", "Zoë 龍"),
    ],
)
def test_clean_names(text: str, expected: str) -> None:
    """Control and direction characters become spaces; spaces are single; length is bounded."""
    assert clean(text, 32) == expected
