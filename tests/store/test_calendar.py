"""The schedule of seasons: known days, one after the other."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremble.store import calendar
from tremble.store.calendar import Length


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        ("week", "2026-05-18"),
        ("month", "2026-06-01"),
        ("quarter", "2026-07-01"),
        ("half-year", "2026-07-01"),
        ("year", "2027-01-01"),
    ],
)
def test_boundary(length: Length, expected: str) -> None:
    """The next season of each length begins at midnight of a day that people know."""
    moment = datetime(2026, 5, 14, 17, 30, tzinfo=UTC)

    found = calendar.boundary(length, moment)

    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert calendar.boundary("none", moment) is None


@given(
    st.sampled_from(["week", *calendar.MONTHS]),
    st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
)
def test_boundaries_follow_each_other(length: Length, moment: datetime) -> None:
    """The next boundary is later, and the same from anywhere before it."""
    found = calendar.boundary(length, moment)
    assert found is not None

    assert moment < found <= moment + timedelta(days=366)
    assert calendar.boundary(length, found - timedelta(microseconds=1)) == found
    assert calendar.boundary(length, found) != found
