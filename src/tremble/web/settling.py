"""Rating and counting again what late results and voided matches made due, beside the requests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from litestar import Litestar

from tremble.errors import StoreError
from tremble.store import ratings, stats
from tremble.store.engine import Store, Transaction
from tremble.web.beside import beside
from tremble.web.commits import Commits
from tremble.web.signed_in import reading

#: Matches in one transaction, so that results need not wait long behind it.
BATCH = 25


def keep_settled(
    store: Store, commits: Commits
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Return a lifespan of the application, during which whatever is due gets done."""

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with beside(lambda: settle_for_ever(store, commits)):
            yield

    return lifespan


async def settle_for_ever(store: Store, commits: Commits) -> None:
    while True:
        seen = commits.count
        # A store that cannot be used now says so at every request; here it is only tried again.
        with suppress(StoreError):
            if await reading(store, any_due):
                await settle(store)
        await commits.after(seen)


def any_due(tx: Transaction) -> bool:
    """Say whether there is anything to do."""
    return ratings.any_due(tx) or stats.any_due(tx)


async def settle(store: Store) -> None:
    """Do all that is due."""
    while await asyncio.to_thread(store.read, ratings.any_due):
        await asyncio.wrap_future(store.write(ratings.settle, BATCH))
    while await asyncio.to_thread(stats.settle, store):
        pass
