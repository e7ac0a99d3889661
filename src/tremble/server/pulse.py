"""The pulse of a game worker: it is asked now and then, and its loop itself must answer. Pure.

asked -> answered within HANG_S: alive, asked again after a while
      -> not: it hangs
"""

#: The question, as a line on the worker's standard input; the answer is the report "alive".
QUESTION = b'"alive"'
#: Seconds between two questions, unless a watchdog wants more of them.
EVERY_S = 10.0
#: Seconds without an answer after which a worker hangs: far longer than anything it does in one go.
HANG_S = 30.0


class Pulse:
    """When to ask, and whether it hangs; *watchdog_s*: somebody wants to hear of it that often."""

    def __init__(self, watchdog_s: float | None = None) -> None:
        # Twice within the time, as sd_watchdog_enabled(3) advises, and twice again for the way.
        self.every_s = EVERY_S if watchdog_s is None else min(EVERY_S, max(0.1, watchdog_s / 4))
        self.ask_at: float | None = None
        self.asked_at: float | None = None

    def begin(self, now: float) -> None:
        """The worker is ready."""
        self.ask_at = now
        self.asked_at = None

    def end(self) -> None:
        """The worker ends, or has ended."""
        self.ask_at = self.asked_at = None

    def due(self, now: float) -> bool:
        """Say whether to ask now; who says so asks."""
        if self.ask_at is None or self.asked_at is not None or now < self.ask_at:
            return False
        self.asked_at = now
        return True

    def answered(self, now: float) -> None:
        """It has answered."""
        self.asked_at = None
        if self.ask_at is not None:
            self.ask_at = now + self.every_s

    def hangs(self, now: float) -> bool:
        """Say whether it has not answered for too long."""
        return self.asked_at is not None and now - self.asked_at >= HANG_S

    def next_look(self, now: float) -> float | None:
        """Return the seconds until due() or hangs() may say yes; None: never by itself."""
        if self.asked_at is not None:
            return max(0.0, self.asked_at + HANG_S - now)
        return None if self.ask_at is None else max(0.0, self.ask_at - now)
