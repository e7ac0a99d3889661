"""A bad link between two ends in memory: loses, doubles, delays, reorders, the same for each seed.

For tests and for bots that play as if far away. Datagrams go in and come out when due.
"""

from typing import Final

_MASK64: Final = 0xFFFFFFFFFFFFFFFF


class LinkQuality:
    """How bad a link is.

    *loss*, *duplication*, *reordering*: shares of datagrams, 0 to 1; *delay*, *jitter*: seconds; a
    datagram takes delay to delay + jitter, one that is reordered *delay* more.
    """

    def __init__(
        self,
        loss: float = 0.0,
        duplication: float = 0.0,
        delay: float = 0.0,
        jitter: float = 0.0,
        reordering: float = 0.0,
    ) -> None:
        for name, share in (
            ("loss", loss),
            ("duplication", duplication),
            ("reordering", reordering),
        ):
            if not 0.0 <= share <= 1.0:
                raise ValueError(f"{name} {share}: must be 0 to 1")
        if delay < 0.0 or jitter < 0.0:
            raise ValueError(f"delay {delay}, jitter {jitter}: must not be negative")
        self.loss = loss
        self.duplication = duplication
        self.delay = delay
        self.jitter = jitter
        self.reordering = reordering


class Link:
    """One direction of a link; *seed* decides what happens to each datagram."""

    def __init__(self, quality: LinkQuality, seed: int) -> None:
        self.quality = quality
        self.random = seed & _MASK64
        self.order = 0
        self.under_way: list[tuple[float, int, bytes]] = []
        self.lost = 0
        self.doubled = 0

    def send(self, datagram: bytes, now: float) -> None:
        """Put *datagram* on the link."""
        if self._chance(self.quality.loss):
            self.lost += 1
            return
        self._put(datagram, now)
        if self._chance(self.quality.duplication):
            self.doubled += 1
            self._put(datagram, now)

    def receive(self, now: float) -> list[bytes]:
        """Remove and return the datagrams that have arrived by *now*, in order of arrival."""
        arrived = sorted([item for item in self.under_way if item[0] <= now])
        self.under_way = [item for item in self.under_way if item[0] > now]
        return [datagram for _, _, datagram in arrived]

    def next_arrival(self) -> float | None:
        """Return when the next datagram arrives; None if none is under way."""
        return min(self.under_way)[0] if self.under_way else None

    def _put(self, datagram: bytes, now: float) -> None:
        due = now + self.quality.delay + self.quality.jitter * self._uniform()
        if self._chance(self.quality.reordering):
            due += self.quality.delay
        self.order += 1
        self.under_way.append((due, self.order, datagram))

    def _chance(self, share: float) -> bool:
        return share > 0.0 and self._uniform() < share

    def _uniform(self) -> float:
        """Return the next number from 0 to 1 of SplitMix64 (Steele, Lea, Flood 2014)."""
        self.random = (self.random + 0x9E3779B97F4A7C15) & _MASK64
        z = self.random
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK64
        return ((z ^ (z >> 31)) >> 11) / 9007199254740992.0
