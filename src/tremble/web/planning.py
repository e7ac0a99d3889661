"""Planning the next season by the schedule of the settings, beside the requests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime

from litestar import Litestar

from tremble.errors import StoreError
from tremble.log import logger
from tremble.store import calendar, instant, seasons
from tremble.store.calendar import Length
from tremble.store.engine import Store
from tremble.web.beside import beside

#: How often to look. The next season is written down long before it begins.
REST_S = 60.0


def keep_planned(
    store: Store, length: Length
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Return a lifespan of the application, during which the next season stands in the store.

    It does before the first request is answered: what waited for this process counts right.
    """

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        await plan(store, length)
        async with beside(lambda: plan_for_ever(store, length)):
            yield

    return lifespan


async def plan_for_ever(store: Store, length: Length) -> None:
    while True:
        await asyncio.sleep(REST_S)
        await plan(store, length)


async def plan(store: Store, length: Length) -> None:
    """Write down when the next season begins, if it is not there yet."""
    now = datetime.now(UTC)
    begins = calendar.boundary(length, now)
    starts_at = None if begins is None else instant.to_store(begins)
    # A store that cannot be used now says so at every request; here it is only tried again.
    with suppress(StoreError):
        job = store.write(seasons.plan, instant.to_store(now), starts_at)
        number = await asyncio.wrap_future(job)
        if number is not None:
            begins_at = None if begins is None else begins.isoformat()
            logger("web").info("season planned", season=number, begins_at=begins_at)
