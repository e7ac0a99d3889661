"""The picture of a rating graph: everything inside, peaks on top, a grid that can be read."""

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tremble.store.graph import Point
from tremble.web.chart import HEIGHT, LEFT, LISTED, MARGIN, MAX_LINES, WIDTH, chart, step_of

START = datetime(2026, 1, 1, tzinfo=UTC)


def points(*ratings: float, apart_s: float = 60.0) -> list[Point]:
    return [
        Point("0" * 32, 1, START + timedelta(seconds=apart_s * i), rating, 60.0, False)
        for i, rating in enumerate(ratings)
    ]


def test_nothing() -> None:
    """Of no points there is no picture."""
    assert chart([]) is None


def test_shape() -> None:
    """Time goes right, ratings go up."""
    drawn = chart(points(1500, 1600, 1450))

    assert drawn is not None
    places = [tuple(map(float, place.split(","))) for place in drawn.line.split()]
    assert [x for x, _ in places] == [LEFT, (LEFT + WIDTH - MARGIN) / 2, WIDTH - MARGIN]
    assert places[1][1] < places[0][1] < places[2][1]
    assert (drawn.x, drawn.y) == places[2]


def test_numbers() -> None:
    """Beneath the picture stand the same ratings, the last first, and no more than fit."""
    few, many = chart(points(1500, 1600, 1450)), chart(points(*range(1000, 1100)))

    assert few is not None and many is not None
    assert [point.rating for point in few.latest] == [1450, 1600, 1500]
    assert [point.rating for point in many.latest] == list(range(1099, 1099 - LISTED, -1))


@given(st.lists(st.floats(400, 4000), min_size=1, max_size=50), st.floats(0, 1e6))
def test_inside(ratings: list[float], apart_s: float) -> None:
    """Every point is inside the picture, between the first and the last line of a short grid."""
    drawn = chart(points(*ratings, apart_s=apart_s))

    assert drawn is not None
    assert re.fullmatch(r"[0-9., ]+", drawn.line)
    assert 2 <= len(drawn.grid) <= MAX_LINES + 1
    assert drawn.grid[0].rating <= min(ratings) <= max(ratings) <= drawn.grid[-1].rating
    for place in drawn.line.split():
        x, y = map(float, place.split(","))
        assert LEFT <= x <= WIDTH
        assert 0 <= y <= HEIGHT


def test_step() -> None:
    """Lines are as close as a short grid allows."""
    assert step_of(1500, 1509) == 10
    assert step_of(400, 4000) == 1000
