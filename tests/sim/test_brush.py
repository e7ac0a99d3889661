"""Brushes out of planes."""

import pytest
from rooms import box, ramp, room

from tremble.sim.brush import build_brush, plane_through


def cube(low, high):
    """The planes of an axial box."""
    planes = []
    for i in range(3):
        normal = [0.0, 0.0, 0.0]
        normal[i] = 1.0
        planes.append((tuple(normal), high[i]))
        planes.append((tuple(-n + 0.0 for n in normal), -low[i]))
    return planes


def test_a_box_has_exact_bounds_and_six_planes():
    """An axial box needs no bevels."""
    brush = build_brush(cube((-8.0, -16.0, 0.0), (8.0, 16.0, 64.0)))

    assert (brush.mins, brush.maxs) == ((-8.0, -16.0, 0.0), (8.0, 16.0, 64.0))
    assert len(brush.planes) == 6


def test_planes_said_twice_count_once():
    """A duplicate plane changes nothing."""
    planes = cube((0.0, 0.0, 0.0), (8.0, 8.0, 8.0))

    assert len(build_brush(planes + planes).planes) == 6


def test_a_ramp_gets_the_axial_bevel_it_lacks():
    """The wedge has five faces; its thin end gets the missing sixth axial plane."""
    wedge = room(ramp((0, 0, 0), (64, 64, 64))).brushes[1]

    assert ((-1.0, 0.0, 0.0), 0.0) in [(n, abs(d)) for n, d in wedge.planes]
    assert len(wedge.planes) >= 6


def test_a_pyramid_gets_bevels_along_its_edges():
    """Edges that slope get planes that run along an axis, with the whole pyramid behind them."""
    up = (0.0, 0.0, 64.0)
    base = [(-32.0, -32.0, 0.0), (32.0, -32.0, 0.0), (32.0, 32.0, 0.0), (-32.0, 32.0, 0.0)]
    sides = [plane_through(base[i], up, base[(i + 1) % 4]) for i in range(4)]
    brush = build_brush([*sides, ((0.0, 0.0, -1.0), 0.0)])

    assert brush.maxs == (32.0, 32.0, 64.0)
    assert len(brush.planes) > 9
    for normal, dist in brush.planes:
        for point in [up, *base]:
            assert sum(n * p for n, p in zip(normal, point, strict=True)) <= dist + 0.1


@pytest.mark.parametrize("missing", range(6))
def test_an_open_brush_is_refused(missing):
    """Without one of its sides a box has no end there."""
    planes = cube((0.0, 0.0, 0.0), (8.0, 8.0, 8.0))
    del planes[missing]

    with pytest.raises(ValueError, match="open"):
        build_brush(planes)


def test_planes_that_enclose_nothing_are_refused():
    """Turned inside out, a box has no inside."""
    planes = [((-n[0], -n[1], -n[2]), -d) for n, d in cube((0.0, 0.0, 0.0), (8.0, 8.0, 8.0))]

    with pytest.raises(ValueError, match="no volume"):
        build_brush(planes)


def test_three_points_on_a_line_are_no_plane():
    """They leave open which way it looks."""
    with pytest.raises(ValueError, match="on one line"):
        plane_through((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (3.0, 3.0, 3.0))


def test_a_turned_box_keeps_its_bounds():
    """A box turned by 45 degrees is bounded by its corners, and bevelled there."""
    r = 0.7071067811865476
    planes = [
        ((r, r, 0.0), 32.0),
        ((-r, r, 0.0), 32.0),
        ((r, -r, 0.0), 32.0),
        ((-r, -r, 0.0), 32.0),
    ]
    brush = build_brush([*planes, ((0.0, 0.0, 1.0), 8.0), ((0.0, 0.0, -1.0), 0.0)])

    assert brush.maxs[0] == pytest.approx(32.0 / r)
    assert len(brush.planes) == 10


def test_boxes_of_the_test_levels_face_outwards():
    """The order of a plane's points is that of the editor: clockwise from outside."""
    brush = room(box((10, 20, 30), (40, 50, 60))).brushes[1]

    assert (brush.mins, brush.maxs) == ((10.0, 20.0, 30.0), (40.0, 50.0, 60.0))
