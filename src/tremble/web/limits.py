"""Limits: how often one address or one account may ask. Token buckets, in memory, one set a process.

A bucket holds up to `burst` requests and gains one every `every_s` seconds. What is asked beyond
that gets 429 and is told when to come again. IPv6 addresses count by /64: who has one has them all.
"""

import math
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from time import monotonic

from msgspec import Struct

from tremble.web.problems import Asked, Problem

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
#: By account: wrong passwords and codes. Guessing gets 1,440 tries a day.
GUESSES = Rule("guesses", 10, 60.0)


class Limits:
    """The buckets of this process."""

    def __init__(self) -> None:
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

    def forgive(self, rule: Rule, key: str) -> None:
        """Fill the bucket again."""
        self._buckets.pop((rule.name, key), None)

    def check(self, rule: Rule, key: str) -> None:
        """Take one from the bucket now; raises Problem 429 if it is empty."""
        seconds = self.wait(rule, key, monotonic())
        if seconds:
            after = {"Retry-After": str(math.ceil(seconds))}
            detail = f"too many requests; try again in {math.ceil(seconds)} s"
            raise Problem(429, "too_many_requests", detail, headers=after)

    def check_address(self, rule: Rule, request: Asked) -> None:
        """Take one from the bucket of the address that asks; raises Problem 429."""
        self.check(rule, network(request.client.host if request.client else ""))


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
