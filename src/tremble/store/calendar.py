"""The schedule of seasons. Cheap to import: the settings are checked with it."""

from datetime import UTC, datetime, timedelta
from typing import Literal

#: How long a season is by schedule. Weeks begin on Monday; all begin at midnight (UTC).
Length = Literal["none", "week", "month", "quarter", "half-year", "year"]
MONTHS: dict[Length, int] = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}


def boundary(length: Length, moment: datetime) -> datetime | None:
    """Return when the first season of *length* begins after *moment*; None without a schedule."""
    if length == "none":
        return None
    midnight = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if length == "week":
        return midnight + timedelta(days=7 - midnight.weekday())
    months = MONTHS[length]
    next_month = (midnight.month - 1) // months * months + months
    year, month = midnight.year + next_month // 12, next_month % 12 + 1
    return midnight.replace(year=year, month=month, day=1)
