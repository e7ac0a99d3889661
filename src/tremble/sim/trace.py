"""Trace: sweep a box, or a point, through the level or past another box."""

from typing import Final

from tremble.sim.hull import EPSILON, Trace, sweep
from tremble.sim.level import Level
from tremble.sim.tuning import FEET, HALF_WIDTH, HEAD
from tremble.sim.vector import ZERO, Vec

#: The fraction at which a way enters what it begins in.
INSIDE: Final = -1.0


def trace(level: Level, start: Vec, end: Vec, mins: Vec = ZERO, maxs: Vec = ZERO) -> Trace:
    """Sweep the box *mins* to *maxs* around its centre from *start* to *end* through the level.

    Sizes of box should be few: the level keeps a hull for each it was ever asked for.
    """
    return sweep(level.hull(mins, maxs), start, end)


def meet_player(start: Vec, end: Vec, pos: Vec) -> float:
    """Return where on its way a point meets the box of a player at *pos*; 1.0 if it does not."""
    low = (pos[0] - HALF_WIDTH, pos[1] - HALF_WIDTH, pos[2] + FEET)
    high = (pos[0] + HALF_WIDTH, pos[1] + HALF_WIDTH, pos[2] + HEAD)
    fraction, _ = enter_box(start, end, low, high)
    return fraction if fraction > 0.0 else 0.0


def enter_box(start: Vec, end: Vec, low: Vec, high: Vec) -> tuple[float, Vec]:
    """Return where on its way a point meets the box *low* to *high*, and the normal there.

    The fraction is 1.0 if it does not, and INSIDE if it begins there.
    """
    enter_x, leave_x = slab(start[0], end[0], low[0], high[0])
    enter_y, leave_y = slab(start[1], end[1], low[1], high[1])
    enter_z, leave_z = slab(start[2], end[2], low[2], high[2])
    # max and min of two compile to a comparison, of three to a call
    enter = max(max(enter_x, enter_y), enter_z)
    if enter >= min(min(leave_x, leave_y), leave_z):
        return 1.0, (0.0, 0.0, 0.0)
    if enter == INSIDE:
        return INSIDE, (0.0, 0.0, 0.0)
    if enter == enter_x:
        return enter, (1.0 if start[0] > end[0] else -1.0, 0.0, 0.0)
    if enter == enter_y:
        return enter, (0.0, 1.0 if start[1] > end[1] else -1.0, 0.0)
    return enter, (0.0, 0.0, 1.0 if start[2] > end[2] else -1.0)


def slab(start: float, end: float, low: float, high: float) -> tuple[float, float]:
    """Return when a way along one axis enters low .. high and when it leaves, as fractions.

    It enters at INSIDE if it begins there; it leaves before it enters if it misses.
    """
    if start > high:
        before, after = start - high, end - high
    elif start < low:
        before, after = low - start, low - end
    elif end > high:
        return INSIDE, (high - start - EPSILON) / (end - start)
    elif end < low:
        return INSIDE, (start - low - EPSILON) / (start - end)
    else:
        return INSIDE, 1.0
    if after >= EPSILON or after >= before:
        return 2.0, -1.0
    way, depth = before - after, high - low
    leave = (before + depth - EPSILON) / way if -after > depth else 1.0
    return max(0.0, (before - EPSILON) / way), leave
