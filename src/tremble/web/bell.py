"""The bell: rings when bans have changed, for all game servers that wait for it.

The store is asked once for all of them, and only while anybody waits: at once when this process has
written, else every SPACING_S, for a ban of another process must be as quick.
"""

import asyncio
from time import monotonic

from tremble.store import bans
from tremble.store.engine import Store
from tremble.web.commits import SPACING_S, Commits
from tremble.web.signed_in import reading


class Bell:
    """Follows the bans of *store*, woken by *commits*."""

    def __init__(self, store: Store, commits: Commits) -> None:
        self._store = store
        self._commits = commits
        self._last = 0
        self._asked_at = float("-inf")
        self._seen = -1
        self._asking = asyncio.Lock()
        self._closed = False

    def close(self) -> None:
        """Let nobody wait any more."""
        self._closed = True

    async def wait(self, since: int, patience_s: float) -> None:
        """Return once the last change is not number *since*, or after *patience_s*."""
        end = monotonic() + patience_s
        while not self._closed and monotonic() < end and await self._latest() == since:
            await self._commits.after(self._seen, min(SPACING_S, end - monotonic()))

    async def _latest(self) -> int:
        """Return the number of the last change, of now or of just before, if nothing was committed since."""
        async with self._asking:  # who comes meanwhile waits for the answer too
            seen = self._commits.count
            if seen != self._seen or monotonic() - self._asked_at >= SPACING_S:
                self._last = await reading(self._store, bans.last)
                self._seen, self._asked_at = seen, monotonic()
        return self._last
