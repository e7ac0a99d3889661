"""Commits: wakes what goes on beside the requests when this process has written to the store.

Another process may write too, one of the same record or a command: who waits looks again at the next
whole second all the same. All look at the same moment, so that a process with nothing to do wakes but
once a second.
"""

import asyncio
from contextlib import suppress
from math import floor

from tremble.store.engine import Store

#: Seconds between two looks while nothing is committed here.
LOOK_S = 1.0
#: Seconds between two wakes, however much is committed.
SPACING_S = 0.25


class Commits:
    """The commits of this process to *store*: *count* of them so far."""

    def __init__(self, store: Store) -> None:
        self.count = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: set[asyncio.Event] = set()
        self._told = False
        self._woke_at = float("-inf")
        store.follow(self._note)

    async def after(self, seen: int, patience_s: float = LOOK_S) -> None:
        """Return soon after there are other than *seen* commits, or at the next look within *patience_s*.

        At once if nobody was woken lately; who reads *count* before the store misses nothing.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._told, self._woke_at = loop, False, float("-inf")
        event = asyncio.Event()
        self._waiting.add(event)
        if self.count != seen:
            self._tell(loop)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(patience_s, until_look(loop.time()))):
                    await event.wait()
        finally:
            self._waiting.discard(event)

    def _note(self) -> None:
        """Take from the writer's thread that it has committed."""
        self.count += 1
        if self._waiting and self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._tell, self._loop)

    def _tell(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wake who waits, as soon as that may be."""
        if not self._told and loop is self._loop:
            self._told = True
            loop.call_at(max(loop.time(), self._woke_at + SPACING_S), self._wake, loop)

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        if loop is self._loop:
            self._told, self._woke_at = False, loop.time()
            for event in self._waiting:
                event.set()


def until_look(now: float) -> float:
    """Return the seconds from *now* to the next look, by the clock of the loop."""
    return (floor(now / LOOK_S) + 1) * LOOK_S - now
