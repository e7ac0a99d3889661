"""The bell rings for a change and not without one; closed, nobody waits."""

import asyncio
from datetime import UTC, datetime
from time import monotonic

from stores import FarAway

from tremble.store import bans
from tremble.store.bans import Ban
from tremble.store.engine import Store
from tremble.web.bell import Bell
from tremble.web.commits import LOOK_S, SPACING_S, Commits


def waited(bell: Bell, since: int, patience_s: float) -> float:
    began = monotonic()
    asyncio.run(bell.wait(since, patience_s))
    return monotonic() - began


def test_bell(store: Store) -> None:
    assert waited(Bell(store, Commits(store)), 0, 0.05) >= 0.05
    store.write(bans.add, Ban("a" * 16, datetime.now(UTC), None, "spam")).result()
    assert waited(Bell(store, Commits(store)), 0, 60) < 50
    closed = Bell(store, Commits(store))
    closed.close()
    assert waited(closed, 1, 60) < 50


def test_bans_of_another_process(store: Store) -> None:
    """What is not committed here is found too: the store is asked again after SPACING_S at most."""

    class Elsewhere(Commits):
        async def after(self, seen: int, patience_s: float = LOOK_S) -> None:
            assert patience_s <= SPACING_S
            store.write(bans.add, Ban("a" * 16, datetime.now(UTC), None, "spam")).result()
            await asyncio.sleep(SPACING_S)

    assert waited(Bell(store, Elsewhere(store)), 0, 60) < 50


def test_two_who_wait_ask_once() -> None:
    """Who comes while the store is asked, far away, hears its answer, and not an older one."""
    store = FarAway(7)
    bell = Bell(store, Commits(store))  # type: ignore[arg-type]

    async def both() -> tuple[int, int]:
        first, second = await asyncio.gather(bell._latest(), bell._latest())
        return first, second

    assert asyncio.run(both()) == (7, 7)
    assert store.asked == 1
