"""match/match.py: phases, scoreboard, end."""

from datetime import UTC, datetime

import pytest
from rooms import entity, room

from tremble.match import match as phases
from tremble.match.match import Match, MatchSettings
from tremble.match.modes import MODES
from tremble.match.tally import Who
from tremble.result import MatchResult
from tremble.sim import step
from tremble.sim.state import EV_FRAG, EV_SPAWN, Event, World

START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
END = datetime(2026, 1, 1, 12, 10, tzinfo=UTC)
SETTINGS = MatchSettings(
    time_limit_s=1.0, frag_limit=0, warmup_s=0.1, countdown_s=0.1, overtime_s=0.5,
    intermission_s=0.1,
)  # fmt: skip


SPAWNS = [entity("info_player_deathmatch", origin=f"{200 * i} 0 24") for i in range(8)]


class Played:
    """A match in a world of its own; `frag` and `run` make things happen."""

    def __init__(self, settings: MatchSettings = SETTINGS, mode: str = "duel", players: int = 2):
        self.world: World = step.new_world(room(entities=SPAWNS), 1)
        self.match = Match(MODES[mode], settings, "ab" * 16, [])
        for slot in range(players):
            self.enter(slot)

    def enter(self, slot: int) -> None:
        step.join(self.world, slot)
        self.match.enter(slot, Who(f"{slot:016x}", f"player {slot}", False))

    def leave(self, slot: int) -> None:
        self.match.leave(slot)
        step.leave(self.world, slot)

    def run(self, ticks: int, events: list[Event] | None = None) -> None:
        for _ in range(ticks):
            done = step.step(self.world, [None] * 16)
            self.match.advance(self.world, done + (events or []))
            events = None

    def frag(self, attacker: int, victim: int) -> None:
        self.run(1, [Event(EV_FRAG, attacker, victim)])

    def until(self, phase: int, limit: int = 400) -> None:
        for _ in range(limit):
            if self.match.phase == phase:
                return
            self.run(1)
        raise AssertionError(f"never came to {phases.PHASE_NAMES[phase]}")

    def result(self) -> MatchResult:
        result = self.match.result("5e" * 8, "box", START, END)
        assert result is not None
        return result


def test_match_waits_for_players() -> None:
    """Alone, a player stays in an open warmup."""
    played = Played(players=1)

    played.run(100)

    assert played.match.phase == phases.WARMUP
    assert played.match.ends == 0


def test_match_goes_from_warmup_to_over() -> None:
    """A match with a leader passes every phase but overtime, once and in order."""
    played = Played()
    seen = [played.match.phase]

    for i in range(300):
        played.run(1, [Event(EV_FRAG, 0, 1)] if i == 40 else None)
        if played.match.phase != seen[-1]:
            seen.append(played.match.phase)

    assert seen == [
        phases.WARMUP, phases.COUNTDOWN, phases.LIVE, phases.INTERMISSION, phases.OVER,
    ]  # fmt: skip


def test_countdown_freezes_and_live_starts_fresh() -> None:
    """Nobody moves in the countdown; live begins with everybody just spawned and no score."""
    played = Played()
    played.frag(0, 1)

    played.until(phases.COUNTDOWN)
    frozen = played.world.frozen
    played.until(phases.LIVE)

    assert frozen and not played.world.frozen
    assert [t.score for t in played.match.tallies.values()] == [0, 0]
    events = step.step(played.world, [None] * 16)
    assert sum(e.kind == EV_SPAWN for e in events) in (0, 2)


def test_countdown_is_called_off_when_a_player_leaves() -> None:
    """Leaving in the countdown costs nothing: the match goes back to warmup without a result."""
    played = Played()
    played.until(phases.COUNTDOWN)

    played.leave(1)
    played.run(1)

    assert played.match.phase == phases.WARMUP
    assert not played.world.frozen
    assert played.match.result("5e" * 8, "box", START, END) is None


def test_frag_limit_ends_the_match() -> None:
    """Whoever reaches the frag limit wins at once."""
    played = Played(MatchSettings(60, 2, 0.1, 0.1, 1, 0.1))
    played.until(phases.LIVE)

    played.frag(1, 0)
    played.frag(1, 0)

    result = played.result()
    assert result.ended_by == "frag_limit"
    assert [(p.name, p.place, p.won, p.score, p.kills) for p in result.players] == [
        ("player 1", 1, True, 2, 2), ("player 0", 2, False, 0, 0),
    ]  # fmt: skip


def test_frags_count_only_while_live() -> None:
    """Warmup frags are practice."""
    played = Played()
    played.frag(0, 1)
    played.until(phases.LIVE)
    played.frag(1, 0)

    played.until(phases.INTERMISSION)

    assert [(p.name, p.score) for p in played.result().players] == [
        ("player 1", 1),
        ("player 0", 0),
    ]


def test_tie_goes_to_overtime_until_somebody_leads() -> None:
    """A tie at the time limit, and at the end of an overtime, is played on."""
    played = Played()
    played.until(phases.LIVE)

    played.until(phases.OVERTIME)
    first = played.match.ends
    played.run(35)
    second = played.match.ends
    played.frag(0, 1)
    played.until(phases.INTERMISSION)

    assert second == first + 30
    assert played.result().ended_by == "overtime"
    assert played.match.winner() == 0


def test_leaver_forfeits() -> None:
    """Who leaves a live duel loses it, however far ahead."""
    played = Played()
    played.until(phases.LIVE)
    played.frag(1, 0)

    played.leave(1)
    played.run(1)

    result = played.result()
    assert result.ended_by == "forfeit"
    assert [(p.name, p.won, p.left, p.place) for p in result.players] == [
        ("player 0", True, False, 1), ("player 1", False, True, 2),
    ]  # fmt: skip


def test_match_that_everybody_left_has_no_result() -> None:
    """With nobody left there is nobody to have won: no record."""
    played = Played()
    played.until(phases.LIVE)

    played.leave(0)
    played.leave(1)
    played.run(1)

    assert played.match.result("5e" * 8, "box", START, END) is None


def test_suicide_costs_a_point() -> None:
    """A death by one's own hand or by the world takes a point and is no kill."""
    played = Played()
    played.until(phases.LIVE)

    played.frag(0, 0)
    played.frag(-1, 0)
    played.until(phases.INTERMISSION)

    line = played.result().players[1]
    assert (line.score, line.kills, line.deaths, line.suicides) == (-2, 0, 2, 2)


def test_duration_is_the_live_part() -> None:
    """Warmup, countdown and intermission are no part of the match's length or playtime."""
    played = Played()
    played.until(phases.LIVE)
    played.frag(0, 1)
    played.until(phases.INTERMISSION)

    result = played.result()

    assert result.duration_s == pytest.approx(1.0, abs=2 / 60)
    assert result.players[0].playtime_s == result.duration_s


def test_ffa_shares_places() -> None:
    """Equal scores share a place; the next place counts those above."""
    played = Played(mode="ffa", players=4)
    played.until(phases.LIVE)
    for attacker in (2, 2, 1, 3):
        played.frag(attacker, 0)

    played.until(phases.INTERMISSION)

    places = [(p.name[-1], p.place) for p in played.result().players]
    assert places == [("2", 1), ("1", 2), ("3", 2), ("0", 4)]


def test_changes_rise_with_phase_and_score() -> None:
    """Whoever shows the scoreboard need only look at `changes`."""
    played = Played()
    played.until(phases.LIVE)
    before = played.match.changes

    played.run(5)
    quiet = played.match.changes
    played.frag(0, 1)

    assert quiet == before
    assert played.match.changes > quiet


def test_who_comes_back_goes_on() -> None:
    """A player who leaves and comes back while it counts has one line, with all that was done."""
    played = Played(mode="ffa", players=3)
    played.until(phases.LIVE)
    played.frag(0, 1)
    played.leave(0)
    played.run(5)
    played.enter(4)
    played.match.leave(4)
    played.match.enter(4, Who(f"{0:016x}", "player 0", False))
    played.frag(4, 1)
    played.until(phases.INTERMISSION)

    lines = {line.player_id: line for line in played.result().players}

    assert len(lines) == len(played.result().players) == 4
    back = lines[f"{0:016x}"]
    assert (back.kills, back.left, back.won) == (2, False, True)


def test_a_result_has_room_for_those_who_played() -> None:
    """However many come and go, the result has 64 lines, without those who played least."""
    played = Played(mode="ffa", players=3)
    played.until(phases.LIVE)
    for number in range(70):
        played.match.enter(9, Who(f"{100 + number:016x}", "guest", False))
        played.run(1 if number < 9 else 0)
        if number == 69:
            played.run(1)
        played.match.leave(9)
    played.frag(0, 1)
    played.until(phases.INTERMISSION)

    lines = played.result().players

    assert len(lines) == 64
    assert {f"{100 + n:016x}" for n in (*range(9), 69)} <= {line.player_id for line in lines}
