"""server/password.py and net/password.py: who knows the password joins, and nobody hears it."""

import pytest
from memory import Game
from rooms import room

from tremble.client.client import Client
from tremble.net import password
from tremble.net.messages import REFUSED_PASSWORD, Challenge, Prove
from tremble.server.password import MAX_FAILURES

SECRET = "öpen sesame"
#: First bytes of a secret, and a proof, as OpenSSL makes them.
VECTOR = ("7eaaa213", "ddad9f2f36ba491f18e0508388a571bb")


@pytest.fixture
def game() -> Game:
    played = Game(room())
    played.server.options.password = SECRET
    return played


def knows(game: Game, name: str, text: str, host: str = "10.0.0.1") -> Client:
    client = game.client(name, host=host)
    client.password = text
    return client


def test_who_knows_it_joins_and_it_is_not_sent(game: Game) -> None:
    """The right password seats the player; no datagram either way holds it, or the key made of it."""
    ann = knows(game, "ann", SECRET)
    game.tick(20)

    assert ann.welcome is not None and ann.refused is None
    sent = b"".join(data for _, _, data in game.carried)
    assert SECRET.encode() not in sent
    assert game.server.clients.gate.secret not in sent


def test_wrong_and_missing_are_put_out(game: Game) -> None:
    """A wrong password is told at once; who has none is asked and then put out for saying nothing."""
    bob, cyd = knows(game, "bob", "open sesame"), game.client("cyd")
    game.tick(20)
    asked = cyd.asked

    game.tick(60 * 6)

    assert bob.refused is not None
    assert (bob.refused.code, bob.refused.reason) == (REFUSED_PASSWORD, "wrong password")
    assert asked is not None and cyd.welcome is None
    assert cyd.refused is not None and "in time" in cyd.refused.reason


def test_loopback_is_not_asked(game: Game) -> None:
    """Bots on the server's own machine need no password."""
    bot = game.client("bot", host="127.0.0.1")

    game.tick(20)

    assert bot.welcome is not None and bot.asked is None


def test_guessing_locks_an_address_out(game: Game) -> None:
    """After five wrong ones even the right one is refused from there, for a minute; not from elsewhere."""
    for i in range(MAX_FAILURES):
        knows(game, f"guess{i}", f"guess {i}")
        game.tick(20)
    late, other = knows(game, "late", SECRET), knows(game, "other", SECRET, "10.0.0.2")
    game.tick(20)
    game.now += 61.0
    again = knows(game, "again", SECRET)
    game.tick(20)

    assert late.refused is not None and "try again in" in late.refused.reason
    assert other.welcome is not None
    assert again.welcome is not None


def test_one_answer_to_each_challenge(game: Game) -> None:
    """A proof that is repeated, or sent without a question, is left aside; guessing so gains nothing."""
    ann = game.client("ann")
    game.tick(20)
    before = len(game.server.clients.gate.lockout.by_address)
    ann.send(Prove(bytes(16)))
    ann.send(Prove(bytes(16)))
    game.tick(10)

    assert before == 0
    assert ann.refused is not None and ann.refused.code == REFUSED_PASSWORD
    [failures] = game.server.clients.gate.lockout.by_address.values()
    assert failures.count == 1


def test_proof_is_for_one_connection_and_player() -> None:
    """Another nonce, key or salt asks for another proof."""
    secret = password.secret_of(SECRET, b"s" * 16, password.ROUNDS)
    shown = password.proof(secret, b"n" * 16, b"k" * 16)

    assert password.proves(secret, b"n" * 16, b"k" * 16, shown)
    assert not password.proves(secret, b"m" * 16, b"k" * 16, shown)
    assert not password.proves(secret, b"n" * 16, b"l" * 16, shown)
    assert not password.proves(
        password.secret_of(SECRET, b"t" * 16, password.ROUNDS), b"n" * 16, b"k" * 16, shown
    )


def test_proof_is_the_one_that_the_page_describes() -> None:
    """A vector made by hand, so that other clients can check theirs."""
    secret = password.secret_of("password", bytes(16), 10_000)
    shown = password.proof(secret, bytes(range(16)), bytes(range(16, 32)))

    assert len(secret) == 32
    assert (secret[:4].hex(), shown.hex()) == VECTOR


@pytest.mark.parametrize("rounds", [1, 9_999, 1_000_001])
def test_cheap_and_costly_questions_are_not_answered(game: Game, rounds: int) -> None:
    """A false server must not learn a proof that it could guess from, nor keep the client busy."""
    ann = knows(game, "ann", SECRET)
    sent: list[object] = []
    ann.send = sent.append

    ann.hear_message(Challenge(bytes(16), bytes(16), rounds))

    assert sent == []


def test_changed_password_holds_at_once(game: Game) -> None:
    """After a change the old one is refused, and without one nobody is asked."""
    old, new = knows(game, "old", SECRET), None
    game.server.options.password = "other"
    game.tick(20)
    new = knows(game, "new", "other")
    game.tick(20)
    game.server.options.password = ""
    anyone = game.client("anyone")
    game.tick(20)

    assert old.refused is not None
    assert new.welcome is not None
    assert anyone.welcome is not None
