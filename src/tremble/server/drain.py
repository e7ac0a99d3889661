"""Draining: nobody new comes in, what counts is finished within a bound, then the process ends. Pure."""


class Drain:
    """*until* (None: open): when it is over however the matches stand. Seconds of the loop's clock."""

    def __init__(self) -> None:
        self.on = False
        self.until: float | None = None
        self.reason = ""

    def begin(self, now: float, bound_s: float | None, reason: str) -> None:
        """Drain from *now* on, for at most *bound_s* seconds."""
        self.on = True
        self.until = None if bound_s is None else now + bound_s
        self.reason = reason

    def cancel(self) -> None:
        """Go on as before."""
        self.on = False
        self.until = None
        self.reason = ""

    def over(self, counting: bool, now: float) -> bool:
        """Say whether the process may end; *counting*: some match still counts."""
        if not self.on:
            return False
        return not counting or (self.until is not None and now >= self.until)
