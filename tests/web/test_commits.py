"""web/commits.py: who waits is woken by what this process writes, and else looks together, once a second."""

import asyncio
from time import monotonic

from store_jobs import add

from tremble.store.engine import Store
from tremble.web.commits import LOOK_S, SPACING_S, Commits, until_look


def test_woken(store: Store) -> None:
    """A commit wakes all who wait, long before the next look; also one from before they waited."""
    commits = Commits(store)

    async def waited() -> float:
        seen = commits.count
        # Just after a look, so that the next is far.
        await asyncio.sleep(until_look(asyncio.get_running_loop().time()))
        began = monotonic()
        both = asyncio.gather(commits.after(seen), commits.after(seen))
        await asyncio.sleep(0)
        store.write(add, "a")
        await both
        await commits.after(seen)
        return monotonic() - began

    assert asyncio.run(waited()) < LOOK_S
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
    """Without a commit all look at the same moment."""
    commits = Commits(store)

    async def looked() -> list[float]:
        loop = asyncio.get_running_loop()

        async def one(after_s: float) -> float:
            await asyncio.sleep(after_s)
            await commits.after(commits.count)
            return loop.time() // LOOK_S

        await asyncio.sleep(until_look(loop.time()))
        return list(await asyncio.gather(one(0.0), one(0.3)))

    first, second = asyncio.run(looked())

    assert first == second


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
            await asyncio.wait([task], timeout=0.1)
            if not task.done():
                return False
            task = asyncio.create_task(wait_for_ever())
            await asyncio.sleep(0)
        task.cancel()
        return True

    assert asyncio.run(over())
