"""Score boards: those of maps are kept as the settings say from before the first request on.

What was played before a board was made is counted beside the requests, bit by bit.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from litestar import Litestar

from tremble.errors import StoreError
from tremble.log import logger
from tremble.store import map_boards, past
from tremble.store.engine import Store
from tremble.store.past import BATCH
from tremble.web.beside import beside
from tremble.web.commits import Commits
from tremble.web.signed_in import reading


def keep_counted(
    store: Store, wanted: bool, commits: Commits
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Return a lifespan of the application, in which boards of maps are kept if *wanted*, and boards
    count what was played before them; a small record is counted at once."""

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        kept = await begin(store, wanted)
        async with beside(lambda: count_for_ever(store, kept, wanted, commits)):
            yield

    return lifespan


async def begin(store: Store, wanted: bool) -> bool:
    """Keep boards of maps if *wanted*, and count a first bit; False if the store cannot be used."""
    with suppress(StoreError):  # it says so at every request
        await keep(store, wanted)
        await asyncio.wrap_future(store.write(past.catch_up, BATCH))
        return True
    return False


async def keep(store: Store, wanted: bool) -> None:
    if await asyncio.wrap_future(store.write(map_boards.keep, wanted)):
        logger("web").info("boards of maps", kept=wanted)


async def count_for_ever(store: Store, kept: bool, wanted: bool, commits: Commits) -> None:
    """Count what boards owe, now and whenever one is made, here or by another process."""
    while True:
        seen = commits.count
        with suppress(StoreError):
            if not kept:
                await keep(store, wanted)
                kept = True
            await count(store)
        await commits.after(seen)


async def count(store: Store) -> None:
    """Count all that is to be counted, however long that takes."""
    owing = await reading(store, past.owed)
    if not owing:
        return
    for name, counting in owing.items():
        left = counting.of - counting.counted
        logger("web").info("board counts the past", board=name, to_count=left)
    while await asyncio.wrap_future(store.write(past.catch_up, BATCH)):
        pass
    logger("web").info("boards counted")
