"""Passwords: hashed with the stated cost, checked the same for nobody, never more than may wait."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from argon2 import extract_parameters

from tremble.web import passwords
from tremble.web.passwords import Passwords
from tremble.web.problems import Problem


@pytest.fixture
def pool() -> Iterator[Passwords]:
    made = Passwords()
    yield made
    made.close()


def test_hash_and_check(pool: Passwords) -> None:
    """The right password fits, another does not, and two hashes of one differ."""

    async def run() -> None:
        first, second = await pool.hash("correct horse"), await pool.hash("correct horse")
        assert first != second
        assert await pool.check(first, "correct horse")
        assert not await pool.check(first, "correct house")
        parameters = extract_parameters(first)
        assert parameters.type.name == "ID"
        assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (
            19456,
            2,
            1,
        )

    asyncio.run(run())


def test_nobody(pool: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no hash, nothing fits, and one of the same cost is checked all the same."""
    checked: list[str] = []
    real = passwords.matches

    def counted(kept: str, password: str) -> bool:
        checked.append(kept)
        return real(kept, password)

    monkeypatch.setattr(passwords, "matches", counted)

    assert not asyncio.run(pool.check(None, "anything"))
    assert extract_parameters(checked[0]) == extract_parameters(passwords.HASHER.hash("x"))


def test_nobody_is_left_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is cut off while the first hash of all still waits for a thread does not end that."""
    made = Passwords()
    go = threading.Event()
    busy = [made._pool.submit(go.wait, 60) for _ in range(passwords.WORKERS)]
    made._nobody = made._pool.submit(passwords.HASHER.hash, "nobody")

    async def cut_off() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await made.check(None, "anything")
        go.set()
        assert not await made.check(None, "anything")

    asyncio.run(cut_off())
    assert all(one.result() for one in busy)
    made.close()


def test_bounded(pool: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
    """When too many wait the next one is told to come again, and the others are served."""
    monkeypatch.setattr(passwords, "MAX_WAITING", 2)

    async def run() -> list[str | BaseException]:
        return await asyncio.gather(*[pool.hash("x") for _ in range(3)], return_exceptions=True)

    first, second, third = asyncio.run(run())

    assert isinstance(first, str)
    assert isinstance(second, str)
    assert isinstance(third, Problem)
    assert (third.body.code, third.headers) == ("busy", {"Retry-After": "2"})
