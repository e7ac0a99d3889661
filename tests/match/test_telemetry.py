"""match/telemetry.py: what is noted is what happened, in as many bytes as there may be."""

import msgspec
import pytest
from results import line, player_id, result
from rooms import entity, room

from tremble.match.telemetry import CROWDED, FEW, MAX_KILLS, SPARSE, Notes, fitted, median
from tremble.result import MAX_TELEMETRY, MatchResult, Telemetry
from tremble.sim import step
from tremble.sim.state import (
    EV_FRAG,
    EV_PICKUP,
    EV_SPAWN,
    MOD_SPLASH,
    MOD_VOID,
    ROCKET_LAUNCHER,
    Event,
    World,
    state_hash,
)

LEVEL = room(
    entities=[
        *[entity("info_player_deathmatch", origin=f"{200 * i} 0 24") for i in range(4)],
        entity("item_health", origin="0 500 24"),
        entity("item_armor_body", origin="0 900 24"),
    ]
)
BEGAN = 500


def noted(players: int = 2) -> tuple[Notes, World]:
    """Return notes that begin at BEGAN, and a world in which *players* are alive."""
    world = step.new_world(LEVEL, 1)
    world.tick = BEGAN
    notes = Notes(BEGAN)
    for slot in range(players):
        step.join(world, slot)
        notes.enter(slot, player_id(slot), BEGAN, 2.0)
    play(notes, world, 1)
    return notes, world


def play(notes: Notes, world: World, ticks: int) -> None:
    for _ in range(ticks):
        notes.see(world, step.step(world, [None] * 16))


def told(notes: Notes, world: World, *numbers: int) -> Telemetry:
    """Return what is told of a match whose result has the players *numbers*, in that order."""
    lines = [line(number, place + 1) for place, number in enumerate(numbers)]
    return notes.told(result(1, *lines), world, "europe", 1.5, 2)


def test_events_are_told_by_place_in_the_result() -> None:
    """Kills and pickups name players by their place, with ticks since the beginning and whole units."""
    notes, world = noted()
    world.tick = BEGAN + 70
    world.players[0].pos = (10.4, -20.6, 24.0)
    notes.see(
        world,
        [
            Event(EV_FRAG, 0, 1, means=MOD_SPLASH, pos=(99.5, 0.2, 24.0)),
            Event(EV_FRAG, -1, 0, means=MOD_VOID, pos=(1.0, 2.0, -300.0)),
            Event(EV_PICKUP, 1, 1),
        ],
    )

    found = told(notes, world, 1, 0)

    assert found.kills == [
        (70, 1, 0, ROCKET_LAUNCHER, 10, -21, 24, 100, 0, 24),
        (70, -1, 1, -1, 1, 2, -300, 1, 2, -300),
    ]
    assert found.pickups == [(70, 0, 1)]
    assert found.item_names == ["health", "armour_body"]
    assert (found.region, found.cpu_s, found.crashes) == ("europe", 1.5, 2)


def test_the_living_are_sampled_once_a_second() -> None:
    """Rounds are SPARSE ticks apart, of those alone who are alive and play."""
    notes, world = noted()
    step.join(world, 9)  # whom nobody told the notes of
    play(notes, world, 130)
    world.players[1].life = 2
    world.players[1].respawn = 1000
    play(notes, world, 60)

    samples = told(notes, world, 0, 1).samples

    assert [row[:2] for row in samples] == [(60, 0), (60, 1), (120, 0), (120, 1), (180, 0)]
    assert samples[-1][2:] == tuple(round(at) for at in world.players[0].pos)


def test_a_crowd_is_sampled_half_as_often() -> None:
    """From the player beyond FEW on, and what was there before is thinned to the same."""
    notes, world = noted(FEW)
    play(notes, world, 180)
    before = notes.every
    step.join(world, FEW)
    notes.enter(FEW, player_id(FEW), world.tick, 0.0)
    play(notes, world, 120)

    assert (before, notes.every) == (SPARSE, CROWDED)
    assert {row[0] for row in notes.samples} == {120, 240}


def test_long_matches_stay_small() -> None:
    """However long it goes on, rows are bounded, evenly spaced, and reach to the end."""
    notes, world = noted()
    for tick in range(1, 400_000, 1):
        world.tick = BEGAN + tick
        notes.see(world, [Event(EV_FRAG, 0, 1)] if tick % 100 == 0 else [])

    ticks = [row[0] for row in notes.samples[::2]]
    assert len(notes.samples) <= 4096
    assert len(notes.kills) == MAX_KILLS and notes.truncated
    assert ticks == list(range(notes.every, ticks[-1] + 1, notes.every))
    assert ticks[-1] > 390_000


def test_coming_and_going() -> None:
    """Spawn point, ticks, wait and line of each; who comes back is the same player."""
    notes, world = noted()
    notes.see(world, [Event(EV_SPAWN, 1, pos=LEVEL.spawns[3].pos)])
    for ping, loss in ((30, 0.0), (90, 0.5), (40, 0.1)):
        notes.measure(1, ping, loss)
    world.tick = BEGAN + 200
    notes.leave(0, world.tick)
    notes.enter(5, player_id(2), world.tick, 7.25)
    notes.leave(5, world.tick + 50)
    notes.enter(0, player_id(2), world.tick + 90, 0.0)

    first, left, back = told(notes, world, 1, 0, 2).players

    assert (first.joined_tick, first.left_tick, first.waited_s) == (0, -1, 2.0)
    assert (first.ping_ms, first.loss) == (40, 0.2)
    assert first.spawn >= 0
    assert (left.left_tick, left.ping_ms) == (200, 0)
    assert (back.joined_tick, back.left_tick, back.waited_s, back.spawn) == (200, -1, 7.2, -1)


def test_who_has_no_line_is_nobody() -> None:
    """Rows of a player without a line in the result go; a kill by one is nobody's."""
    notes, world = noted()
    notes.see(world, [Event(EV_FRAG, 0, 1), Event(EV_FRAG, 1, 0), Event(EV_PICKUP, 0, 0)])
    play(notes, world, 60)

    found = told(notes, world, 1)

    assert [row[1:3] for row in found.kills] == [(-1, 0)]
    assert found.pickups == []
    assert {row[1] for row in found.samples} == {0}


def test_noting_changes_nothing() -> None:
    """A world that is watched goes on as one that is not."""
    notes, watched = noted()
    _, alone = noted()
    play(notes, watched, 100)
    for _ in range(100):
        step.step(alone, [None] * 16)

    assert state_hash(watched) == state_hash(alone)


FULL = {
    "kills": [(36000, 15, 14, 2, *[-1000] * 6)] * MAX_KILLS,
    "pickups": [(36000, 15, 11)] * 3000,
    "samples": [(60 * n, 15, -1000, -1000, -100) for n in range(1, 4000)],
}


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        (("samples",), ("pickups",)),
        (("samples", "pickups"), ("kills",)),
        (("samples", "pickups", "kills"), ()),
    ],
)
def test_what_is_too_long_is_cut(cut: tuple[str, ...], whole: tuple[str, ...]) -> None:
    """First fewer rounds of samples, then fewer pickups, then fewer kills; it says so, and is full."""
    notes, world = noted()
    grown = {name: FULL[name] for name in cut + whole if name != "kills" or "kills" in cut}
    grown.setdefault("kills", FULL["kills"][: 600 if "kills" in whole else 10])
    if cut == ("samples", "pickups"):
        grown["pickups"] = FULL["pickups"] * 2
    found = fitted(msgspec.structs.replace(told(notes, world, 0, 1), **grown))

    size = len(msgspec.json.encode(found))
    assert found.truncated
    assert MAX_TELEMETRY * 0.6 < size <= MAX_TELEMETRY
    for name in cut:
        assert len(getattr(found, name)) < len(grown[name])
    for name in whole:
        assert getattr(found, name) == grown[name]
    assert all(row[0] % found.sample_ticks == 0 for row in found.samples)


def test_result_with_telemetry_is_accepted() -> None:
    """What the game writes, the record reads."""
    notes, world = noted()
    play(notes, world, 300)
    whole = msgspec.structs.replace(
        result(1, line(0, 1), line(1, 2)), telemetry=told(notes, world, 0, 1)
    )

    assert msgspec.json.decode(msgspec.json.encode(whole), type=MatchResult) == whole


def test_median() -> None:
    """The middle value, the lower one of two; 0 of none."""
    assert median({}, 0) == 0
    assert median({5: 1, 900: 1}, 2) == 5
    assert median({10: 2, 20: 3, 999: 1}, 6) == 20
