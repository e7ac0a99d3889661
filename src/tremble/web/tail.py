"""The tail of the feed: what happens is read from the store once, and told to all who listen.

store ── each commit, while anybody listens ──► tail ──► a queue for each listener ──► its stream

It reads the table, so it tells of what any web process of the record recorded: where there may be others it
asks every POLL_S too. Queues are bounded:
who does not keep up is cut off, and comes again with the number of what was seen last.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal

from litestar import Litestar

from tremble.errors import StoreError
from tremble.store import feed
from tremble.store.engine import Store
from tremble.store.feed import Item
from tremble.web.beside import beside
from tremble.web.commits import LOOK_S, Commits
from tremble.web.problems import Problem
from tremble.web.signed_in import reading

#: How late at most something is told that another process recorded.
POLL_S = 0.25
#: How long to rest when the store cannot be read.
REST_S = 1.0
#: Items read at once.
PAGE = 256
#: Items that wait for one listener.
MAX_WAITING = 512
#: Listeners of one address: a hall, or a proxy that is not trusted; and of all.
MAX_PER_ADDRESS = 32
MAX_LISTENERS = 1000
RETRY_AFTER_S = 30


class Listener:
    """One who listens: *start* is the number of the last item that is not in its queue."""

    def __init__(self, address: str, start: int) -> None:
        self.address = address
        self.start = start
        self._queue: asyncio.Queue[Item | None] = asyncio.Queue(MAX_WAITING + 1)

    def put(self, item: Item) -> bool:
        """Let *item* wait; False if too many do."""
        if self._queue.qsize() >= MAX_WAITING:
            return False
        self._queue.put_nowait(item)
        return True

    def end(self) -> None:
        """Let it end, after what waits."""
        with suppress(asyncio.QueueFull):
            self._queue.put_nowait(None)

    async def next(self, patience_s: float) -> Item | Literal[False] | None:
        """Return the next item, False if there is none for so long, None at the end."""
        try:
            async with asyncio.timeout(patience_s):
                return await self._queue.get()
        except TimeoutError:
            return False


class Tail:
    """The end of the feed of *store*, while `running`."""

    def __init__(self, store: Store, commits: Commits) -> None:
        self._store = store
        self._commits = commits
        self._patience_s = POLL_S if store.remote else LOOK_S
        self._listeners: set[Listener] = set()
        self._by_address: Counter[str] = Counter()
        self._seq = 0
        self._wanted = asyncio.Event()
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    @asynccontextmanager
    async def running(self, _: Litestar) -> AsyncIterator[None]:
        """A lifespan of the application, during which the store is followed."""
        async with beside(self._follow):
            try:
                yield
            finally:
                self.close()

    def close(self) -> None:
        """Let all streams end, and those to come at once."""
        self._closed = True
        for listener in list(self._listeners):
            listener.end()

    @asynccontextmanager
    async def listen(self, address: str) -> AsyncIterator[Listener]:
        """Listen from now on. Raises Problem: 429 if that *address* listens too often, 503 if all do."""
        self.check(address)
        self._by_address[address] += 1
        listener = None
        try:
            listener = await self._add(address)
            yield listener
        finally:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]
            if listener is not None:
                self._drop(listener)

    def check(self, address: str) -> None:
        """Raise Problem unless *address* may listen once more."""
        after = {"Retry-After": str(RETRY_AFTER_S)}
        if self._by_address[address] >= MAX_PER_ADDRESS:
            detail = f"this address listens {MAX_PER_ADDRESS} times already"
            raise Problem(429, "too_many_streams", detail, headers=after)
        if self._by_address.total() >= MAX_LISTENERS:
            raise Problem(503, "busy", "too many listen now", headers=after)

    async def _add(self, address: str) -> Listener:
        last = await reading(self._store, feed.last)
        if not self._listeners:
            # Never back: what is being read now begins behind that, and would leave a gap.
            self._seq = max(self._seq, last)
        listener = Listener(address, self._seq)
        self._listeners.add(listener)
        self._wanted.set()
        if self._closed:
            listener.end()
        return listener

    def _drop(self, listener: Listener) -> None:
        self._listeners.discard(listener)
        if not self._listeners:
            self._wanted.clear()

    async def _follow(self) -> None:
        while True:
            await self._wanted.wait()
            seen = self._commits.count
            try:
                items = await reading(self._store, feed.after, self._seq, PAGE)
            except StoreError:
                # Every request says so already; the streams stay, and go on when it is back.
                await asyncio.sleep(REST_S)
                continue
            self._tell(items)
            if len(items) < PAGE:
                await self._commits.after(seen, self._patience_s)

    def _tell(self, items: list[Item]) -> None:
        for item in items:
            if item.seq <= self._seq:
                continue  # somebody began to listen while the store was read
            self._seq = item.seq
            for listener in list(self._listeners):
                if not listener.put(item):
                    listener.end()
                    self._drop(listener)
