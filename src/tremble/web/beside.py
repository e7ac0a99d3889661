"""Work that goes on beside the requests for as long as the application runs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from tremble.log import logger

#: Seconds until work that failed begins again.
REST_S = 1.0

log = logger("web")


@asynccontextmanager
async def beside(*work: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Do all of *work* meanwhile; at the end it is cancelled, and over when this returns.

    What fails is logged, and begun again after REST_S: a fault in one must not end it for good unseen.
    """
    tasks = [asyncio.create_task(kept_up(each)) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            await end(task)


async def kept_up(work: Callable[[], Awaitable[None]]) -> None:
    """Do *work* until it returns."""
    while True:
        try:
            return await work()
        except Exception:
            log.exception("work beside the requests failed")
        await asyncio.sleep(REST_S)


async def end(task: asyncio.Task[None]) -> None:
    """Cancel *task* and wait until it is over."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
