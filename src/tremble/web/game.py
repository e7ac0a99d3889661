"""The game server beside the web process, where `tremble up` runs both: how it is, what it counts.

Asked at console.sock, and by it of the loop itself: a loop that hangs does not answer. However many want
to know, it is asked once in a while.
"""

import asyncio
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
from msgspec import Struct

from tremble.local import ConsoleLink
from tremble.metrics import Family

#: Seconds for an answer: a loop that does not look around for so long has stalled.
PATIENCE_S = 1.5
#: What was answered holds so long.
FRESH_S = 0.5


class Look(Struct, frozen=True):
    """How the game was when somebody looked: *fault* is "" if it answers."""

    fault: str = ""
    draining: bool = False


class Game:
    """The game server of *directory*; None: there is none here, and nothing to say of it."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._turn = asyncio.Lock()
        self._looked_at = float("-inf")
        self._look = Look()

    @property
    def here(self) -> bool:
        """Whether there is to be one."""
        return self._directory is not None

    async def look(self) -> Look:
        """Return how it is."""
        if self._directory is None:
            return Look()
        async with self._turn:
            if monotonic() - self._looked_at >= FRESH_S:
                self._look = await asyncio.to_thread(look_at, self._directory)
                self._looked_at = monotonic()
        return self._look

    async def families(self) -> list[Family] | None:
        """Return what it counts; None if it does not answer."""
        if self._directory is None:
            return None
        return await asyncio.to_thread(families_of, self._directory)


def look_at(directory: Path) -> Look:
    """Ask the game server of *directory* how it is."""
    try:
        found = shown(directory, "status")
    except (OSError, KeyError) as error:
        return Look(f"the game server does not answer: {error}")
    return Look(draining=bool(found.get("draining")))


def families_of(directory: Path) -> list[Family] | None:
    """Return what the game server of *directory* counts; None if it does not answer."""
    try:
        return msgspec.convert(shown(directory, "metrics"), list[Family])
    except (OSError, KeyError):
        return None


def shown(directory: Path, what: str) -> Any:
    """Return what the game server of *directory* shows as *what*. Raises OSError or KeyError."""
    with ConsoleLink(directory, PATIENCE_S) as link:
        return link.show(what)
