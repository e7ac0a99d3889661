"""The numbers that players feel."""

import re
from pathlib import Path

import pytest

from tremble.sim import tuning

SOURCE = Path(tuning.__file__).with_name("tuning.py").read_text()


def test_every_number_says_what_it_is():
    """Each constant has its line, and on it a unit, a source or a reason."""
    lines = re.findall(r"^[A-Z_]+: .*$", SOURCE, re.MULTILINE)

    assert len(lines) > 60
    assert [line for line in lines if "  # " not in line] == []


@pytest.mark.parametrize(
    "ticks, ms",
    [
        (tuning.REFIRE[0], 100),
        (tuning.REFIRE[1], 1500),
        (tuning.REFIRE[2], 800),
        (tuning.ROCKET_LIFE, 15_000),
        (tuning.ROCKET_PRESTEP, 50),
        (tuning.KNOCKBACK_MIN, 50),
        (tuning.KNOCKBACK_MAX, 200),
        (tuning.SWITCH, 450),
        (tuning.DRY, 500),
        (tuning.DECAY, 1000),
        (tuning.LIMBO, 1700),
        (tuning.FORCED_RESPAWN, 20_000),
        (tuning.TELEPORT_HOLD, 160),
    ],
)
def test_times_are_the_originals_to_half_a_tick(ticks, ms):
    """Milliseconds of the original, rounded to ticks of 1/60 s."""
    assert abs(ticks * 1000 / tuning.TICK_RATE - ms) <= 1000 / tuning.TICK_RATE / 2
