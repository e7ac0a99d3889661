"""The hand of a bot: limited in speed, unsure at first, steadier with time and skill."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremble.client.aim import DEGREE, TURN, Aim, angles, between, difference
from tremble.sim.vector import view_axes

coordinates = st.floats(-4000.0, 4000.0)


@given(coordinates, coordinates, coordinates)
def test_angles_point_at_their_end(x, y, z):
    """A view along the angles of a line looks along that line."""
    length = (x * x + y * y + z * z) ** 0.5
    if length < 1.0:
        return

    yaw, pitch = angles((0.0, 0.0, 0.0), (x, y, z))

    forward = view_axes(int(yaw), int(pitch))[0]
    assert forward == pytest.approx((x / length, y / length, z / length), abs=0.005)


@given(st.floats(0.0, 65535.0), st.floats(0.0, 65535.0))
def test_difference_is_the_short_way_round(a, b):
    """Turning by the difference arrives, and never takes more than half a turn."""
    turn = difference(a, b)

    assert abs(turn) <= TURN / 2.0
    assert abs(difference(b + turn, a)) < 0.01


@pytest.mark.parametrize("skill", [0.0, 0.5, 1.0])
def test_the_hand_is_no_faster_than_its_limit(skill):
    """No tick turns farther than the fastest turn of the skill, 250 to 900 degrees a second."""
    aim = Aim(skill, Random(1))

    for _ in range(60):
        before = aim.yaw
        aim.follow(32000.0, 0.0)

        limit = between((250.0, 900.0), skill) * DEGREE / 60.0
        assert abs(difference(aim.yaw, before)) <= limit + 1e-6


@pytest.mark.parametrize("skill", [0.0, 1.0])
def test_the_hand_arrives(skill):
    """A second and a half is enough for half a turn, to within a few degrees."""
    aim = Aim(skill, Random(1))

    for _ in range(90):
        aim.follow(30000.0, 2000.0)

    assert aim.off(30000.0, 2000.0) < 10.0 * DEGREE


def mean_error(skill: float, ticks: range) -> float:
    """The mean error in degrees over *ticks* after a startle, of 200 hands."""
    total = 0.0
    for seed in range(200):
        aim = Aim(skill, Random(seed))
        aim.startle()
        for tick in range(ticks.stop):
            aim.follow(0.0, 0.0)
            if tick in ticks:
                total += aim.off(0.0, 0.0)
    return total / (200 * len(ticks)) / DEGREE


def test_the_error_shrinks_with_tracking_and_with_skill():
    """Errors are larger in the first half second than after two, and larger without skill."""
    early, late = mean_error(0.3, range(10, 30)), mean_error(0.3, range(120, 140))
    skilled = mean_error(0.9, range(120, 140))

    assert early > 1.3 * late
    assert late > 2.0 * skilled
