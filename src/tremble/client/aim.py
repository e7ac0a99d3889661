"""Aim: the hand of a bot. It turns no faster than a hand, and never quite where it means to.

The error wanders, is large on a new target and shrinks while the hand follows it. Angles are 16-bit
turns (65536 is a full one) kept as floats, so that slow turns add up.
"""

from math import atan2, exp, hypot, pi
from random import Random
from typing import Final

from tremble.sim.tuning import DT
from tremble.sim.vector import Vec

TURN: Final = 65536.0
DEGREE: Final = TURN / 360.0
MAX_PITCH: Final = 16000.0

#: Worst and best player's fastest turn, degrees a second.
TURN_SPEED: Final = (250.0, 900.0)
#: Share of the way still to turn that is turned in one tick.
EAGERNESS: Final = (0.12, 0.35)
#: Standard error in degrees on a new target, and what is left of it once the hand is steady.
ERROR: Final = (7.0, 2.0)
STEADY_ERROR: Final = (2.2, 0.35)
#: Seconds in which the error shrinks to a third, in which it forgets where it was.
SETTLE_S: Final = (0.9, 0.35)
WANDER_S: Final = 0.25


def between(ends: tuple[float, float], skill: float) -> float:
    """Return the value for *skill*: 0 the first of *ends*, 1 the second."""
    return ends[0] + (ends[1] - ends[0]) * skill


def angles(start: Vec, end: Vec) -> tuple[float, float]:
    """Return yaw and pitch of the line from *start* to *end*."""
    x, y, z = end[0] - start[0], end[1] - start[1], end[2] - start[2]
    turn = TURN / (2.0 * pi)
    return atan2(y, x) * turn % TURN, -atan2(z, hypot(x, y)) * turn


def difference(a: float, b: float) -> float:
    """Return how far to turn from yaw *b* to yaw *a*, the short way round."""
    return (a - b + TURN / 2.0) % TURN - TURN / 2.0


class Aim:
    """Where the view points: *yaw*, *pitch*. *skill* 0 to 1; *random* makes the error."""

    def __init__(self, skill: float, random: Random) -> None:
        self.skill = skill
        self.random = random
        self.yaw = 0.0
        self.pitch = 0.0
        self.steady_ticks = 0
        self._noise = (0.0, 0.0)

    def startle(self) -> None:
        """A new target: the hand is unsteady."""
        self.steady_ticks = 0
        self._noise = (self.random.gauss(0.0, 1.0), self.random.gauss(0.0, 1.0))

    def follow(self, yaw: float, pitch: float) -> None:
        """Turn towards a target at *yaw* and *pitch* for a tick, as well as the hand can."""
        keep = 1.0 - DT / WANDER_S
        shake = (1.0 - keep * keep) ** 0.5
        self._noise = (
            self._noise[0] * keep + self.random.gauss(0.0, shake),
            self._noise[1] * keep + self.random.gauss(0.0, shake),
        )
        self.steady_ticks += 1
        error = self.error() * DEGREE
        self.turn(yaw + self._noise[0] * error, pitch + self._noise[1] * error * 0.5)

    def error(self) -> float:
        """Return the standard error now, in degrees."""
        first, last = between(ERROR, self.skill), between(STEADY_ERROR, self.skill)
        settled = exp(-self.steady_ticks * DT / between(SETTLE_S, self.skill))
        return last + (first - last) * settled

    def turn(self, yaw: float, pitch: float) -> None:
        """Turn towards *yaw* and *pitch* for a tick."""
        most = between(TURN_SPEED, self.skill) * DEGREE * DT
        share = between(EAGERNESS, self.skill)
        aside = difference(yaw, self.yaw) * share
        up = (pitch - self.pitch) * share
        self.yaw = (self.yaw + max(-most, min(most, aside))) % TURN
        self.pitch += max(-most, min(most, up))
        self.pitch = max(-MAX_PITCH, min(MAX_PITCH, self.pitch))

    def off(self, yaw: float, pitch: float) -> float:
        """Return how far the view is off *yaw* and *pitch*, in 16-bit turns."""
        return hypot(difference(yaw, self.yaw), pitch - self.pitch)
