"""Who has shown too many wrong passwords, and for how long it may show no more."""

import ipaddress

#: Longest lock-out in seconds, and addresses remembered: beyond, those that failed longest ago go.
MAX_LOCKOUT = 86400.0
REMEMBERED = 4096


class Failures:
    """Wrong passwords of one address."""

    def __init__(self) -> None:
        self.count = 0
        self.lockouts = 0
        self.until = 0.0


class Lockout:
    """Who may try a password. An IPv6 address stands for its /64: one host has all of that."""

    def __init__(self, max_failures: int, lockout_s: float) -> None:
        self.max_failures = max_failures
        self.lockout_s = lockout_s
        self.by_address: dict[str, Failures] = {}

    def locked(self, address: str, now: float) -> float:
        """Return the seconds for which *address* is still locked out; 0.0 if it may try."""
        found = self.by_address.get(network(address))
        return max(0.0, found.until - now) if found is not None else 0.0

    def failed(self, address: str, now: float) -> float:
        """*address* has shown a wrong password; return the seconds for which it is locked out now."""
        key = network(address)
        found = self.by_address.pop(key, None) or Failures()
        self.by_address[key] = found  # at the end: the latest
        if len(self.by_address) > REMEMBERED:
            del self.by_address[next(iter(self.by_address))]
        found.count += 1
        if found.count < self.max_failures:
            return 0.0
        wait = min(self.lockout_s * 2.0 ** min(found.lockouts, 32), MAX_LOCKOUT)
        found.count, found.lockouts, found.until = 0, found.lockouts + 1, now + wait
        return wait

    def passed(self, address: str) -> None:
        """*address* knows the password."""
        self.by_address.pop(network(address), None)


def network(address: str) -> str:
    """Return what stands for all addresses that the owner of *address* has."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))
