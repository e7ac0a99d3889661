"""Fair play of a match: what was seen of each person, with the result, and in the log if it is much.

Bots are not looked at: they play like a program by right. Who leaves before the end is.
"""

import msgspec

from tremble.log import logger
from tremble.match.tally import Tally
from tremble.match.watch import SUSPECT, Suspicion, Watch
from tremble.result import FairPlay, MatchResult
from tremble.sim.state import Event, Usercmd

log = logger("arena")


class Fairness:
    """One match."""

    def __init__(self) -> None:
        self.watch = Watch()
        self.left: dict[str, tuple[str, Suspicion]] = {}  # by player id, with the name

    def see(self, tick: int, commands: list[Usercmd | None], events: list[Event]) -> None:
        """Take one tick: what was asked for, and what came of it."""
        self.watch.see(tick, commands, events)

    def leave(self, slot: int, tally: Tally | None) -> None:
        """Whoever has *slot* gives it up."""
        found = self.watch.players.get(slot)
        if found is not None and tally is not None and not tally.who.bot:
            self.left[tally.who.player_id] = tally.who.name, found
        self.watch.forget(slot)

    def judge(self, match_id: str, tallies: dict[int, Tally]) -> dict[str, FairPlay]:
        """Return what was seen of each, by player id; log who has played like a program."""
        people = dict(self.left)
        for slot, found in self.watch.players.items():
            tally = tallies.get(slot)
            if tally is not None and not tally.who.bot:
                people[tally.who.player_id] = tally.who.name, found
        for player_id, (name, found) in people.items():
            if found.score() >= SUSPECT:
                log.warning(
                    "unfair play suspected",
                    match_id=match_id,
                    player_id=player_id,
                    name=name,
                    score=round(found.score(), 3),
                    signals={key: round(value, 3) for key, value in found.signals().items()},
                    ticks=found.ticks,
                )
        return {who: FairPlay(round(f.score(), 3), list(f.ticks)) for who, (_, f) in people.items()}


def with_fair_play(result: MatchResult, found: dict[str, FairPlay]) -> MatchResult:
    """Return *result* with what was *found* on the lines, by player id."""
    lines = [
        msgspec.structs.replace(line, fair_play=found[line.player_id])
        if line.player_id in found
        else line
        for line in result.players
    ]
    return msgspec.structs.replace(result, players=lines)
