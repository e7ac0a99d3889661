"""Span: from when until when, and whose days. Instants are half open: since <= it < until."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from tremble.errors import ConfigError

#: So many days, the day of *until* among them, where it is not said since when.
DAYS = 30
#: A span has a row for each hour; nobody looks at more than ten years of them.
LONGEST = timedelta(days=3660)
#: No record is older or goes further.
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class WrongSpan(ConfigError):
    """A span cannot be used; *name* is the part of it that is wrong: since, until or tz."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class Span(Struct, frozen=True):
    """*since* and *until* in UTC; days and hours are those of the zone *tz*."""

    since: datetime
    until: datetime
    tz: str = "UTC"


def span(since: str | None, until: str | None, tz: str, now: datetime) -> Span:
    """Return the span that these words name, as `tremble report` takes them. Raises WrongSpan.

    A day such as 2026-01-31 begins at midnight in *tz*; an instant may have an offset of its own.
    *since* may be a number of days, 30d: whole ones, the day in which *until* falls being the last.
    """
    zone = zone_of(tz)
    end = now if until is None else moment("until", until, zone)
    if not EARLIEST <= end <= LATEST:
        raise WrongSpan("until", f"{until} is not in the years 2000 to 2199")
    text = since or f"{DAYS}d"
    if text.endswith("d") and text[:-1].isdigit():
        start = midnights_before(end, int(text[:-1]), zone)
    else:
        start = moment("since", text, zone)
    if not EARLIEST <= start < LATEST:
        raise WrongSpan("since", f"{text} is not in the years 2000 to 2199")
    if end <= start:
        raise WrongSpan("until", f"{end.isoformat()} is not after since, {start.isoformat()}")
    if end - start > LONGEST:
        raise WrongSpan("since", f"{text} is more than {LONGEST.days} days before until")
    return Span(start.astimezone(UTC), end.astimezone(UTC), tz)


def zone_of(tz: str) -> ZoneInfo:
    """Return the zone of that name. Raises WrongSpan."""
    try:
        return ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reason = f"{tz[:64]!r} is no time zone; write such as Europe/Berlin, or UTC"
        raise WrongSpan("tz", reason) from None


def moment(name: str, text: str, zone: ZoneInfo) -> datetime:
    """Return the instant that *text* names, in *zone* unless it says otherwise. Raises WrongSpan."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        reason = (
            f"{text[:64]!r} is no day such as 2026-01-31, instant or number of days such as 30d"
        )
        raise WrongSpan(name, reason) from None


def midnights_before(end: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return the midnight in *zone* at which the *days* days begin that end with the day of *end*."""
    # What ends at a midnight ends with the day before.
    last = (end - timedelta(microseconds=1)).astimezone(zone).date()
    try:
        first = last - timedelta(days=days - 1)
        return datetime(first.year, first.month, first.day, tzinfo=zone)
    except (OverflowError, ValueError):
        raise WrongSpan("since", f"{days}d is not in the years 2000 to 2199") from None
