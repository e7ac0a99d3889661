"""sim/rewind.py: where players were, as whoever shoots saw it."""

import pytest
from rooms import room, run, world_with

from tremble.sim.rewind import LEAST, MOST, STEPS, Rewind, back_of
from tremble.sim.state import ALIVE, BUTTON_ATTACK, DEAD, EV_TELEPORT, Event, Usercmd, World

PLACE = room()


def walked(ticks: int = 20) -> tuple[World, Rewind]:
    """A world whose player 0 was at x = tick at each of the last *ticks*."""
    world = world_with(PLACE, (0.0, 0.0, 24.0))
    rewind = Rewind(world.tick + 1)
    for _ in range(ticks):
        world.tick += 1
        world.players[0].pos = (float(world.tick), 0.0, 24.0)
        rewind.note(world, [])
    return world, rewind


def x_seen(world: World, rewind: Rewind, back: int) -> float | None:
    pos = rewind.seen(world, back)[0]
    return None if pos is None else pos[0]


@pytest.mark.parametrize("back", [LEAST, LEAST + 1, 40, 41, MOST - 1, MOST])
def test_places_are_between_the_ticks(back):
    """Back by so many sixteenths of a tick from the tick to come, on the line between two."""
    world, rewind = walked()

    assert x_seen(world, rewind, back) == world.tick + 1 - back / STEPS


def test_nobody_is_taken_back_beyond_a_spawn():
    """Who was dead two ticks ago is where it is for whoever saw it then."""
    world, rewind = walked()
    world.players[0].life = DEAD
    rewind.note(world, [])
    world.players[0].life = ALIVE
    for _ in range(3):
        world.tick += 1
        world.players[0].pos = (float(world.tick), 0.0, 24.0)
        rewind.note(world, [])

    assert x_seen(world, rewind, 3 * STEPS) == world.tick - 2
    assert x_seen(world, rewind, 3 * STEPS + 1) is None


def test_nobody_is_taken_back_through_a_teleporter():
    """Between the places before and behind a gate nobody ever was."""
    world, rewind = walked()
    world.tick += 1
    rewind.note(world, [Event(EV_TELEPORT, a=0)])

    assert x_seen(world, rewind, LEAST) is not None
    assert x_seen(world, rewind, LEAST + 1) is None


def test_what_was_never_noted_is_not_guessed():
    """In the first ticks everybody stands where it is."""
    world = world_with(PLACE, (0.0, 0.0, 24.0))
    rewind = Rewind(world.tick + 1)

    assert rewind.seen(world, LEAST) == [None] * 16


@pytest.mark.parametrize(
    ("view", "back"),
    [(0, 0), (100 * STEPS, LEAST), (99 * STEPS + 8, 24), (80 * STEPS, MOST), (2**36, LEAST)],
)
def test_a_shot_is_taken_back_200_ms_at_most(view, back):
    """And a tick at least: nobody has seen the tick to come."""
    world = world_with(PLACE)
    world.tick = 100

    assert back_of(world, 0, Usercmd(buttons=BUTTON_ATTACK, view=view)) == back


def test_who_does_not_shoot_is_not_taken_back():
    """Nor is who asks for nothing."""
    world = world_with(PLACE)
    run(world, 5)

    assert back_of(world, 0, Usercmd(view=5 * STEPS)) == 0
    assert back_of(world, 0, None) == 0


@pytest.mark.parametrize(("weapon", "refire", "back"), [(0, 1, 2), (0, 2, 0), (1, 0, 2), (2, 0, 0)])
def test_who_cannot_hit_is_not_taken_back(weapon, refire, back):
    """A weapon that is not ready, and a rocket: it flies in the present."""
    world = world_with(PLACE)
    world.tick = 9
    world.players[0].weapon, world.players[0].refire = weapon, refire

    assert back_of(world, 0, Usercmd(buttons=BUTTON_ATTACK, view=8 * STEPS)) == back * STEPS
