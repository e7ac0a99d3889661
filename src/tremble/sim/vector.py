"""Vectors of three floats, and the sine table.

Nothing here calls the C library's mathematics, whose last bits differ from machine to machine: only
+ - * / and the square root, which IEEE 754 fixes to the bit.
"""

from math import sqrt
from typing import Final

from librt.strings import BytesWriter, read_f64_le, write_f64_le

Vec = tuple[float, float, float]

# Vectors are not Final: mypyc 2.4 takes a Final tuple of floats for one that was never set.
ZERO: Vec = (0.0, 0.0, 0.0)

#: Steps of the sine table to a full turn; angles have 16 times as many.
SINE_STEPS: Final = 4096


def lowest(a: Vec, b: Vec) -> Vec:
    """Return the lower corner of the box around *a* and *b*."""
    return (min(a[0], b[0]), min(a[1], b[1]), min(a[2], b[2]))


def highest(a: Vec, b: Vec) -> Vec:
    """Return the upper corner of the box around *a* and *b*."""
    return (max(a[0], b[0]), max(a[1], b[1]), max(a[2], b[2]))


def dot(a: Vec, b: Vec) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vec, b: Vec) -> Vec:
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


def add(a: Vec, b: Vec) -> Vec:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


def sub(a: Vec, b: Vec) -> Vec:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def scale(a: Vec, by: float) -> Vec:
    return (a[0] * by, a[1] * by, a[2] * by)


def mad(a: Vec, by: float, b: Vec) -> Vec:
    """Return *a* + *by* * *b*: the point *by* along *b* from *a*."""
    return (a[0] + by * b[0], a[1] + by * b[1], a[2] + by * b[2])


def length(a: Vec) -> float:
    return sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2])


def normalise(a: Vec) -> Vec:
    """Return *a* with length 1; the zero vector stays zero."""
    size = sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2])
    if size == 0.0:
        return (0.0, 0.0, 0.0)
    return (a[0] / size, a[1] / size, a[2] / size)


def build_sines() -> list[float]:
    """Return the sine of every step of a full turn, rounded to 2**-30.

    A right angle is halved ten times by the half-angle formulas, which gives the sine and cosine
    of one step; the first octant follows by the angle-sum formulas, each entry by doubling or by
    adding one step to the entry before, so that errors stay below 2**-48; symmetry gives the rest.
    """
    sine, cosine = 1.0, 0.0
    for _ in range(10):
        # sin(x/2) = sin(x) / (2 cos(x/2)): no difference of near-equal numbers
        half = sqrt((1.0 + cosine) * 0.5)
        sine, cosine = sine / (2.0 * half), half
    quarter = SINE_STEPS // 4
    sines, cosines = [0.0], [1.0]
    for step in range(1, quarter // 2 + 1):
        if step % 2 == 0:
            s, c = sines[step // 2], cosines[step // 2]
            sines.append(2.0 * s * c)
            cosines.append(1.0 - 2.0 * s * s)
        else:
            s, c = sines[step - 1], cosines[step - 1]
            sines.append(s * cosine + c * sine)
            cosines.append(c * cosine - s * sine)
    first = sines[:-1] + [cosines[quarter // 2 - i] for i in range(quarter // 2 + 1)]
    rounded = [int(value * 1073741824.0 + 0.5) / 1073741824.0 for value in first]
    half_turn = rounded + [rounded[quarter - i] for i in range(1, quarter)]
    return half_turn + [-value for value in half_turn]


def pack_sines() -> bytes:
    """Return the table as f64, one after the other: no objects to be fetched from all over memory."""
    out = BytesWriter()
    for value in build_sines():
        write_f64_le(out, value)
    return out.getvalue()


SINES: Final = pack_sines()


def sin16(angle: int) -> float:
    """Return the sine of a 16-bit *angle* (65536: a full turn), cut to a step of the table."""
    return read_f64_le(SINES, ((angle >> 4) & 4095) * 8)


def cos16(angle: int) -> float:
    """Return the cosine of a 16-bit *angle* (65536: a full turn), cut to a step of the table."""
    return read_f64_le(SINES, (((angle >> 4) + 1024) & 4095) * 8)


def view_axes(yaw: int, pitch: int) -> tuple[Vec, Vec, Vec]:
    """Return the unit vectors forward, right and up of a view; +*pitch* looks down."""
    sy, cy = sin16(yaw), cos16(yaw)
    sp, cp = sin16(pitch), cos16(pitch)
    return (cp * cy, cp * sy, -sp), (sy, -cy, 0.0), (sp * cy, sp * sy, cp)
