"""A leaderboard for each map, kept or not kept by the settings from before the first request on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from litestar import Litestar

from tremble.errors import StoreError
from tremble.log import logger
from tremble.store import scores
from tremble.store.engine import Store

#: How often a store that cannot be used now is tried again.
REST_S = 60.0


def keep_as_set(
    store: Store, wanted: bool
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Return a lifespan of the application, in which boards of maps are kept if *wanted*."""

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        done = await settle(store, wanted)
        task = None if done else asyncio.create_task(settle_later(store, wanted))
        try:
            yield
        finally:
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    return lifespan


async def settle_later(store: Store, wanted: bool) -> None:
    done = False
    while not done:
        await asyncio.sleep(REST_S)
        done = await settle(store, wanted)


async def settle(store: Store, wanted: bool) -> bool:
    """Begin to keep boards of maps, or stop; False if the store cannot be used now."""
    try:
        changed = await asyncio.wrap_future(store.write(scores.keep_each_map, wanted))
    except StoreError:
        return False  # it says so at every request
    if changed:
        logger("web").info("boards of maps", kept=wanted)
    return True
