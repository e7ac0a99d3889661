"""A graph of ratings as the numbers of an SVG picture: the template draws, this measures. Pure."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil, floor

from msgspec import Struct

from tremble.store.graph import Point

#: The picture, in units of its own; it is shown as wide as the page.
WIDTH, HEIGHT = 640, 180
#: Room for the numbers on the left, and around the line.
LEFT, MARGIN, FOOT = 44, 10, 18
#: Ratings between two lines of the grid: the smallest that makes few lines.
STEPS = (10, 20, 50, 100, 200, 500, 1000)
MAX_LINES = 5
#: Points that are listed beneath the picture.
LISTED = 40


class Mark(Struct, frozen=True):
    """A line of the grid: how far down, and the rating there."""

    y: float
    rating: int


class Chart(Struct, frozen=True):
    """*line* is the `points` of a polyline, *x* and *y* its end; the grid goes from the bottom up.

    *latest*: the same in numbers, the last first, at most LISTED.
    """

    line: str
    x: float
    y: float
    grid: list[Mark]
    first: datetime
    last: datetime
    latest: list[Point]


def chart(points: Sequence[Point]) -> Chart | None:
    """Return the picture of *points*, which are in order of time; None of no points."""
    if not points:
        return None
    ratings = [point.rating for point in points]
    step = step_of(min(ratings), max(ratings))
    low = floor(min(ratings) / step) * step
    high = max(ceil(max(ratings) / step) * step, low + step)
    first, last = points[0].ended_at, points[-1].ended_at
    span = max((last - first).total_seconds(), 1.0)

    def x(at: datetime) -> float:
        return LEFT + (WIDTH - LEFT - MARGIN) * (at - first).total_seconds() / span

    def y(rating: float) -> float:
        return HEIGHT - FOOT - (HEIGHT - FOOT - MARGIN) * (rating - low) / (high - low)

    drawn = [(x(point.ended_at), y(point.rating)) for point in points]
    grid = [Mark(round(y(rating), 1), rating) for rating in range(low, high + 1, step)]
    line = " ".join(f"{across:.1f},{down:.1f}" for across, down in drawn)
    latest = list(points[: -LISTED - 1 : -1])
    return Chart(line, round(drawn[-1][0], 1), round(drawn[-1][1], 1), grid, first, last, latest)


def step_of(low: float, high: float) -> int:
    """Return how far apart the lines of a grid from *low* to *high* are."""
    for step in STEPS:
        if ceil(high / step) - floor(low / step) < MAX_LINES:
            return step
    return STEPS[-1]
