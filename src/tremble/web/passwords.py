"""Passwords: argon2id, in a few threads of their own and with a bounded queue.

A hash takes about 20 ms of a core and 19 MiB (the parameters OWASP names first). Two at a time leave
the rest of the process its share; who comes when the queue is full is told to come again.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from secrets import token_urlsafe
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from tremble.web.problems import Problem

P = ParamSpec("P")
T = TypeVar("T")

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
WORKERS = 2
#: Hashes running or waiting: with two workers the last one waits about half a second.
MAX_WAITING = 50


class Passwords:
    """Hashes passwords and checks them. Use from the event loop; `close` in the end."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="passwords")
        self._waiting = 0
        # What unknown users are checked against, so that they take as long as known ones.
        self._nobody = self._pool.submit(HASHER.hash, token_urlsafe(32))

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(cancel_futures=True)

    async def hash(self, password: str) -> str:
        """Return the hash of *password*, with its salt. Raises Problem 503 if too many wait."""
        return await self._run(HASHER.hash, password)

    async def check(self, kept: str | None, password: str) -> bool:
        """Say whether *password* is the one of the hash *kept*; in the same time if that is None.

        Raises Problem 503 if too many wait.
        """
        return (
            await self._run(matches, kept or await self._of_nobody(), password) and kept is not None
        )

    async def _of_nobody(self) -> str:
        # Shielded: who is cut off while it waits must not take it from all who come later.
        return await asyncio.shield(asyncio.wrap_future(self._nobody))

    async def _run(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._waiting >= MAX_WAITING:
            raise Problem(503, "busy", "too many sign in now", headers={"Retry-After": "2"})
        self._waiting += 1
        try:
            running = asyncio.get_running_loop().run_in_executor
            return await running(self._pool, lambda: job(*args, **kwargs))
        finally:
            self._waiting -= 1


def matches(kept: str, password: str) -> bool:
    try:
        return HASHER.verify(kept, password)
    except VerifyMismatchError:
        return False
