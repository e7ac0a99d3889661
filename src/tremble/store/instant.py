"""Instants as the store keeps them: whole microseconds since 1970 (UTC)."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
#: Microseconds in a day.
DAY = 86_400_000_000


def to_store(instant: datetime) -> int:
    """Return *instant* (with a time zone) as it is stored."""
    return (instant - EPOCH) // MICROSECOND


def from_store(stored: int) -> datetime:
    """Return the instant stored as *stored*."""
    return EPOCH + timedelta(microseconds=stored)
