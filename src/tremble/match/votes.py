"""Votes of the people of one arena. Pure: times are seconds of any clock that does not go back.

  passes   as soon as more than half of all who may vote are for it; or at its end with more for
           than against, if the quorum has voted
  fails    as soon as half of them are against it; or at its end otherwise

Who calls one has voted for it. After one that failed its caller must wait for the cool-down.
"""

from typing import Final

#: Outcomes of advance().
OPEN: Final = 0
PASSED: Final = 1
FAILED: Final = 2


class VoteSettings:
    """*time_s* a vote is open; *cooldown_s* for who called one that failed; *quorum*: share, 0 to 1."""

    def __init__(self, time_s: float = 30.0, cooldown_s: float = 60.0, quorum: float = 0.5) -> None:
        self.time_s = time_s
        self.cooldown_s = cooldown_s
        self.quorum = quorum


class Vote:
    """One open vote: *line* is what is to be done, *by* the player id of its caller."""

    def __init__(self, line: str, by: str, name: str, ends: float) -> None:
        self.line = line
        self.by = by
        self.name = name
        self.ends = ends
        self.choices: dict[str, bool] = {by: True}


class Votes:
    """The open vote, if any, and who must wait before another."""

    def __init__(self, settings: VoteSettings) -> None:
        self.settings = settings
        self.open: Vote | None = None
        self.not_before: dict[str, float] = {}

    def call(self, line: str, by: str, name: str, now: float) -> str:
        """Open a vote; return why not, else an empty text."""
        if self.open is not None:
            return f"there is a vote already: {self.open.line}"
        wait = self.not_before.get(by, now) - now
        if wait > 0.0:
            return f"wait {int(wait) + 1} s before you call another vote"
        self.not_before = {p: at for p, at in self.not_before.items() if at > now}
        self.open = Vote(line, by, name, now + self.settings.time_s)
        return ""

    def cast(self, by: str, choice: bool) -> bool:
        """Count the choice of *by*, who may change it; False if there is nothing to vote on."""
        if self.open is None:
            return False
        self.open.choices[by] = choice
        return True

    def advance(self, voters: list[str], now: float) -> int:
        """Return how the open vote stands at *now* among *voters*; a closed one counts no more."""
        vote = self.open
        if vote is None:
            return OPEN
        given = [vote.choices[voter] for voter in voters if voter in vote.choices]
        yes, no = given.count(True), given.count(False)
        outcome = self.outcome(yes, no, len(voters), now >= vote.ends)
        if outcome == FAILED:
            self.not_before[vote.by] = now + self.settings.cooldown_s
        return outcome

    def outcome(self, yes: int, no: int, voters: int, over: bool) -> int:
        """Return how a vote stands with so many for and against it."""
        if voters == 0:
            return FAILED
        if 2 * yes > voters:
            return PASSED
        if 2 * no >= voters:
            return FAILED
        if not over:
            return OPEN
        return PASSED if yes > no and yes + no >= self.settings.quorum * voters else FAILED

    def close(self) -> None:
        """Nothing is voted on any more."""
        self.open = None
