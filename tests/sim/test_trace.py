"""Traces through the level and past players."""

import random

import pytest
from rooms import box, room

from tremble.sim.brush import build_brush
from tremble.sim.hull import EPSILON, Hull, sweep
from tremble.sim.level import Level
from tremble.sim.trace import INSIDE, enter_box, meet_player, trace

LEVEL = room(box((100, -64, 0), (164, 64, 128)))


def test_a_trace_takes_any_box():
    """A box of half width 5 ends 5 units and EPSILON before the wall."""
    found = trace(LEVEL, (0.0, 0.0, 40.0), (200.0, 0.0, 40.0), (-5.0,) * 3, (5.0,) * 3)

    assert found.end[0] == pytest.approx(95.0 - EPSILON)


def test_a_trace_without_a_box_is_one_of_a_point():
    """The default box has no extent."""
    found = trace(LEVEL, (0.0, 0.0, 40.0), (200.0, 0.0, 40.0))

    assert found.end[0] == pytest.approx(100.0 - EPSILON)


def test_a_hull_is_made_once_for_each_size():
    """The second trace of a size uses the hull of the first."""
    trace(LEVEL, (0.0, 0.0, 40.0), (9.0, 0.0, 40.0), (-7.0,) * 3, (7.0,) * 3)
    hulls = len(LEVEL.hulls)
    trace(LEVEL, (0.0, 0.0, 50.0), (9.0, 0.0, 50.0), (-7.0,) * 3, (7.0,) * 3)

    assert len(LEVEL.hulls) == hulls


def test_ways_past_a_box_agree_with_sweeps_through_a_brush():
    """enter_box is the sweep of a brush with six planes, without the brush."""
    low, high = (-10.0, -20.0, -30.0), (10.0, 20.0, 30.0)
    planes = []
    for i in range(3):
        axis = tuple(1.0 if i == j else 0.0 for j in range(3))
        planes += [(axis, high[i]), (tuple(-a for a in axis), -low[i])]
    brush = build_brush(planes)
    hull = Hull([brush], (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    dice = random.Random(4)
    kinds = set()
    for _ in range(3000):
        start = tuple(dice.uniform(-60.0, 60.0) for _ in range(3))
        end = tuple(dice.uniform(-60.0, 60.0) for _ in range(3))
        full = sweep(hull, start, end)
        fraction, normal = enter_box(start, end, low, high)
        kinds.add((fraction == INSIDE, fraction == 1.0))
        if fraction == INSIDE:
            assert full.start_solid
        else:
            assert fraction == pytest.approx(full.fraction, abs=1e-12)
            assert normal == full.normal
    assert len(kinds) == 3


def test_who_begins_inside_a_player_meets_it_at_once():
    """A muzzle in somebody's chest hits."""
    assert meet_player((0.0, 0.0, 0.0), (50.0, 0.0, 0.0), (0.0, 0.0, 0.0)) == 0.0
    assert meet_player((0.0, 0.0, 0.0), (50.0, 0.0, 0.0), (0.0, 90.0, 0.0)) == 1.0


def test_a_level_keeps_its_two_everyday_hulls():
    """Players and points are there from the start."""
    level = Level("x", "00", LEVEL.brushes)

    assert level.hulls == [level.player_hull, level.point_hull]
