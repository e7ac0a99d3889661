"""A leaderboard for each map, kept or not kept by the settings from before the first request on.

What was played before they were kept is counted beside the requests, bit by bit.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from litestar import Litestar

from tremble.errors import StoreError
from tremble.log import logger
from tremble.store import map_boards
from tremble.store.engine import Store
from tremble.web.beside import beside

#: How often a store that cannot be used now is tried again.
REST_S = 60.0
#: Matches in one transaction: results need not wait long behind it.
BATCH = 100


def keep_as_set(
    store: Store, wanted: bool
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Return a lifespan of the application, in which boards of maps are kept if *wanted*."""

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        done = await settle(store, wanted)
        async with beside(*([] if done else [lambda: settle_later(store, wanted)])):
            yield

    return lifespan


async def settle_later(store: Store, wanted: bool) -> None:
    """Do what is left to do, however long that takes."""
    while True:
        with suppress(StoreError):  # it says so at every request
            await keep(store, wanted)
            if not wanted:
                return
            while await asyncio.wrap_future(store.write(map_boards.catch_up, BATCH)):
                pass
            logger("web").info("boards of maps counted")
            return
        await asyncio.sleep(REST_S)


async def settle(store: Store, wanted: bool) -> bool:
    """Begin to keep boards of maps, or stop; False if there is more to do.

    A small record is counted at once.
    """
    try:
        await keep(store, wanted)
        if wanted:
            await asyncio.wrap_future(store.write(map_boards.catch_up, BATCH))
        return not wanted or await asyncio.to_thread(store.read, map_boards.left) == 0
    except StoreError:
        return False


async def keep(store: Store, wanted: bool) -> None:
    if await asyncio.wrap_future(store.write(map_boards.keep, wanted)):
        left = await asyncio.to_thread(store.read, map_boards.left)
        logger("web").info("boards of maps", kept=wanted, to_count=left)
