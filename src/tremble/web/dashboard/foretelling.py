"""What voiding would come to: at once for few matches, else by a process of its own that tells how far it is.

A board of a million matches is played again for half a minute: in a thread that would hold up every other
request. One runs at a time, with the lowest priority, and can be cancelled; its outcome is kept for a while.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, Response, get, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Struct

from tremble.log import logger
from tremble.store import rebuild
from tremble.store.engine import Store
from tremble.store.rebuild import Move
from tremble.web.api import StoreDependency
from tremble.web.aside import run_aside
from tremble.web.beside import end
from tremble.web.dashboard.session import require
from tremble.web.dashboard.shell import HEADERS
from tremble.web.problems import Asked, Problem

log = logger("dashboard")

#: Matches that are played again within the request: about 0.1 s.
FEW = 1000
#: Seconds that one may take, and that its outcome is kept.
PATIENCE_S = 900.0
KEPT_S = 300.0


class Progress(Struct, frozen=True):
    """A line of `tremble ratings preview --progress-json`: matches played again, of how many."""

    done: int
    of: int


class Outcome(Struct, frozen=True):
    """What that command prints in the end."""

    moves: list[Move]


class Foretold(Struct):
    """One preview: of what *target* (a match or a player) means from the day *since* on, for *by*."""

    target: str
    since: str
    by: str
    done: int = 0
    of: int = 0
    ended_at: float | None = None
    moves: list[Move] = []
    why: str = ""


class Foretelling:
    """Makes previews of the record whose settings lie in *directory*, one at a time."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.job: Foretold | None = None
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def running(self, _: Litestar) -> AsyncIterator[None]:
        """A lifespan of the application, at whose end no process is left."""
        try:
            yield
        finally:
            await self.cancel()

    def ask(self, target: str, since: str, by: str) -> Foretold:
        """Return the preview that was asked for, begun now if need be; or the other one that runs."""
        job = self.job
        if job is not None and job.ended_at is None:
            return job
        fresh = job is not None and time.monotonic() - (job.ended_at or 0.0) < KEPT_S
        if job is not None and fresh and (job.target, job.since) == (target, since):
            return job
        self.job = Foretold(target, since, by)
        self._task = asyncio.create_task(self._make(self.job))
        return self.job

    async def cancel(self) -> None:
        """End what runs, and keep no outcome: nobody wants it any more, or the record has changed."""
        task, self.job = self._task, None
        if task is not None and not task.done():
            await end(task)

    async def _make(self, job: Foretold) -> None:
        words = ["ratings", "preview", job.target, "--dir", str(self.directory), "--json"]
        words += ["--progress-json", *(["--since", job.since] if job.since else [])]

        def hear(line: bytes) -> None:
            with suppress(msgspec.DecodeError):
                told = msgspec.json.decode(line, type=Progress)
                job.done, job.of = told.done, told.of

        try:
            printed, job.why = await run_aside(words, PATIENCE_S, hear)
            if not job.why:
                job.moves = msgspec.json.decode(printed, type=Outcome).moves
        except (OSError, msgspec.DecodeError) as error:
            job.why = str(error)
        if job.why:
            log.error("preview not made", target=job.target, why=job.why)
        job.ended_at = time.monotonic()


ForetellingDependency = NamedDependency[SkipValidation[Foretelling]]


async def foresee(
    store: Store, foretelling: Foretelling, target: str, since: str, ids: list[str], by: str
) -> Foretold:
    """Return who would move if the matches *ids*, which *target* means, were void: now, or a job."""
    few = await asyncio.to_thread(store.read, moves_of_few, ids)
    if few is None:
        return foretelling.ask(target, since, by)
    return Foretold(target, since, by, ended_at=0.0, moves=few)


def moves_of_few(tx: Any, ids: list[str]) -> list[Move] | None:
    """Return who would move if it takes no more than FEW matches to know, else None."""
    if rebuild.count_affected(tx, ids) > FEW:
        return None
    return rebuild.preview(tx, ids, lambda: None)


@get("/dashboard/foretold.json", include_in_schema=False)
async def how_far(
    request: Asked, store: StoreDependency, foretelling: ForetellingDependency
) -> Response[dict[str, Any]]:
    """How far the preview is that runs or ran last."""
    await require(request, store, "moderator")
    job = foretelling.job
    if job is None:
        raise Problem(404, "no_preview", "no preview is being made")
    told = {"done": job.done, "of": job.of, "ended": job.ended_at is not None}
    return Response(told, headers=HEADERS)


@post("/dashboard/foretold/cancel", include_in_schema=False, status_code=200)
async def cancel(
    request: Asked, store: StoreDependency, foretelling: ForetellingDependency
) -> Response[dict[str, Any]]:
    """End the preview that runs."""
    session = await require(request, store, "moderator")
    await foretelling.cancel()
    log.info("preview cancelled", operator=session.operator.name)
    return Response({}, headers=HEADERS)


HANDLERS: list[Any] = [how_far, cancel]
