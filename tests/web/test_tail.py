"""The tail: whoever listens hears all that happens, once and in order, or is cut off."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from results import result

from tremble import ledger
from tremble.store import feed
from tremble.store.engine import Store
from tremble.web import tail
from tremble.web.commits import Commits
from tremble.web.problems import Problem
from tremble.web.tail import Listener, Tail

#: Longer than anything takes on a busy machine.
PATIENCE_S = 60.0


def run(store: Store, job: Callable[[Tail], Awaitable[None]]) -> None:
    """Run *job* while the tail of *store* is followed."""

    async def all_of_it() -> None:
        followed = Tail(store, Commits(store))
        nothing: Any = None
        async with followed.running(nothing):
            await job(followed)

    asyncio.run(all_of_it())


async def heard(listener: Listener, count: int) -> list[int]:
    """Return the numbers of the next *count* items."""
    found = []
    for _ in range(count):
        item = await listener.next(PATIENCE_S)
        assert item
        found.append(item.seq)
    return found


async def post(store: Store, *numbers: int) -> None:
    for number in numbers:
        await asyncio.wrap_future(store.write(ledger.record, result(number)))


def test_all_hear(store: Store) -> None:
    """Two that begin at different times hear the same from then on, and nothing from before."""

    async def job(followed: Tail) -> None:
        await post(store, 1)
        async with followed.listen("a") as first:
            await post(store, 2)
            early = await heard(first, 1)
            async with followed.listen("b") as second:
                await post(store, 3, 4)

                assert await heard(first, 2) == await heard(second, 2) == [4, 5]
        assert early == [3]
        assert second.start == 3

    run(store, job)


def test_nobody_listens(store: Store) -> None:
    """Who comes after nobody listened hears nothing of that time."""

    async def job(followed: Tail) -> None:
        async with followed.listen("a") as listener:
            assert listener.start == 0
        await post(store, 1)
        async with followed.listen("a") as listener:
            assert listener.start == store.read(feed.last) == 2
            await post(store, 2)
            assert await heard(listener, 1) == [3]

    run(store, job)


def test_never_back(store: Store) -> None:
    """Who comes with a number of before begins where the others were: what is being read begins there."""

    async def job(followed: Tail) -> None:
        followed._seq = 9
        async with followed.listen("a") as listener:
            assert (listener.start, followed._seq) == (9, 9)

    run(store, job)


def test_slow(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who lets too much wait gets what waited and then the end; others go on."""
    monkeypatch.setattr(tail, "MAX_WAITING", 2)

    async def job(followed: Tail) -> None:
        async with followed.listen("a") as slow, followed.listen("b") as quick:
            for number in (1, 2, 3, 4):
                await post(store, number)
                await heard(quick, 2 if number == 1 else 1)
            assert await heard(slow, 2) == [1, 2]
            assert await slow.next(PATIENCE_S) is None

    run(store, job)


def test_limits(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """One address listens so often, all together so often; who ends makes room."""
    monkeypatch.setattr(tail, "MAX_PER_ADDRESS", 1)
    monkeypatch.setattr(tail, "MAX_LISTENERS", 2)

    async def refused(followed: Tail, address: str) -> int:
        with pytest.raises(Problem) as caught:
            async with followed.listen(address):
                pass
        assert caught.value.headers == {"Retry-After": "30"}
        return caught.value.body.status

    async def job(followed: Tail) -> None:
        async with followed.listen("a"):
            assert await refused(followed, "a") == 429
            async with followed.listen("b"):
                assert await refused(followed, "c") == 503
            async with followed.listen("c"):
                pass

    run(store, job)


def test_closed(store: Store) -> None:
    """When it is closed all that listen come to their end, and who comes then at once."""

    async def job(followed: Tail) -> None:
        async with followed.listen("a") as before:
            followed.close()
            async with followed.listen("b") as after:
                assert await before.next(PATIENCE_S) is None
                assert await after.next(PATIENCE_S) is None

    run(store, job)


def test_keep_alive(store: Store) -> None:
    """When nothing happens for so long, that is told."""

    async def job(followed: Tail) -> None:
        async with followed.listen("a") as listener:
            assert await listener.next(0.01) is False

    run(store, job)
