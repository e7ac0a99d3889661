"""dashboard/foretelling.py: previews of many matches run beside us, tell how far, can be cancelled."""

import asyncio
from pathlib import Path

import pytest
from results import line, match_id, player_id, result
from stores import fresh

from tremble import ledger
from tremble.store import rebuild
from tremble.store.engine import Store
from tremble.web.dashboard import foretelling
from tremble.web.dashboard.foretelling import Foretelling, foresee

MATCHES = 40
TARGET = match_id(3)


@pytest.fixture
def played(tmp_path: Path) -> Store:
    """A record of duels in its directory."""
    store = fresh(tmp_path / "tremble.db")
    for number in range(MATCHES):
        players = line(1 + number % 3, 1), line(4 + number % 2, 2)
        ledger.post(store, result(number, *players, after_s=60 * number))
    return store


async def ended(making: Foretelling) -> None:
    assert making._task is not None
    async with asyncio.timeout(60):
        await making._task


def test_many_matches(played: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the process says is what the store says; one at a time, and its outcome is kept."""
    monkeypatch.setattr(foretelling, "FEW", 10)

    async def ask() -> None:
        making = Foretelling(tmp_path)
        job = await foresee(played, making, TARGET, "", [TARGET], "anna")
        other = await foresee(played, making, player_id(1), "2026-01-01", [TARGET], "bert")
        assert job.ended_at is None and other is job
        await ended(making)
        again = await foresee(played, making, TARGET, "", [TARGET], "bert")

        assert again is job and job.why == ""
        assert job.moves == played.read(rebuild.preview, [TARGET], lambda: None)
        assert (job.done, job.of) == (MATCHES, MATCHES)

    with played:
        asyncio.run(ask())


def test_few_matches_need_no_process(played: Store, tmp_path: Path) -> None:
    """They are there at once."""

    async def ask() -> None:
        making = Foretelling(tmp_path)
        job = await foresee(played, making, TARGET, "", [TARGET], "anna")

        assert job.ended_at is not None and job.moves and making.job is None

    with played:
        asyncio.run(ask())


def test_cancelled(tmp_path: Path) -> None:
    """No process is left, and the next preview begins at once; one that fails says why."""

    async def ask() -> None:
        making = Foretelling(tmp_path)
        making.ask(TARGET, "", "anna")
        await asyncio.sleep(0)
        await making.cancel()
        assert making.job is None
        job = making.ask(TARGET, "", "bert")
        await ended(making)

        assert "no record there" in job.why

    asyncio.run(ask())
