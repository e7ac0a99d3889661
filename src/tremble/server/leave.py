"""Leaving to come back: when a server may restart without spoiling a match, and who is told. Pure.

  empty            as soon as nobody is here
  between-matches  no match begins; when none counts any more, after a countdown
  now              after a countdown

At the deadline it leaves however the matches stand; the countdown ends there. Nobody here: no countdown.
"""

from typing import Any

EMPTY = "empty"
BETWEEN = "between-matches"
NOW = "now"
WHENS = (EMPTY, BETWEEN, NOW)
#: Seconds left at which everybody is told.
MARKS = (600, 300, 120, 60, 30, 10, 5)


class Leave:
    """Leaves *when* (one of WHENS) it may, at *deadline* for certain (None: no such time).

    Seconds of the loop's clock; *countdown_s* is how long before it everybody is told. *wish*: what is to
    be restored while it is away (tremble.restoring), as JSON; None: nothing.
    """

    def __init__(
        self,
        when: str,
        countdown_s: float,
        deadline: float | None,
        reason: str,
        wish: dict[str, Any] | None = None,
    ) -> None:
        self.when = when
        self.countdown_s = countdown_s
        self.deadline = deadline
        self.reason = reason
        self.wish = wish
        self.at: float | None = None  # when the countdown ends; None: it has not begun
        self._told: float | None = None  # the seconds left that everybody knows of

    @property
    def holds(self) -> bool:
        """No match is to begin."""
        return self.when == BETWEEN or self.at is not None

    def over(self, people: int, counting: bool, now: float) -> bool:
        """Say whether to leave now; *people* are here, bots not counted, *counting*: a match counts."""
        if self.at is None:
            if self._may(people, counting):
                self.at = now + (self.countdown_s if people else 0.0)
            elif self.deadline is not None and now >= self.deadline - self.countdown_s:
                self.at = max(now, self.deadline if people else now)
            else:
                return False
        return now >= self.at or (not people and not counting)

    def _may(self, people: int, counting: bool) -> bool:
        if self.when == EMPTY:
            return not people
        return self.when == NOW or not counting

    def to_tell(self, now: float) -> int | None:
        """Return the seconds left if everybody is to be told of them now, each time once, else None."""
        if self.at is None:
            return None
        left = max(0.0, self.at - now)
        passed = [
            mark for mark in MARKS if left <= mark and (self._told is None or mark < self._told)
        ]
        if self._told is None:
            self._told = left
            return round(left) or None
        if not passed:
            return None
        self._told = min(passed)
        return round(left) or None
