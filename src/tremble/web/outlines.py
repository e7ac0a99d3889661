"""Outlines: maps seen from above, for pages that draw them; made by the game, kept while the map stays."""

import asyncio
from pathlib import Path

from tremble.log import logger
from tremble.web.aside import run_aside
from tremble.web.problems import Problem

log = logger("web")

#: The maps that come with Tremble; beside the packages, as tremble.maps has them.
SHIPPED = Path(__file__).parents[1] / "maps"
#: Seconds that one may take: the largest map that is read takes a few.
PATIENCE_S = 30.0
#: Outlines kept, and requests that may wait for one to be made.
MAX_KEPT, MAX_WAITING = 32, 16

#: Which file, and when it was changed.
Version = tuple[Path, int]


class Outlines:
    """Makes the outlines of the maps in *directory*/maps and of those that come with Tremble."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._kept: dict[Version, bytes] = {}

    async def get(self, name: str) -> bytes:
        """Return the outline of map *name*, JSON. Raises Problem if there is no such map, or it is wrong."""
        version = self.version(name)
        if version is None:
            raise Problem(404, "unknown_map", f"there is no map {name!r} on the record's machine")
        if version not in self._kept:
            if self._waiting >= MAX_WAITING:
                detail = "too many maps are being read; try again"
                raise Problem(503, "busy", detail, headers={"Retry-After": "5"})
            self._waiting += 1
            try:
                async with self._turn:
                    if version not in self._kept:
                        self.keep(version, await self._make(name))
            finally:
                self._waiting -= 1
        found = self._kept[version]
        if not found:
            raise Problem(404, "no_outline", f"the map {name!r} cannot be read")
        return found

    def version(self, name: str) -> Version | None:
        """Return which file holds map *name* now, and of when; None if there is none."""
        for folder in (self.directory / "maps", SHIPPED):
            path = folder / f"{name}.map"
            try:
                return path, path.stat().st_mtime_ns
            except OSError:
                continue
        return None

    def keep(self, version: Version, made: bytes) -> None:
        """Keep what was *made*, b"" if it failed; for it the oldest goes."""
        while len(self._kept) >= MAX_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[version] = made

    async def _make(self, name: str) -> bytes:
        words = ["map", "outline", name, "--dir", str(self.directory)]
        made, why = await run_aside(words, PATIENCE_S)
        if why:
            log.error("outline not made", map=name, why=why)
            return b""
        return made
