"""match/watch.py: a program's aim is suspected, people's is not."""

import pytest

from tremble.match.watch import EVIDENCE, SUSPECT, Watch, signal
from tremble.sim.state import EV_FIRE, EV_HIT, MACHINEGUN, RAILGUN, Event, Usercmd


def shoot(watch: Watch, tick: int, yaw: int, weapon: int, hits: bool) -> None:
    """Slot 0 fires at *tick* while it looks along *yaw*."""
    commands: list[Usercmd | None] = [None] * 16
    commands[0] = Usercmd(tick, yaw=yaw)
    events = [Event(EV_FIRE, 0, value=weapon)]
    if hits:
        events.append(Event(EV_HIT, 0, 1, value=10, means=weapon))
    watch.see(tick, commands, events)


def turn(watch: Watch, tick: int, yaw: int) -> None:
    commands: list[Usercmd | None] = [None] * 16
    commands[0] = Usercmd(tick, yaw=yaw)
    watch.see(tick, commands, [])


def test_snaps_are_suspected_with_their_ticks() -> None:
    """Who turns 40 degrees and hits in the same tick, again and again, is reported with evidence."""
    watch = Watch()
    for i in range(20):
        turn(watch, 10 * i, 0)
        shoot(watch, 10 * i + 1, 7282, MACHINEGUN, True)

    found = watch.players[0]
    assert found.score() >= SUSPECT
    assert found.signals()["snap"] == 1.0
    assert found.ticks == [10 * i + 1 for i in range(EVIDENCE)]


def test_turning_before_the_shot_is_fair() -> None:
    """The same turn, done a tick before the shot, is no snap; nor is a turn across the zero of the circle."""
    watch = Watch()
    for i in range(20):
        turn(watch, 10 * i, 65000 if i % 2 else 500)
        turn(watch, 10 * i + 1, 7282)
        shoot(watch, 10 * i + 2, 7282, MACHINEGUN, True)
        turn(watch, 10 * i + 3, 65500)
        shoot(watch, 10 * i + 4, 100, MACHINEGUN, True)

    assert watch.players[0].score() == 0.0
    assert watch.players[0].ticks == []


@pytest.mark.parametrize(("hits", "suspected"), [(12, False), (24, True)])
def test_accuracy_beyond_people(hits: int, suspected: bool) -> None:
    """Half of the railgun's shots are a good player's; nearly all of them are not."""
    watch = Watch()
    for i in range(25):
        shoot(watch, i, 0, RAILGUN, i < hits)

    assert (watch.players[0].score() >= SUSPECT) == suspected


def test_few_shots_prove_nothing() -> None:
    """Below the least number of shots nothing is said."""
    assert signal(9, 9, 10, 0.2, 0.6) == 0.0
    assert signal(10, 10, 10, 0.2, 0.6) == 1.0
    assert signal(4, 10, 10, 0.2, 0.6) == pytest.approx(0.5)


def test_next_player_in_the_slot_starts_clean() -> None:
    """What one did is not held against who comes after."""
    watch = Watch()
    for i in range(25):
        shoot(watch, i, 0, RAILGUN, True)
    watch.forget(0)
    shoot(watch, 30, 0, RAILGUN, True)

    assert watch.players[0].score() == 0.0
