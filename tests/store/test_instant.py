"""Instants are kept to the microsecond."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from tremble.store import instant


@given(st.datetimes(timezones=st.timezones()))
def test_round_trip(moment: datetime) -> None:
    """An instant comes back as the same instant, in UTC, whatever its time zone."""
    back = instant.from_store(instant.to_store(moment))

    assert back == moment.astimezone(UTC)
    assert back.tzinfo is UTC


def test_epoch() -> None:
    """Zero is the start of 1970 in UTC."""
    east = timezone(timedelta(hours=2))

    assert instant.to_store(datetime(1970, 1, 1, 2, 0, 1, 5, tzinfo=east)) == 1_000_005
