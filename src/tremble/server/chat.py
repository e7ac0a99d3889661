"""Commands by chat, `!kick Bob`, and the votes that players call with them, `!vote map arena_01`.

Who may call what goes by the player id (settings [admins]); everybody may vote. The answer is for the
caller alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tremble.log import logger
from tremble.match import votes
from tremble.net import messages
from tremble.server import commands
from tremble.server.arena import Arena
from tremble.server.calling import Caller
from tremble.server.clients import Client, clean
from tremble.server.command_vote import voters, votes_of

if TYPE_CHECKING:
    from tremble.server.loop import GameServer

log = logger("console")

MARK = "!"
#: Lines of an answer that are told by chat.
LINES = 6


class ChatCommands:
    """Hears what begins with MARK, and looks after the votes of *server*."""

    def __init__(self, server: GameServer) -> None:
        self.server = server
        server.clients.commanded = self.hear
        server.between.append(self.attend)

    def hear(self, client: Client, text: str) -> bool:
        """Obey *text* if it is a command; False: it is something to be said."""
        if client.arena is None or text[:1] != MARK or not text[1:2].isalpha():
            return False
        session = client.session
        role = self.server.house.roles.get(session.player_id, "viewer")
        caller = Caller(
            f"{session.name} ({session.player_id})", "chat", role, client.host, session.number
        )
        reply = commands.execute(self.server, caller, text.removeprefix(MARK))
        self.server.house.settle(reply)
        arena = client.arena
        if arena is not None:  # it may have kicked itself
            for line in reply.text.splitlines()[:LINES]:
                told = clean(line, messages.MAX_CHAT)
                if told:
                    arena.announce_to(session.number, told)
        return True

    def attend(self, now: float) -> None:
        """Close the votes that are decided."""
        for arena in self.server.arenas:
            found = votes_of(self.server, arena)
            if found.open is not None:
                self.decide(arena, found, now)

    def decide(self, arena: Arena, found: votes.Votes, now: float) -> None:
        """Do what the open vote of *arena* has decided, if it has."""
        vote = found.open
        outcome = found.advance(voters(arena), now)
        if vote is None or outcome == votes.OPEN:
            return
        self.server.touch()
        found.close()
        arena.announce(f"vote {'passed' if outcome == votes.PASSED else 'failed'}: {vote.line}")
        log.info("vote", arena=arena.number, line=vote.line, passed=outcome == votes.PASSED)
        if outcome == votes.PASSED:
            caller = Caller(f"vote of {vote.name} ({vote.by})", "vote", "moderator")
            reply = commands.execute(self.server, caller, vote.line)
            self.server.house.settle(reply)
            if not reply.ok:
                arena.announce(clean(reply.text, messages.MAX_CHAT))
