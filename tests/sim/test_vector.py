"""Vectors and the sine table."""

import math

from tremble.sim import vector

SINES = memoryview(vector.SINES).cast("d")


def test_sines_are_those_of_the_library_to_half_a_step_of_rounding():
    """Each entry of the table is the true sine, rounded to 2**-30."""
    true = [math.sin(2.0 * math.pi * i / 4096) for i in range(4096)]

    assert max(abs(a - b) for a, b in zip(SINES, true, strict=True)) <= 0.5001 * 2**-30


def test_sines_are_symmetric_to_the_bit():
    """A turn by a right angle swaps axes exactly, so no direction is favoured."""
    for i in range(1024):
        assert SINES[i] == SINES[2048 - i] == -SINES[2048 + i]
        assert vector.cos16(i * 16) == SINES[1024 - i]


def test_view_axes_look_where_the_angles_say():
    """Yaw turns counter-clockwise from +x, positive pitch looks down, right is to the right."""
    assert vector.view_axes(0, 0) == ((1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0))
    assert vector.view_axes(16384, 0)[0] == (0.0, 1.0, 0.0)
    assert vector.view_axes(0, 16384)[0] == (0.0, 0.0, -1.0)


def test_view_axes_are_unit_vectors_at_right_angles():
    """Whatever the view, its three axes have length 1 and stand square to each other."""
    for yaw, pitch in ((1234, 5678), (40000, -9000), (65535, 16000)):
        forward, right, up = vector.view_axes(yaw, pitch)

        assert abs(vector.length(forward) - 1.0) < 1e-8
        assert abs(vector.dot(forward, right)) < 1e-8
        assert vector.length(vector.sub(vector.cross(right, forward), up)) < 1e-8


def test_the_zero_vector_stays_zero_when_normalised():
    """There is no direction to keep, and no division by zero."""
    assert vector.normalise(vector.ZERO) == vector.ZERO
