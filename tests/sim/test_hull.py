"""Sweeps of boxes through brushes."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rooms import arena, box, ramp, room

from tremble.sim.brush import build_brush
from tremble.sim.hull import EPSILON, Hull, sweep
from tremble.sim.vector import dot, length, sub

ARENA = arena()
WALL = room(box((100, -64, 0), (164, 64, 128)))
coordinate = st.floats(-1000.0, 1000.0)
points = st.tuples(coordinate, coordinate, st.floats(1.0, 760.0))


def inside(hull, point, by=0.0):
    """Whether *point* is deeper than *by* in any brush: every brush looked at, no grid."""
    return any(
        all(dot(plane.normal, point) - plane.dist < -by for plane in brush.planes)
        for brush in hull.brushes
    )


def test_a_sweep_stops_an_eighth_before_the_surface():
    """The box's side, 15 from its centre, ends EPSILON before the wall, and meets its normal."""
    found = sweep(WALL.player_hull, (0.0, 0.0, 40.0), (200.0, 0.0, 40.0))

    assert found.end == pytest.approx((100.0 - 15.0 - EPSILON, 0.0, 40.0))
    assert found.normal == (-1.0, 0.0, 0.0)
    assert not found.start_solid


def test_a_sweep_past_everything_goes_all_the_way():
    """Nothing met: fraction 1, the very end, no normal."""
    found = sweep(WALL.player_hull, (0.0, 0.0, 40.0), (0.0, 500.0, 40.0))

    assert (found.fraction, found.end) == (1.0, (0.0, 500.0, 40.0))
    assert found.normal == (0.0, 0.0, 0.0)


def test_a_sweep_that_starts_in_solid_says_so():
    """Leaving is allowed; staying inside is all_solid with fraction 0."""
    leaving = sweep(WALL.point_hull, (130.0, 0.0, 60.0), (130.0, 0.0, 300.0))
    staying = sweep(WALL.point_hull, (130.0, 0.0, 60.0), (140.0, 0.0, 60.0))

    assert leaving.start_solid and not leaving.all_solid and leaving.fraction == 1.0
    assert staying.all_solid and staying.fraction == 0.0


def test_a_box_meets_the_edge_of_a_ramp_where_it_is():
    """Bevels: beside the thin end of a wedge a box comes down to the floor, and does not float."""
    level = room(ramp((0, -64, 0), (128, 64, 64)))
    found = sweep(level.player_hull, (-15.5, 0.0, 100.0), (-15.5, 0.0, 0.0))

    assert found.end[2] == pytest.approx(24.0 + EPSILON)


@settings(max_examples=300, deadline=None)
@given(points, points)
def test_no_sweep_ends_or_passes_inside_solid(start, end):
    """From a free start, the end and points on the way are outside of every brush."""
    hull = ARENA.player_hull
    found = sweep(hull, start, end)
    if inside(hull, start, -EPSILON):
        return
    for part in (0.25, 0.5, 0.75, 1.0):
        way = tuple(a + part * (b - a) for a, b in zip(start, found.end, strict=True))

        assert not inside(hull, way)


@settings(max_examples=300, deadline=None)
@given(points, points)
def test_the_grid_finds_what_looking_at_every_brush_finds(start, end):
    """A sweep through the grid's cells equals one through a single cell of all brushes."""
    hull = ARENA.point_hull
    everything = Hull(ARENA.brushes, hull.mins, hull.maxs)
    everything.cells = [everything.brushes for _ in everything.cells]
    found, full = sweep(hull, start, end), sweep(everything, start, end)

    assert (found.fraction, found.end) == (full.fraction, full.end)
    assert (found.start_solid, found.all_solid) == (full.start_solid, full.all_solid)


def test_what_a_sweep_meets_is_a_surface_it_moves_into():
    """The normal looks against the way, and the end lies EPSILON from that plane or nearer."""
    dice = random.Random(1)
    hull = ARENA.point_hull
    met = 0
    for _ in range(300):
        start = (dice.uniform(-900, 900), dice.uniform(-900, 900), dice.uniform(40, 700))
        end = tuple(dice.uniform(-2000.0, 2000.0) for _ in range(3))
        found = sweep(hull, start, end)
        if found.fraction < 1.0 and not found.start_solid:
            met += 1
            assert dot(found.normal, sub(end, start)) < 0.0
            assert length(sub(found.end, start)) <= length(sub(end, start))
    assert met > 150


def test_a_hull_with_too_many_cells_is_refused():
    """Many brushes across the whole world would take the memory of the server."""
    wide = [((1.0, 0.0, 0.0), 8000.0), ((-1.0, 0.0, 0.0), 8000.0), ((0.0, 1.0, 0.0), 8000.0)]
    wide += [((0.0, -1.0, 0.0), 8000.0), ((0.0, 0.0, 1.0), 8.0), ((0.0, 0.0, -1.0), 8.0)]

    with pytest.raises(ValueError, match="too many brushes"):
        Hull([build_brush(wide)] * 200, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
