"""web/commits.py: who waits is woken by what this process writes, and else looks together, once a second."""

import asyncio
from time import monotonic

import pytest
from store_jobs import add

from tremble.store.engine import Store
from tremble.web import commits as module
from tremble.web.commits import SPACING_S, Commits, until_look


def test_woken(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit wakes all who wait, without a look; also one from before they waited."""
    monkeypatch.setattr(module, "until_look", lambda now: 600.0)
    commits = Commits(store)

    async def waited() -> None:
        seen = commits.count
        both = asyncio.gather(commits.after(seen, 600.0), commits.after(seen, 600.0))
        await asyncio.sleep(0)
        store.write(add, "a")
        await both
        await commits.after(seen, 600.0)

    asyncio.run(waited())
    assert commits.count == 1


def test_no_busier_than_that(store: Store) -> None:
    """However much is committed, who waits is woken a few times a second alone."""
    commits = Commits(store)

    async def woken() -> int:
        end, wakes = monotonic() + 2 * SPACING_S, 0
        while monotonic() < end:
            seen = commits.count
            await asyncio.wrap_future(store.write(add, f"b{wakes}"))
            await commits.after(seen)
            wakes += 1
        return wakes

    assert asyncio.run(woken()) <= 4


def test_looks_together(store: Store) -> None:
    """Without a commit all look at the whole seconds of the same clock, whenever they began."""
    commits = Commits(store)

    async def looked(after_s: float) -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(after_s)
        began = loop.time()
        await commits.after(commits.count)
        return began, loop.time()

    async def both() -> list[tuple[float, float]]:
        return list(await asyncio.gather(looked(0.0), looked(0.1)))

    for began, ended in asyncio.run(both()):
        assert ended >= began + until_look(began) - 0.001  # timers may be early by so much


def test_patience(store: Store) -> None:
    """Who can wait no longer need not."""
    asyncio.run(Commits(store).after(0, 0.01))
    assert 0 < until_look(12.25) == 0.75


def test_cancelled_as_it_is_woken(store: Store) -> None:
    """Who is cancelled in the moment of a wake is over all the same: else an application never ends."""
    commits = Commits(store)

    async def wait_for_ever() -> None:
        while True:
            await commits.after(commits.count)

    async def over() -> bool:
        task = asyncio.create_task(wait_for_ever())
        await asyncio.sleep(0)
        for steps in range(4):  # the wake may be on its way by so many steps of the loop
            commits._wake(asyncio.get_running_loop())
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task], timeout=30)
            if not task.done():
                return False
            task = asyncio.create_task(wait_for_ever())
            await asyncio.sleep(0)
        task.cancel()
        return True

    assert asyncio.run(over())
