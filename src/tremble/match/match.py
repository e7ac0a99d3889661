"""One match: its phases, its scoreboard, its end.

  phase         leaves for     when
  -------------------------------------------------------------------------------------------
  WARMUP        COUNTDOWN      enough players for warmup_s
  COUNTDOWN     WARMUP         too few players
                LIVE           countdown_s are over; the world starts fresh
  LIVE          INTERMISSION   frag limit; time limit with a leader; too few players (forfeit)
                OVERTIME       time limit without a leader
  OVERTIME      INTERMISSION   somebody leads when overtime_s are over, or frag limit, or forfeit
                OVERTIME       still nobody leads: another overtime_s
  INTERMISSION  (over)         intermission_s are over, or nobody is left

The match reads what the world did (its events) and freezes or restarts the world; it knows slots and
player ids, not sessions or sockets. Times are ticks of the world.
"""

from datetime import datetime
from typing import Final

from tremble.match.modes import Mode
from tremble.match.tally import Tally, Who, count
from tremble.result import MAX_LINES, EndedBy, MatchResult
from tremble.sim import step
from tremble.sim.rewind import Rewind
from tremble.sim.state import EV_FRAG, Event, Usercmd, World
from tremble.sim.tuning import TICK_RATE

WARMUP: Final = 0
COUNTDOWN: Final = 1
LIVE: Final = 2
OVERTIME: Final = 3
INTERMISSION: Final = 4
OVER: Final = 5
PHASE_NAMES: Final = ("warmup", "countdown", "live", "overtime", "intermission", "over")


class MatchSettings:
    """Lengths in seconds; 0 for *frag_limit* or *time_limit_s* means none, but not both."""

    def __init__(
        self,
        time_limit_s: float = 600.0,
        frag_limit: int = 0,
        warmup_s: float = 5.0,
        countdown_s: float = 3.0,
        overtime_s: float = 120.0,
        intermission_s: float = 8.0,
    ) -> None:
        self.time_limit_s = time_limit_s
        self.frag_limit = frag_limit
        self.warmup_s = warmup_s
        self.countdown_s = countdown_s
        self.overtime_s = overtime_s
        self.intermission_s = intermission_s


def ticks(seconds: float) -> int:
    """Return *seconds* as whole ticks."""
    return int(seconds * TICK_RATE + 0.5)


class Match:
    """One match from warmup to its end.

    *tallies* are the lines of those who hold a slot, *departed* of those who gave theirs up while it
    counted. *changes* goes up whenever phase or scoreboard change.
    """

    def __init__(
        self, mode: Mode, settings: MatchSettings, match_id: str, item_names: list[str]
    ) -> None:
        self.mode = mode
        self.settings = settings
        self.match_id = match_id
        self.item_names = item_names
        self.phase = WARMUP
        self.since = 0
        self.ends = 0  # 0: open
        self.live_ticks = 0
        self.ended_by: EndedBy | None = None
        self.tallies: dict[int, Tally] = {}
        self.departed: list[Tally] = []
        self.changes = 0
        self.held = False  # it may not begin

    @property
    def counts(self) -> bool:
        """What happens now counts."""
        return self.phase == LIVE or self.phase == OVERTIME

    def enter(self, slot: int, who: Who) -> None:
        """*who* plays in *slot* from now on; who comes back goes on with the line left behind."""
        self.tallies[slot] = self.take_back(who)
        self.changes += 1

    def take_back(self, who: Who) -> Tally:
        """Return the line that *who* left behind, or a new one: a result has one line of a player."""
        for i, tally in enumerate(self.departed):
            if tally.who.player_id == who.player_id:
                tally.left = False
                return self.departed.pop(i)
        return Tally(who)

    def leave(self, slot: int) -> None:
        """Whoever plays in *slot* gives it up."""
        tally = self.tallies.pop(slot)
        if self.counts:
            tally.left = True
            self.departed.append(tally)
        self.changes += 1

    def advance(self, world: World, events: list[Event]) -> None:
        """Count the *events* of the tick that *world* has just done, and move to the next phase if due."""
        if self.counts:
            self.count(events)
            self.advance_live(world)
        elif self.phase == WARMUP:
            self.advance_warmup(world)
        elif self.phase == COUNTDOWN:
            if len(self.tallies) < self.mode.needed:
                world.frozen = False
                self.go(WARMUP, world.tick, 0)
            elif world.tick >= self.ends:
                self.start(world)
        elif self.phase == INTERMISSION and (world.tick >= self.ends or not self.tallies):
            self.go(OVER, world.tick, 0)

    def count(self, events: list[Event]) -> None:
        """Add one tick of play to the scoreboard."""
        self.live_ticks += 1
        for slot in self.tallies:
            self.tallies[slot].ticks += 1
        if events:
            count(self.tallies, self.item_names, events)
            for event in events:
                if event.kind == EV_FRAG:
                    self.changes += 1

    def advance_warmup(self, world: World) -> None:
        """Wait for players, then for warmup_s, then count down."""
        if self.held or len(self.tallies) < self.mode.needed:
            if self.ends:
                self.go(WARMUP, world.tick, 0)
        elif not self.ends:
            self.go(WARMUP, world.tick, world.tick + max(1, ticks(self.settings.warmup_s)))
        elif world.tick >= self.ends:
            step.restart(world)
            world.frozen = True
            self.go(COUNTDOWN, world.tick, world.tick + ticks(self.settings.countdown_s))

    def start(self, world: World) -> None:
        """Begin to count, in a fresh world."""
        step.restart(world)
        world.frozen = False
        for slot in list(self.tallies):
            self.tallies[slot] = Tally(self.tallies[slot].who)
        self.count_from(world.tick)

    def count_from(self, tick: int) -> None:
        """What happens after *tick* counts."""
        limit = ticks(self.settings.time_limit_s)
        self.go(LIVE, tick, tick + limit if limit else 0)

    def advance_live(self, world: World) -> None:
        """End the match if a limit is reached."""
        if len(self.tallies) < self.mode.needed:
            self.end(world, "forfeit")
        elif self.settings.frag_limit and self.top_score() >= self.settings.frag_limit:
            self.end(world, "frag_limit")
        elif self.ends and world.tick >= self.ends:
            if self.leader() is not None:
                self.end(world, "time_limit" if self.phase == LIVE else "overtime")
            else:
                extra = max(1, ticks(self.settings.overtime_s))
                self.go(OVERTIME, world.tick, world.tick + extra)

    def end(self, world: World, ended_by: EndedBy) -> None:
        """Stop counting; the scoreboard stands for intermission_s."""
        self.ended_by = ended_by
        world.frozen = True
        self.go(INTERMISSION, world.tick, world.tick + ticks(self.settings.intermission_s))

    def go(self, phase: int, now: int, ends: int) -> None:
        """Enter *phase* at tick *now*; it ends at tick *ends* (0: open)."""
        self.phase = phase
        self.since = now
        self.ends = ends
        self.changes += 1

    def top_score(self) -> int:
        """Return the highest score of those who hold a slot."""
        return max([self.tallies[slot].score for slot in self.tallies])

    def leader(self) -> int | None:
        """Return the slot that alone has the highest score; None if it is shared or nobody plays."""
        if not self.tallies:
            return None
        best = self.top_score()
        found = [slot for slot in self.tallies if self.tallies[slot].score == best]
        return found[0] if len(found) == 1 else None

    def winner(self) -> int | None:
        """Return the slot that has won: after a forfeit whoever stayed alone, else the leader."""
        return self.leader() if self.ended_by is not None else None

    def result(
        self, server_id: str, level_name: str, started_at: datetime, ended_at: datetime
    ) -> MatchResult | None:
        """Return the record of an ended match; None if it has not ended or nobody stayed to its end."""
        if self.ended_by is None or not self.tallies:
            return None
        winner = self.winner()
        stayed = sorted(self.tallies.items(), key=by_score)
        lines = []
        for slot, tally in stayed:
            place = 1 + sum([1 for _, other in stayed if other.score > tally.score])
            lines.append(tally.line(place, slot == winner, TICK_RATE))
        for tally in self.remembered(MAX_LINES - len(stayed)):
            lines.append(tally.line(len(stayed) + 1, False, TICK_RATE))
        return MatchResult(
            match_id=self.match_id,
            server_id=server_id,
            mode=self.mode.name,
            map=level_name,
            started_at=started_at,
            ended_at=ended_at,
            duration_s=self.live_ticks / TICK_RATE,
            ended_by=self.ended_by,
            players=lines,
        )

    def remembered(self, room: int) -> list[Tally]:
        """Return the lines of those who left, in their order; beyond *room* of those who played most."""
        if len(self.departed) <= room:
            return self.departed
        return sorted(self.departed, key=by_ticks)[:room]


def play(
    world: World, match: Match, rewind: Rewind, commands: list[Usercmd | None], backs: list[int]
) -> list[Event]:
    """Do one tick of *match* and return what happened; a match and its replay both go through here.

    *commands* and *backs* (see rewind.py) are by slot.
    """
    events = step.step(world, commands, rewind.views(world, backs))
    match.advance(world, events)
    rewind.note(world, events)
    return events


def by_score(entry: tuple[int, Tally]) -> int:
    """Sort key: highest score first."""
    return -entry[1].score


def by_ticks(tally: Tally) -> int:
    """Sort key: who played longest first."""
    return -tally.ticks
