"""The bell: rings when bans have changed, for all game servers that wait for it.

The store is asked once for all of them, and only while anybody waits.
"""

import asyncio
from time import monotonic

from tremble.store import bans
from tremble.store.engine import Store
from tremble.web.signed_in import reading

#: How often the store is asked, and so how late at most the bell rings.
POLL_S = 0.25


class Bell:
    """Follows the bans of *store*."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last = 0
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()
        self._closed = False

    def close(self) -> None:
        """Let nobody wait any more."""
        self._closed = True

    async def wait(self, since: int, patience_s: float) -> None:
        """Return once the last change is not number *since*, or after *patience_s*."""
        end = monotonic() + patience_s
        while not self._closed and monotonic() < end and await self._latest() == since:
            await asyncio.sleep(POLL_S)

    async def _latest(self) -> int:
        """Return the number of the last change, at most POLL_S old."""
        async with self._asking:  # who comes meanwhile waits for the answer too
            if monotonic() - self._asked_at >= POLL_S:
                self._last = await reading(self._store, bans.last)
                self._asked_at = monotonic()
        return self._last
