"""Commands by which players vote: on the map, the mode, starting over, putting somebody out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tremble.errors import CommandError
from tremble.match.votes import Votes
from tremble.server.arena import Arena
from tremble.server.calling import Caller, Command, Reply
from tremble.server.clients import Client
from tremble.server.command_match import check_choice
from tremble.server.command_people import find_player

if TYPE_CHECKING:
    from tremble.server.loop import GameServer

#: What may be voted on.
VOTABLE = ("map", "mode", "restart", "kick")


def votes_of(server: GameServer, arena: Arena) -> Votes:
    """Return the votes of *arena*."""
    house = server.house
    if arena.number not in house.votes:
        house.votes[arena.number] = Votes(house.vote_settings)
    return house.votes[arena.number]


def voters(arena: Arena) -> list[str]:
    """Return the player ids of all people here who may vote: all but bots."""
    return [m.who.player_id for m in arena.members.members.values() if not m.who.bot]


def caller_of(server: GameServer, caller: Caller) -> Client:
    """Return who types. Raises CommandError if it is nobody in an arena."""
    client = server.clients.by_number.get(caller.number)
    if client is None or client.arena is None:
        raise CommandError("only who is in the game votes, by chat; `vote cancel` ends a vote")
    return client


def vote(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """Call a vote, or end one."""
    if words[0].lower() == "cancel":
        return cancel(server, caller)
    client = caller_of(server, caller)
    arena = client.arena
    assert arena is not None
    line = votable(server, arena, words)
    if client.session.bot or not server.house.voting:
        raise CommandError("nothing is voted on here")
    session = client.session
    refused = votes_of(server, arena).call(line, session.player_id, session.name, server.now)
    if refused:
        raise CommandError(refused)
    arena.announce(f"{session.name} calls a vote: {line}. Say !yes or !no")
    return Reply(True, "", {"vote": line}, after=line)


def votable(server: GameServer, arena: Arena, words: list[str]) -> str:
    """Return the command that *words* stand for, for *arena* alone. Raises CommandError."""
    name = words[0].lower()
    if name not in VOTABLE or (name != "restart" and len(words) < 2):
        raise CommandError(f"vote on {', '.join(VOTABLE)}: vote map NAME")
    if name == "restart":
        return f"restart {arena.number}"
    if name == "kick":
        client = find_player(server, " ".join(words[1:]))
        if client.arena is not arena:
            raise CommandError(f"{client.session.name} is not here")
        return f"kick {client.session.player_id} by vote"
    check_choice(server, name, words[1])
    return f"{name} {words[1]} {arena.number}"


def cancel(server: GameServer, caller: Caller) -> Reply:
    """End all open votes without doing what they ask for."""
    if not caller.may("moderator"):
        raise CommandError("only a moderator ends a vote")
    ended = []
    for arena in server.arenas:
        found = votes_of(server, arena)
        if found.open is not None:
            ended.append(found.open.line)
            found.close()
            arena.announce(f"vote cancelled: {ended[-1]}")
    if not ended:
        raise CommandError("nothing is voted on")
    return Reply(True, f"cancelled: {', '.join(ended)}", before=ended)


def cast(server: GameServer, caller: Caller, choice: bool) -> Reply:
    """Count the choice of *caller*."""
    client = caller_of(server, caller)
    assert client.arena is not None
    if client.session.bot or not votes_of(server, client.arena).cast(
        client.session.player_id, choice
    ):
        raise CommandError("nothing is voted on")
    return Reply(True, "counted")


COMMANDS = (
    Command(
        "vote",
        "vote map NAME|mode NAME|restart|kick PLAYER|cancel",
        "Call a vote by chat; `cancel`, for moderators, ends one.",
        "viewer",
        vote,
        1,
    ),
    Command(
        "yes",
        "yes",
        "Vote for it, by chat.",
        "viewer",
        lambda server, caller, _: cast(server, caller, True),
        changes=False,
    ),
    Command(
        "no",
        "no",
        "Vote against it, by chat.",
        "viewer",
        lambda server, caller, _: cast(server, caller, False),
        changes=False,
    ),
)
