"""The house: what holds in this process whatever is played in it. Bans, mutes, roles, audit, drain."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tremble import maps
from tremble.errors import ConfigError
from tremble.match.votes import Votes, VoteSettings
from tremble.metrics import Family
from tremble.server import bans
from tremble.server.admission import Admission
from tremble.server.audit import Audit
from tremble.server.bans import Bans
from tremble.server.calling import ROLES, Caller, Reply
from tremble.server.drain import Drain
from tremble.server.draws import SECRET_BYTES, Draws
from tremble.server.leave import Leave
from tremble.sim.level import Level

if TYPE_CHECKING:
    from tremble.server.restore import Restore


class House:
    """*directory* holds bans, audit log and maps; without one nothing is kept.

    *roles*: what players may call by chat, by player id. Raises ConfigError for a role there is not.
    """

    def __init__(
        self, directory: Path | None = None, roles: Mapping[str, str] | None = None
    ) -> None:
        self.directory = directory
        self.roles = dict(roles or {})
        for player_id, role in self.roles.items():
            if role not in ROLES:
                raise ConfigError(f"admins: {player_id} is {role!r}; there are {', '.join(ROLES)}")
        self.bans = Bans(directory)
        self.audit = Audit(directory)
        self.muted: set[str] = set()
        self.drain = Drain()
        self.draws = Draws(secrets.token_bytes(SECRET_BYTES))
        self.admission = Admission()
        self.leave: Leave | None = None  # the process is to end and to come back
        self.voting = True
        self.vote_settings = VoteSettings()
        self.votes: dict[int, Votes] = {}  # by the number of the arena
        self.levels: dict[str, Level] = {}
        #: Takes a reply that nobody waits for: its writes are to be done.
        self.settle: Callable[[Reply], None] = write_at_once
        #: Begins a backup, False if one is being made; None: there is nothing to back up.
        self.backup: Callable[[], bool] | None = None
        #: Takes wishes to restore the record; None: nobody looks after this process.
        self.restore: Restore | None = None
        #: What is told of the process, to metrics and to who watches it; the worker knows it all.
        self.families: Callable[[], list[Family]] = list
        self.status: Callable[[], dict[str, Any]] = dict
        #: Sees to it that what waits for the record is sent at once; returns how much waits.
        self.flush: Callable[[], int] = no_outbox

    def barred(self, host: str, player_id: str) -> str | None:
        """Return what is told to somebody at *host*, with *player_id* if known, who is banned."""
        now = datetime.now(UTC)
        ban = self.bans.of_address(host, now)
        if ban is None and player_id:
            ban = self.bans.of_player(player_id, now)
        return bans.told(ban) if ban is not None else None

    def level(self, name: str) -> Level:
        """Return the map *name*. Raises MapError or ConfigError.

        Read in the loop's thread: a map takes less than a tick, and is asked for between matches.
        """
        if name not in self.levels:
            self.levels[name] = maps.load(name, self.directory or Path())
        return self.levels[name]

    def note(self, caller: Caller, line: str, reply: Reply) -> None:
        """Add to *reply* what writes it into the audit log."""
        reply.writes += self.audit.entry(datetime.now(UTC), caller, line, reply)


def write_at_once(reply: Reply) -> None:
    """Do the writes of *reply* here and now, where there is no desk."""
    for write in reply.writes:
        write()


def no_outbox() -> int:
    """Nothing waits where there is no outbox."""
    return 0
