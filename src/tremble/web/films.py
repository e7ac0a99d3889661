"""Films: a replay played again, for viewers that cannot: JSON, packed, made once and kept beside it.

The record knows no game. So the game is asked, as a process of its own (`tremble replay film`), one at
a time and with the lowest priority.
"""

import asyncio
from pathlib import Path

from tremble.log import logger
from tremble.shelf import Shelf
from tremble.web.aside import run_aside
from tremble.web.problems import Problem

log = logger("web")

#: Seconds that one film may take: an hour's match of 16, compiled, takes a third of it.
PATIENCE_S = 120.0
#: Films that may wait for their turn.
MAX_WAITING = 8


class Films:
    """Makes the films of the replays on *shelf*; maps of their own lie in *directory*."""

    def __init__(self, directory: Path, shelf: Shelf) -> None:
        self.directory = directory
        self.shelf = shelf
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def get(self, match_id: str) -> bytes:
        """Return the film of *match_id*, gzipped JSON. Raises Problem if it cannot be made."""
        path = self.shelf.film(match_id)
        if not path.exists():
            if self._waiting >= MAX_WAITING:
                detail = "too many films are being made; try again"
                raise Problem(503, "busy", detail, headers={"Retry-After": "10"})
            self._waiting += 1
            try:
                async with self._turn:
                    if not path.exists():
                        await self._make(match_id)
            finally:
                self._waiting -= 1
        return await asyncio.to_thread(path.read_bytes)

    async def _make(self, match_id: str) -> None:
        source, film = self.shelf.path(match_id), self.shelf.film(match_id)
        words = ["replay", "film", str(source), "--output", str(film), "--dir", str(self.directory)]
        _, why = await run_aside(words, PATIENCE_S)
        if why:
            log.error("film not made", match_id=match_id, why=why)
            raise Problem(404, "no_film", "of this replay no film can be made here")
