"""Health: /healthz proves by a commit that results can be recorded, /readyz that they can be read.

Where a game server runs beside the web process both tell of it too: its loop must have answered, and for
/readyz it must not turn people away.
"""

import asyncio
from datetime import UTC, datetime
from time import monotonic

from litestar import get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Struct

from tremble.errors import StoreError
from tremble.store import boards, health, instant
from tremble.store.engine import Store
from tremble.web.game import Game
from tremble.web.problems import Problem
from tremble.web.signed_in import reading

#: A commit costs the disk a flush, so however many ask, it is tried once in this time.
INTERVAL_S = 1.0
#: A writer that needs longer is not well.
PATIENCE_S = 2.0
#: When to ask again whether the game is well.
SOON = {"Retry-After": "1"}
#: A small commit may still fit where a result does not: the largest takes about a megabyte.
MIN_FREE_BYTES = 8 * 1024 * 1024


class Status(Struct, frozen=True):
    """The answer when all is well."""

    status: str = "ok"


class Health:
    """The last check of the writer, shared by all who ask."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turn = asyncio.Lock()
        self._checked_at = float("-inf")
        self._error: StoreError | None = None

    async def check(self) -> None:
        """Raise StoreError if the writer could not commit within the last INTERVAL_S."""
        async with self._turn:
            if monotonic() - self._checked_at >= INTERVAL_S:
                self._error = await self._probe()
                self._checked_at = monotonic()
        if self._error is not None:
            raise self._error

    async def _probe(self) -> StoreError | None:
        free = self._store.free_bytes()
        if free is not None and free < MIN_FREE_BYTES:
            return StoreError(f"{self._store.name}: only {free:,} bytes are free on its disk")
        at = instant.to_store(datetime.now(UTC))
        try:
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.wrap_future(self._store.write(health.probe, at))
        except StoreError as error:
            return error
        except TimeoutError:
            return StoreError(f"{self._store.name}: no commit within {PATIENCE_S:g} s")
        return None


@get("/healthz", tags=["health"])
async def get_health(
    health: NamedDependency[SkipValidation[Health]], game: NamedDependency[SkipValidation[Game]]
) -> Status:
    """200 if a result could be recorded now and the game server beside us answers, else 503."""
    await health.check()
    fault = (await game.look()).fault
    if fault:
        raise Problem(503, "unhealthy", fault, headers=SOON)
    return Status()


@get("/readyz", tags=["health"])
async def get_ready(
    store: NamedDependency[SkipValidation[Store]], game: NamedDependency[SkipValidation[Game]]
) -> Status:
    """200 if the record can be read now and the game server beside us lets people in, else 503."""
    await reading(store, boards.names)
    look = await game.look()
    if look.fault or look.draining:
        why = look.fault or "the game server drains: it lets nobody in"
        raise Problem(503, "not_ready", why, headers=SOON)
    return Status()
