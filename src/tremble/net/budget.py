"""Budgets of answers: for each address and for all together, in memory that nobody can make grow.

Addresses share CELLS buckets by their hash, which is keyed at random in each process: nobody can
aim at another's bucket, and a flood from many addresses leaves no trace but empty buckets.
"""

from typing import Final

CELLS: Final = 4096


class Budgets:
    """*rate* answers a second to one address, *burst* at once; *total* a second to all."""

    def __init__(self, rate: float, burst: float, total: float, now: float) -> None:
        self.rate = rate
        self.burst = burst
        self.total = total
        self.left = [burst] * CELLS
        self.at = [now] * CELLS
        self.total_left = total
        self.total_at = now

    def take(self, host: bytes, now: float, each: bool = True) -> bool:
        """Spend one answer to *host*; False if it or all together have had enough.

        Without *each* only what all together have had counts.
        *host* is 4 bytes, or 16 of IPv6, of which the first 8 count: one host may have the rest.
        """
        cell = hash(host[:8]) % CELLS
        left = min(self.burst, self.left[cell] + (now - self.at[cell]) * self.rate)
        self.left[cell] = left
        self.at[cell] = now
        if each and left < 1.0:
            return False
        self.total_left = min(self.total, self.total_left + (now - self.total_at) * self.total)
        self.total_at = now
        if self.total_left < 1.0:
            return False
        self.left[cell] = max(0.0, left - 1.0)
        self.total_left -= 1.0
        return True
