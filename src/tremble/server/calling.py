"""What a command is: who calls it, what it answers, and its row in the table of commands.

A command's function runs in the loop's thread, between two ticks, and must not wait for anything. What
has to reach a disk it leaves in `Reply.writes`: the desk's thread does that before it passes the reply on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tremble.errors import CommandError

if TYPE_CHECKING:
    from tremble.server.loop import GameServer

#: Each role may do what those before it may.
ROLES = ("viewer", "moderator", "admin")
#: The ways in which a command may come.
VIAS = ("console", "stdin", "rcon", "web", "chat", "vote")


@dataclass(frozen=True)
class Caller:
    """Who calls: *by* a name, *via* one of VIAS, *role* one of ROLES, *address* from where.

    *number* is the session of whoever types it as chat, else -1.
    """

    by: str
    via: str
    role: str
    address: str = ""
    number: int = -1

    def may(self, role: str) -> bool:
        """Say whether the caller may do what *role* may."""
        return ROLES.index(self.role) >= ROLES.index(role)


#: Writes something to disk; raises OSError. Runs in the desk's thread.
Write = Callable[[], None]


@dataclass
class Reply:
    """The answer: *text* for people, *data* for programs.

    *before* and *after* tell the audit log what has changed; None: nothing to tell.
    """

    ok: bool
    text: str
    data: dict[str, Any] = field(default_factory=dict)
    before: object = None
    after: object = None
    writes: list[Write] = field(default_factory=list)


Function = Callable[["GameServer", Caller, list[str]], Reply]


@dataclass(frozen=True)
class Command:
    """One row of the table. *least* words must follow the name; *changes*: it is kept in the audit log."""

    name: str
    usage: str
    help: str
    role: str
    function: Function
    least: int = 0
    changes: bool = True


def number(text: str, what: str, low: float, high: float) -> float:
    """Return *text* as a number. Raises CommandError naming *what* it is and its range."""
    try:
        found = float(text)
    except ValueError:
        raise CommandError(f"{what} {text!r} is not a number") from None
    if not low <= found <= high:
        raise CommandError(f"{what} {text} is not within {low:g} and {high:g}")
    return found
