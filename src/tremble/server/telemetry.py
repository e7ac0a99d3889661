"""Telemetry of an arena: the notes of its matches, with what only the server knows.

Lines are measured by the loop once a second; its CPU time is shared by the people in the arenas.
"""

from __future__ import annotations

from collections.abc import Iterable
from time import process_time
from typing import TYPE_CHECKING

import msgspec

from tremble.match.telemetry import Notes
from tremble.result import MatchResult
from tremble.sim.state import Event, World
from tremble.sim.tuning import TICK_RATE

if TYPE_CHECKING:
    from tremble.net.session import Session
    from tremble.server.arena import Arena


class Witness:
    """Of one arena; outlives its matches. *region* is told with each result."""

    def __init__(self) -> None:
        self.region = ""
        self.cpu_s = 0.0  # in all
        self.lost = 0  # matches that came to nothing since the last result
        self.notes: Notes | None = None
        self._cpu_before = 0.0
        self._waits: dict[int, int] = {}  # since which tick, by session number

    def came(self, number: int, tick: int) -> None:
        """The session *number* is here from *tick* on, if it was not before."""
        self._waits.setdefault(number, tick)

    def went(self, number: int) -> None:
        """It is gone."""
        self._waits.pop(number, None)

    def begin(self, tick: int, playing: Iterable[tuple[int, int, str]]) -> None:
        """A match begins to count at *tick*; who plays: slots, session numbers and player ids."""
        self.notes = Notes(tick)
        self._cpu_before = self.cpu_s
        for slot, number, player_id in playing:
            self.enter(slot, number, player_id, tick)

    def enter(self, slot: int, number: int, player_id: str, tick: int) -> None:
        """The session *number* plays in *slot* from *tick* on."""
        if self.notes is not None:
            waited = tick - self._waits.get(number, tick)
            self.notes.enter(slot, player_id, tick, waited / TICK_RATE)

    def leave(self, slot: int, tick: int) -> None:
        """Nobody plays in *slot* any more."""
        if self.notes is not None:
            self.notes.leave(slot, tick)

    def see(self, world: World, events: list[Event], sessions: Iterable[Session]) -> None:
        """Take one tick."""
        if self.notes is None:
            return
        self.notes.see(world, events)
        if world.tick % TICK_RATE == 0:
            for session in sessions:
                if session.slot >= 0:
                    self.notes.measure(session.slot, session.ping_ms, session.loss)

    def drop(self, lost: bool) -> None:
        """The match goes on no more; *lost*: for a fault of ours."""
        self.notes = None
        self.lost += lost

    def end(
        self, result: MatchResult | None, world: World, crashes: int, sessions: Iterable[Session]
    ) -> MatchResult | None:
        """Return *result* of the match that has ended, with its telemetry.

        *crashes* are lost matches that others know of; who played waits from now on.
        """
        for session in sessions:
            if session.slot >= 0:
                self._waits[session.number] = world.tick
        notes, self.notes = self.notes, None
        if notes is None or result is None:
            return result
        spent, lost = self.cpu_s - self._cpu_before, self.lost + crashes
        self.lost = 0
        told = notes.told(result, world, self.region, spent, lost)
        return msgspec.structs.replace(result, telemetry=told)


class CpuTime:
    """The CPU time of this process, dealt out to arenas."""

    def __init__(self) -> None:
        self._before = process_time()

    def share(self, arenas: Iterable[Arena]) -> None:
        """Give each arena its share of what was spent since the last call, by the people in it."""
        now = process_time()
        spent, self._before = now - self._before, now
        people = [(arena, len(arena.members.members)) for arena in arenas]
        everybody = sum(count for _, count in people)
        for arena, count in people:
            arena.witness.cpu_s += spent * count / max(1, everybody)
