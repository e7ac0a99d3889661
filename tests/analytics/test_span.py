"""Spans: from when until when words reach, in zones with summer time and with odd offsets."""

from datetime import UTC, datetime

import pytest

from tremble.analytics.span import WrongSpan, span

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "until", "tz", "expected"),
    [
        # Clocks go forward on 2026-03-29: midnight was at 23, and is at 22 after it.
        ("2026-03-29", "2026-03-30", "Europe/Berlin", ("2026-03-28T23:00", "2026-03-29T22:00")),
        ("3d", None, "Europe/Berlin", ("2026-03-28T23:00", "2026-03-31T12:00")),
        ("1d", "2026-03-31", "Asia/Kathmandu", ("2026-03-29T18:15", "2026-03-30T18:15")),
        (
            "2026-03-01T10:00+02:00",
            None,
            "America/New_York",
            ("2026-03-01T08:00", "2026-03-31T12:00"),
        ),
        (None, None, "UTC", ("2026-03-02T00:00", "2026-03-31T12:00")),
    ],
)
def test_words(since: str | None, until: str | None, tz: str, expected: tuple[str, str]) -> None:
    found = span(since, until, tz, NOW)

    assert (found.since, found.until) == (at(expected[0]), at(expected[1]))


@pytest.mark.parametrize(
    ("since", "until", "tz", "name"),
    [
        ("2026-04-01", None, "UTC", "until"),
        ("0d", None, "UTC", "until"),
        ("d", None, "UTC", "since"),
        ("9" * 40 + "d", None, "UTC", "since"),
        ("1066-10-14", None, "UTC", "since"),
        ("30d", "9999-01-01", "UTC", "until"),
        ("2010-01-01", None, "UTC", "since"),
        ("30d", "tomorrow", "UTC", "until"),
        ("30d", None, "../etc/passwd", "tz"),
        ("30d", None, "", "tz"),
    ],
)
def test_what_is_wrong_is_named(since: str, until: str | None, tz: str, name: str) -> None:
    with pytest.raises(WrongSpan) as caught:
        span(since, until, tz, NOW)

    assert caught.value.name == name
