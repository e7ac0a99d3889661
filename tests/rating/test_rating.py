"""A rating says whether it is a guess, and cannot be changed."""

import pytest

from tremble.rating import Rating


def test_provisional() -> None:
    """A newcomer's rating is a guess, one of deviation below 110 is not."""
    assert Rating().provisional
    assert Rating(1500.0, 110.0).provisional
    assert not Rating(1500.0, 109.9).provisional


def test_frozen() -> None:
    """A rating is a value: it cannot be changed, and equal ones are one in a set."""
    rating = Rating()

    with pytest.raises(AttributeError):
        rating.rating = 2000.0
    assert len({rating, Rating(1500.0, 350.0, 0.06)}) == 1
