"""Limits: a bucket gives what it has and gains, no more, whatever the times."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremble.web import limits
from tremble.web.limits import Limits, Rule, network
from tremble.web.problems import Problem

RULE = Rule("test", 3, 2.0)


@given(st.lists(st.floats(0, 10), max_size=60))
def test_bucket(steps: list[float]) -> None:
    """In any time no more is allowed than the burst and what was gained since."""
    buckets, now, allowed = Limits(), 0.0, 0
    for step in steps:
        now += step
        allowed += buckets.wait(RULE, "anna", now) == 0.0

        assert allowed <= RULE.burst + now / RULE.every_s + 1e-6


def test_wait_is_right() -> None:
    """Who waits as long as told is let in; who does not, is not."""
    buckets = Limits()
    for _ in range(RULE.burst):
        assert buckets.wait(RULE, "anna", 5.0) == 0.0

    assert buckets.wait(RULE, "anna", 5.0) == 2.0
    assert buckets.wait(RULE, "anna", 6.5) == 0.5
    assert buckets.wait(RULE, "anna", 7.0) == 0.0
    assert buckets.wait(RULE, "bert", 7.0) == 0.0


@pytest.mark.usefixtures("still")
def test_check_tells_when() -> None:
    """Beyond the limit the answer is 429, with whole seconds to wait."""
    buckets = Limits()
    for _ in range(RULE.burst):
        asyncio.run(buckets.check(RULE, "anna"))

    with pytest.raises(Problem) as caught:
        asyncio.run(buckets.check(RULE, "anna"))

    assert (caught.value.body.status, caught.value.headers) == (429, {"Retry-After": "2"})
    asyncio.run(buckets.forgive(RULE, "anna"))
    asyncio.run(buckets.check(RULE, "anna"))


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many addresses ask, only so many are remembered."""
    monkeypatch.setattr(limits, "MAX_BUCKETS", 5)
    buckets = Limits()

    for number in range(20):
        buckets.wait(RULE, str(number), 0.0)

    assert len(buckets._buckets) == 5


def test_networks() -> None:
    """Addresses of IPv6 count by /64, and one of IPv4 is the same however it is written."""
    assert network("2001:db8::1") == network("2001:db8::ffff:2") != network("2001:db8:0:1::1")
    assert network("::ffff:192.0.2.1") == network("192.0.2.1") == "192.0.2.1"
    assert network("testclient") == "testclient"
