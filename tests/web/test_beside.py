"""web/beside.py: work beside the requests goes on meanwhile, and is over at the end."""

import asyncio

import pytest
from structlog.testing import capture_logs

from tremble.web import beside as module
from tremble.web.beside import beside


def test_beside() -> None:
    """All of it runs, and has been cancelled when the block is left; also when the block fails."""
    told: list[str] = []

    async def work(name: str) -> None:
        told.append(f"{name} begins")
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)  # to put things away takes a moment
            told.append(f"{name} ends")

    async def fail() -> None:
        async with beside(lambda: work("one"), lambda: work("two")):
            await asyncio.sleep(0)
            assert told == ["one begins", "two begins"]
            raise ValueError

    with pytest.raises(ValueError):
        asyncio.run(fail())
    assert told[2:] == ["one ends", "two ends"]


def test_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed says so and begins again; what returned is done."""
    monkeypatch.setattr(module, "REST_S", 0.0)
    tries: list[int] = []

    async def work(done: asyncio.Event) -> None:
        tries.append(len(tries))
        if len(tries) < 3:
            raise ValueError("as it happens")
        done.set()

    async def waited() -> None:
        done = asyncio.Event()
        async with beside(lambda: work(done)):
            async with asyncio.timeout(10):
                await done.wait()

    with capture_logs() as told:
        asyncio.run(waited())
    assert len(tries) == 3
    assert [each["event"] for each in told] == ["work beside the requests failed"] * 2
