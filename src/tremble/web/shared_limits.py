"""Buckets in Redis: what makes the limits of several web processes one.

A bucket is a hash {tokens, at} that a script changes in one step, by Redis' own clock, and that goes once
it would be full. Nothing else is kept there, so Redis may be emptied or lost at any time: then each
process counts by itself again, as it does without Redis.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import structlog

from tremble.errors import ConfigError
from tremble.metrics import Family, Histogram, counter, gauge, histogram

if TYPE_CHECKING:
    from tremble.web.limits import Rule

#: What every key begins with.
PREFIX: Final = "tremble:limit:"
#: How long a request waits for Redis; then it counts in this process alone.
PATIENCE_S: Final = 0.25
#: How long Redis is left alone once it did not answer.
PAUSE_S: Final = 5.0
#: Seconds until Redis answers.
BOUNDS: Final = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25)

#: KEYS: the bucket; ARGV: burst, seconds for one more. Returns what is left, and the seconds to wait.
TAKE: Final = """
local burst, every = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local held = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(held[1]) or burst
local gained = math.max(now - (tonumber(held[2]) or now), 0) / every
tokens = math.min(tokens + gained, burst)
local missing = math.max(1 - tokens, 0)
if missing == 0 then tokens = tokens - 1 end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.9g', tokens), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) * every * 1000) + 1000)
return {string.format('%.9g', tokens), string.format('%.9g', missing * every)}
"""

log = structlog.get_logger(__name__)


class SharedLimits:
    """The buckets in the Redis at *url*. Made without asking it; raises ConfigError without the library."""

    def __init__(self, url: str) -> None:
        redis = client_library()
        self._failures = (redis.exceptions.RedisError, OSError, TimeoutError)
        self._client = redis.asyncio.Redis.from_url(
            url,
            socket_timeout=PATIENCE_S,
            socket_connect_timeout=PATIENCE_S,
            retry=redis.asyncio.retry.Retry(redis.backoff.NoBackoff(), 0),
        )
        self._take = self._client.register_script(TAKE)
        self._paused_until = 0.0
        self._times = Histogram(BOUNDS)
        self._failed = 0

    async def take(self, rule: Rule, key: str) -> tuple[float, float] | None:
        """Take one from the bucket; return what is left, and 0.0 or the seconds to wait if it was empty.

        None if Redis does not answer: then nothing is known.
        """
        began = monotonic()
        if began < self._paused_until:
            return None
        try:
            async with asyncio.timeout(PATIENCE_S):
                found = await self._take(keys=[name(rule, key)], args=[rule.burst, rule.every_s])
        except self._failures as error:
            self._fail(error)
            return None
        self._answered(monotonic() - began)
        left, wait = found
        return float(left), float(wait)

    async def forgive(self, rule: Rule, key: str) -> None:
        """Fill the bucket again; at once or, if Redis does not answer, not before its time."""
        if monotonic() < self._paused_until:
            return
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._client.delete(name(rule, key))
        except self._failures as error:
            self._fail(error)

    async def close(self) -> None:
        """End the connections."""
        with suppress(*self._failures):
            await self._client.aclose()

    def families(self) -> list[Family]:
        """Return what was counted."""
        up = float(monotonic() >= self._paused_until)
        failed = "Times that Redis did not answer; the limits then counted in this process alone."
        return [
            gauge("tremble_redis_up", "0 while Redis is left alone, as it did not answer.", up),
            counter("tremble_redis_failures_total", failed, self._failed),
            histogram("tremble_redis_seconds", "Time until Redis answers.", self._times),
        ]

    def _fail(self, error: BaseException) -> None:
        self._failed += 1
        if not self._paused_until:
            why = str(error) or type(error).__name__
            log.warning("redis does not answer: limits count in this process alone", error=why)
        self._paused_until = monotonic() + PAUSE_S

    def _answered(self, seconds: float) -> None:
        self._times.observe(seconds)
        if self._paused_until:
            log.info("redis answers: limits are shared again")
        self._paused_until = 0.0


def connect(url: str) -> SharedLimits | None:
    """Return the buckets in the Redis at *url*, None without one. Raises ConfigError."""
    return SharedLimits(url) if url else None


def name(rule: Rule, key: str) -> str:
    """Return what the bucket is called in Redis."""
    return f"{PREFIX}{rule.name}:{key}"


def client_library() -> Any:
    """Return the library redis with the parts used. Raises ConfigError if it is not installed."""
    try:
        import redis.asyncio.retry
        import redis.backoff
        import redis.exceptions
    except ImportError:
        raise ConfigError(
            "web.redis_url needs the library redis: pip install 'tremble[redis]'"
        ) from None
    return redis
