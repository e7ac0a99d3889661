"""Limits: how often one address or one account may ask. Token buckets, in memory, one set a process;
if there is a Redis, one set for all of them (shared_limits.py).

A bucket holds up to `burst` requests and gains one every `every_s` seconds. What is asked beyond
that gets 429 and is told when to come again. IPv6 addresses count by /64: who has one has them all.
"""

import math
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from time import monotonic

from msgspec import Struct

from tremble.web.problems import Asked, Problem
from tremble.web.shared_limits import SharedLimits

#: Buckets kept; the one not used for longest goes first, and starts full if it comes again.
MAX_BUCKETS = 100_000


class Rule(Struct, frozen=True):
    """How many requests at once, and how many seconds for one more."""

    name: str
    burst: int
    every_s: float


#: By address: what costs a password hash. A hall of players behind one address is no attack.
PASSWORDS = Rule("passwords", 30, 2.0)
#: By address: new guests, and tokens renewed.
SIGN_INS = Rule("sign_ins", 120, 0.5)
#: By address: whatever writes, unless it has a limit of its own.
WRITES = Rule("writes", 300, 0.1)
#: By account: saves that are uploaded or restored.
SAVES = Rule("saves", 60, 1.0)
#: By address: results that no trusted server signed.
UNSIGNED = Rule("unsigned", 30, 1.0)
#: By game server: results. More than a full machine of arenas can play, even after a long outage.
RESULTS = Rule("results", 5000, 0.002)
#: By game server: heartbeats, which come once in 25 s, and at changes.
HEARTBEATS = Rule("heartbeats", 30, 1.0)
#: By account: tickets for game servers.
JOINS = Rule("joins", 30, 2.0)
#: By account: wrong passwords and codes. Guessing gets 1,440 tries a day.
GUESSES = Rule("guesses", 10, 60.0)


class Limits:
    """The buckets of this process, and those that it shares, if any."""

    def __init__(self, shared: SharedLimits | None = None) -> None:
        self.shared = shared
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def wait(self, rule: Rule, key: str, now: float) -> float:
        """Take one from the bucket; return 0.0, or the seconds to wait if it is empty."""
        tokens, at = self._buckets.pop((rule.name, key), (float(rule.burst), now))
        tokens = min(tokens + (now - at) / rule.every_s, float(rule.burst))
        missing = max(1.0 - tokens, 0.0)
        self._buckets[rule.name, key] = (tokens if missing else tokens - 1.0, now)
        if len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)
        return missing * rule.every_s

    async def forgive(self, rule: Rule, key: str) -> None:
        """Fill the bucket again."""
        self._buckets.pop((rule.name, key), None)
        if self.shared is not None:
            await self.shared.forgive(rule, key)

    async def check(self, rule: Rule, key: str, request: Asked | None = None) -> None:
        """Take one from the bucket now; raises Problem 429 if it is empty.

        The answer to *request* will say what is left.
        """
        tokens, seconds = await self._take(rule, key)
        if request is not None:
            request.scope["state"]["rate_limit"] = shown(rule, tokens)
        if seconds:
            after = {"Retry-After": str(math.ceil(seconds))}
            detail = f"too many requests; try again in {math.ceil(seconds)} s"
            raise Problem(429, "too_many_requests", detail, headers=after)

    async def check_address(self, rule: Rule, request: Asked) -> None:
        """Take one from the bucket of the address that asks; raises Problem 429."""
        await self.check(rule, address(request), request)

    async def close(self) -> None:
        """Let go of what is shared."""
        if self.shared is not None:
            await self.shared.close()

    async def _take(self, rule: Rule, key: str) -> tuple[float, float]:
        """Take one; return what is left, and the seconds to wait."""
        seconds = self.wait(rule, key, monotonic())
        tokens = self._buckets[rule.name, key][0]
        if seconds or self.shared is None:
            # Whoever is refused here costs Redis nothing.
            return tokens, seconds
        theirs = await self.shared.take(rule, key)
        return (tokens, 0.0) if theirs is None else (min(tokens, theirs[0]), theirs[1])


def shown(rule: Rule, tokens: float) -> dict[str, str]:
    """Return the headers that tell of *rule*, and of what is left in a bucket of *tokens*."""
    fresh = math.ceil((rule.burst - tokens) * rule.every_s)
    return {
        "ratelimit-policy": f'"{rule.name}";q={rule.burst};w={math.ceil(rule.burst * rule.every_s)}',
        "ratelimit": f'"{rule.name}";r={int(tokens)};t={fresh}',
    }


def address(request: Asked) -> str:
    """Return the address that asks, as it counts."""
    return network(request.client.host if request.client else "")


def network(host: str) -> str:
    """Return the address that *host* counts as."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return address.packed[:8].hex()
