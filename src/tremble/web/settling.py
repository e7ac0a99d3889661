"""Rating and counting again what late results and voided matches made due, beside the requests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from litestar import Litestar

from tremble.errors import StoreError
from tremble.store import ratings, stats
from tremble.store.engine import Store

#: Matches in one transaction, so that results need not wait long behind it.
BATCH = 25
#: How long to rest when nothing is due, at first and at most: so long a late result may stand without
#: its ratings.
REST_S = 0.25
MAX_REST_S = 1.0


def keep_settled(store: Store) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Return a lifespan of the application, during which whatever is due gets done."""

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        task = asyncio.create_task(settle_for_ever(store))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return lifespan


async def settle_for_ever(store: Store) -> None:
    rest_s = REST_S
    while True:
        rest_s = min(2 * rest_s, MAX_REST_S)
        # A store that cannot be used now says so at every request; here it is only tried again.
        with suppress(StoreError):
            while await asyncio.to_thread(store.read, ratings.any_due):
                await asyncio.wrap_future(store.write(ratings.settle, BATCH))
                rest_s = REST_S
            while await asyncio.to_thread(stats.settle, store):
                rest_s = REST_S
        await asyncio.sleep(rest_s)
