"""Films: a replay played again, for viewers that cannot: lines of JSON, packed, made once and kept beside it.

The record knows no game. So the game is asked, as a process of its own (`tremble replay film`), one at
a time and with the lowest priority. Who asks for a film meanwhile gets it as it is made.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from litestar import Litestar

from tremble.log import logger
from tremble.shelf import Shelf
from tremble.web.aside import run_aside
from tremble.web.beside import end
from tremble.web.problems import Problem

log = logger("web")

#: Seconds that one film may take: an hour's match of 16, compiled, takes a third of it.
PATIENCE_S = 120.0
#: Films that may wait for their turn.
MAX_WAITING = 8


class Making:
    """A film that is being made: the *pieces* of it so far; *why* it could not be made in the end."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.why = ""
        self.task: asyncio.Task[None] | None = None
        self._more = asyncio.Event()

    def take(self, piece: bytes) -> None:
        """Add a piece; the last one is empty."""
        self.pieces.append(piece)
        self._more.set()
        self._more = asyncio.Event()

    async def begun(self) -> bool:
        """Wait for the first piece; False if there is none."""
        if not self.pieces:
            await self._more.wait()
        return self.pieces[0] != b""

    async def read(self) -> AsyncIterator[bytes]:
        """Yield each piece. Raises OSError if it was broken off: what came is no whole film."""
        at = 0
        while True:
            if at == len(self.pieces):
                await self._more.wait()
            elif piece := self.pieces[at]:
                yield piece
                at += 1
            elif self.why:
                raise OSError(f"the film was broken off: {self.why}")
            else:
                return


class Films:
    """Makes the films of the replays on *shelf*; maps of their own lie in *directory*."""

    def __init__(self, directory: Path, shelf: Shelf) -> None:
        self.directory = directory
        self.shelf = shelf
        self._turn = asyncio.Lock()
        self._making: dict[str, Making] = {}

    @asynccontextmanager
    async def running(self, _: Litestar) -> AsyncIterator[None]:
        """A lifespan of the application, at whose end no process is left."""
        try:
            yield
        finally:
            for task in [one.task for one in self._making.values() if one.task is not None]:
                await end(task)

    async def get(self, match_id: str) -> AsyncIterator[bytes]:
        """Return the film of *match_id* in pieces of a gzip file. Raises Problem if it cannot be made."""
        making = self._making.get(match_id)
        if making is None and self.shelf.film(match_id).exists():
            return alone(await asyncio.to_thread(self.shelf.film(match_id).read_bytes))
        if making is None:
            if len(self._making) >= MAX_WAITING:
                detail = "too many films are being made; try again"
                raise Problem(503, "busy", detail, headers={"Retry-After": "10"})
            making = self._making[match_id] = Making()
            making.task = asyncio.create_task(self._make(match_id, making))
        if not await making.begun():
            raise Problem(404, "no_film", "of this replay no film can be made here")
        return making.read()

    async def _make(self, match_id: str, making: Making) -> None:
        words = ["replay", "film", str(self.shelf.path(match_id)), "--packed"]
        words += ["--dir", str(self.directory)]
        try:
            async with self._turn:
                making.why = "the web process ends"
                _, making.why = await run_aside(words, PATIENCE_S, take=making.take)
            if making.why:
                log.error("film not made", match_id=match_id, why=making.why)
            else:
                await asyncio.to_thread(self._keep, match_id, b"".join(making.pieces))
        finally:
            making.take(b"")
            del self._making[match_id]

    def _keep(self, match_id: str, data: bytes) -> None:
        """Put a film beside its replay; without room for it, it is made again the next time."""
        path = self.shelf.film(match_id)
        part = path.with_name(f"{path.name}.{os.getpid()}")
        try:
            part.write_bytes(data)
            part.replace(path)
        except OSError as error:
            log.error("film not kept", match_id=match_id, why=str(error))
            with suppress(OSError):
                part.unlink()


async def alone(data: bytes) -> AsyncIterator[bytes]:
    """Yield *data*."""
    yield data
