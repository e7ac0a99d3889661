"""Shared limits: several processes count as one while Redis answers, and by themselves while it does not."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from litestar.testing import TestClient
from redis_server import RedisServer

from tremble.errors import ConfigError
from tremble.store.engine import Store
from tremble.web import shared_limits
from tremble.web.app import create_app
from tremble.web.limits import Limits, Rule
from tremble.web.options import WebOptions
from tremble.web.problems import Problem
from tremble.web.shared_limits import SharedLimits

RULE = Rule("test", 3, 60.0)


def with_two(url: str, work: Callable[[Limits, Limits], Awaitable[None]]) -> None:
    """Run *work* on the limits of two processes that share the Redis at *url*."""

    async def run() -> None:
        shared = SharedLimits(url), SharedLimits(url)
        try:
            await work(Limits(shared[0]), Limits(shared[1]))
        finally:
            for each in shared:
                await each.close()

    asyncio.run(run())


async def refused(limits: Limits, key: str) -> bool:
    try:
        await limits.check(RULE, key)
    except Problem as problem:
        return problem.body.status == 429
    return False


def test_two_count_as_one(redis_server: RedisServer) -> None:
    """What one process let in is missing in the other; another key has a bucket of its own."""

    async def work(one: Limits, other: Limits) -> None:
        found = [await refused(limits, "anna") for limits in (one, other, one, other, one)]
        assert found == [False, False, False, True, True]
        assert not await refused(other, "bert")

    with_two(redis_server.url, work)
    assert {key: 0 < ms <= 181_000 for key, ms in redis_server.keys().items()} == {
        "tremble:limit:test:anna": True,
        "tremble:limit:test:bert": True,
    }


def test_many_at_once(redis_server: RedisServer) -> None:
    """However many ask at the same time, no more get in than the bucket holds."""

    async def work(one: Limits, other: Limits) -> None:
        asked = [refused(limits, f"key{n % 3}") for n in range(60) for limits in (one, other)]
        assert sum(not no for no in await asyncio.gather(*asked)) == 3 * RULE.burst

    with_two(redis_server.url, work)


def test_gains_with_time(redis_server: RedisServer) -> None:
    """A bucket that was emptied gains by Redis' clock, and tells how long that takes."""

    async def work(one: Limits, other: Limits) -> None:
        assert one.shared is not None
        slow = [await one.shared.take(RULE, "anna") for _ in range(4)]
        left, wait = slow[-1] or (0.0, 0.0)
        # What it gained while we asked it lacks no more.
        assert 0 <= left < 1 and wait == pytest.approx((1 - left) * 60, abs=0.001)
        quick = Rule("test", 3, 0.000001)
        left, wait = await one.shared.take(quick, "anna") or (0.0, 1.0)
        assert (left, wait) == (2.0, 0.0)

    with_two(redis_server.url, work)


def test_forgiven_for_both(redis_server: RedisServer) -> None:
    """Who showed the right password may guess anew everywhere."""

    async def work(one: Limits, other: Limits) -> None:
        for _ in range(3):
            await one.check(RULE, "anna")
        assert await refused(other, "anna")
        await one.forgive(RULE, "anna")
        assert not await refused(one, "anna")

    with_two(redis_server.url, work)


def test_without_redis(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """While Redis is away each process counts by itself, and nobody waits for it twice."""
    monkeypatch.setattr(shared_limits, "PAUSE_S", 0.0)

    async def work(one: Limits, other: Limits) -> None:
        await one.check(RULE, "anna")
        redis_server.stop()
        found = [await refused(limits, "anna") for limits in (one, one, one, other)]
        assert found == [False, False, True, False]
        redis_server.start()
        assert [await refused(other, "anna") for _ in range(3)] == [False, False, True]
        assert [f.samples[0].value for f in other.shared.families()[:2]] == [1.0, 1.0]  # type: ignore[union-attr]

    with_two(redis_server.url, work)


def test_pause(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis that did not answer is left alone for a while."""
    monkeypatch.setattr(shared_limits, "PAUSE_S", 600.0)

    async def work(one: Limits, other: Limits) -> None:
        redis_server.stop()
        await one.check(RULE, "anna")
        redis_server.start()
        await one.check(RULE, "anna")
        assert one.shared is not None
        up, failures = one.shared.families()[:2]
        assert (up.samples[0].value, failures.samples[0].value) == (0.0, 1)

    with_two(redis_server.url, work)
    assert redis_server.keys() == {}


def test_over_http(store: Store, tmp_path: Path, redis_server: RedisServer) -> None:
    """Two web processes of one record refuse together, and /metrics tells of Redis."""
    options = WebOptions(redis_url=redis_server.url, metrics_open=True)
    with (
        TestClient(create_app(store, tmp_path, options=options)) as one,
        TestClient(create_app(store, tmp_path, options=options)) as other,
    ):
        body = {"username": "anna", "password": "no such password"}
        codes = [
            client.post("/v1/auth/login", json=body).status_code for client in [one, other] * 6
        ]
        assert codes == [401] * 10 + [429] * 2
        assert "tremble_redis_up 1.0" in one.get("/metrics").text


def test_without_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library the error says what to install."""
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigError, match=r"pip install 'tremble\[redis\]'"):
        SharedLimits("redis://localhost")
