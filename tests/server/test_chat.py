"""server/chat.py and command_vote.py: what players type with a `!` before it."""

import pytest
from memory import Game
from rooms import room

from tremble.client.client import Client
from tremble.net.messages import JOIN_BOT
from tremble.server import commands
from tremble.server.calling import Caller
from tremble.server.chat import ChatCommands


@pytest.fixture
def game() -> Game:
    played = Game(room(), mode="ffa")
    ChatCommands(played.server)
    for name in ("ann", "bob", "cyd"):
        played.client(name)
    played.client("robo", JOIN_BOT)
    played.tick(20)
    return played


def people(game: Game) -> list[Client]:
    return list(game.clients.values())[:3]


def type_chat(game: Game, client: Client, text: str) -> str:
    """Let *client* type *text*; return the last line it has heard then."""
    client.say(text)
    game.tick(10)
    return client.chat[-1].text if client.chat else ""


def test_commands_are_answered_to_their_caller_alone(game: Game) -> None:
    ann, bob, _ = people(game)

    assert "ann" in type_chat(game, ann, "!players") or ann.chat
    assert bob.chat == []


def test_exclamations_are_chat(game: Game) -> None:
    """Only a letter behind the mark makes a command."""
    ann, bob, _ = people(game)
    type_chat(game, ann, "!!! wow")

    assert [c.text for c in bob.chat] == ["!!! wow"]


def test_roles_go_by_player_id(game: Game) -> None:
    """A player may not kick; a moderator may."""
    ann, bob, _ = people(game)
    assert ann.welcome is not None
    refused = type_chat(game, ann, "!kick bob")
    game.server.house.roles[ann.welcome.player_id] = "moderator"
    type_chat(game, ann, "!kick bob language")
    game.tick(30)

    assert refused == "kick is for the role moderator; you have viewer"
    assert bob.refused is not None and bob.refused.reason == "you were kicked: language"


def test_vote_that_passes_is_done(game: Game) -> None:
    """Two of three people for it: done at once; the bot does not count."""
    ann, bob, cyd = people(game)
    type_chat(game, ann, "!vote kick cyd")
    called = bob.chat[-1].text
    type_chat(game, bob, "!yes")
    game.tick(30)

    assert called.startswith("ann calls a vote: kick ")
    assert any(c.text.startswith("vote passed") for c in ann.chat)
    assert cyd.refused is not None and cyd.refused.reason.endswith("by vote")


def test_vote_that_fails_does_nothing_and_cools_down(game: Game) -> None:
    ann, bob, cyd = people(game)
    before = game.arena.match.match_id
    type_chat(game, ann, "!vote restart")
    type_chat(game, bob, "!no")
    type_chat(game, cyd, "!no")

    assert game.arena.match.match_id == before
    assert any(c.text == "vote failed: restart 0" for c in ann.chat)
    assert "wait" in type_chat(game, ann, "!vote restart")


@pytest.mark.parametrize(
    "text",
    [
        "!vote map nowhere",
        "!vote mode soccer",
        "!vote stop now",
        "!vote kick",
        "!yes",
        "!vote cancel",
    ],
)
def test_what_cannot_be_voted_on(game: Game, text: str) -> None:
    """Nothing is opened, and the caller is told why."""
    told = type_chat(game, people(game)[0], text)

    assert told
    assert all(votes.open is None for votes in game.server.house.votes.values())


def test_moderator_cancels_a_vote(game: Game) -> None:
    """From the console too; without one it is refused."""
    admin = Caller("alice", "console", "admin")
    nothing = commands.execute(game.server, admin, "vote cancel")
    type_chat(game, people(game)[0], "!vote restart")
    done = commands.execute(game.server, admin, "vote cancel")

    assert (nothing.ok, done.ok, done.text) == (False, True, "cancelled: restart 0")
    assert commands.execute(game.server, admin, "vote restart").ok is False
