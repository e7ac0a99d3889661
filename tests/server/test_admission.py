"""server/admission.py: who joins by ticket is the account; who must but cannot is told why."""

from secrets import token_bytes
from time import time

import pytest
from memory import Game
from rooms import room

from tremble import ticket, token
from tremble.client.client import Client
from tremble.net import messages
from tremble.net.messages import JOIN_BOT
from tremble.server.admission import Admission
from tremble.ticket import LIFE_MS, Ticket

PRIVATE = bytes(range(32))
SERVER = "5e" * 8
ANNA = "a" * 16


def sealed(name: str = "anna", server_id: str = SERVER, after_ms: int = 0) -> bytes:
    at = int(time() * 1000) + after_ms
    ratings = {"duel": (1712, 61)}
    made = Ticket(ANNA, name, server_id, at, at + LIFE_MS, token_bytes(16), ratings)
    return ticket.seal(made, PRIVATE)


@pytest.fixture
def game() -> Game:
    found = Game(room())
    found.server.house.admission = Admission(SERVER, token.public_key(PRIVATE))
    return found


def join(game: Game, shown: bytes = b"", flags: int = 0, host: str = "10.0.0.1") -> Client:
    client = game.client("nobody", flags, host)
    client.ticket = shown
    game.tick(60)
    return client


def refused(client: Client) -> str:
    assert client.refused is not None and client.refused.code == messages.REFUSED_TICKET
    return client.refused.reason


def test_ticket_makes_the_player(game: Game) -> None:
    """Player id, name and rating are the ticket's; results are then of the account."""
    client = join(game, sealed())

    assert client.welcome is not None and client.welcome.player_id == ANNA
    assert game.arena.match.tallies[0].who.name == "anna"
    [there] = game.server.clients.by_number.values()
    assert there.ratings == {"duel": (1712, 61)}


def test_same_person_twice(game: Game) -> None:
    """By another ticket the same account takes over from its older session."""
    first = join(game, sealed())
    second = join(game, sealed())

    assert first.refused is not None and first.refused.code == messages.REFUSED_DUPLICATE
    assert second.welcome is not None


def test_bad_tickets(game: Game) -> None:
    """Used, expired, of another server, of nobody: each is refused with its reason, as is a nameless one."""
    used = sealed()
    join(game, used)

    assert "used before" in refused(join(game, used))
    assert "out of date" in refused(join(game, sealed(after_ms=10 * LIFE_MS)))
    assert "another server" in refused(join(game, sealed(server_id="0" * 16)))
    assert "not given by the record" in refused(join(game, b"x" * 100))
    game.server.house.admission.record_key = None
    assert "no record" in refused(join(game, sealed()))


def test_nameless(game: Game) -> None:
    """A name without a visible character is none on a ticket either."""
    client = join(game, sealed(name="\x01"))

    assert client.refused is not None and client.refused.code == messages.REFUSED_NAME


def test_ticket_may_be_required(game: Game) -> None:
    """With require_ticket guests are told to sign in; bots are let in from this machine alone."""
    game.server.options.require_ticket = True

    assert "signed in" in refused(join(game))
    assert "signed in" in refused(join(game, flags=JOIN_BOT))
    assert join(game, flags=JOIN_BOT, host="127.0.0.1").welcome is not None
    assert join(game, sealed()).welcome is not None
