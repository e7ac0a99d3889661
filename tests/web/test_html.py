"""How times are shown."""

from datetime import UTC, datetime, timedelta

import pytest

from tremble.web import html

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (7199, "1 h ago"),
        (200_000, "2 d ago"),
    ],
)
def test_since(seconds: int, shown: str) -> None:
    """The time since is in its largest whole unit, and never in the future."""
    assert html.since(NOW - timedelta(seconds=seconds), NOW) == shown


def test_minutes() -> None:
    """A duration is shown like a match clock."""
    assert [html.minutes(s) for s in (0, 65.9, 600)] == ["0:00", "1:05", "10:00"]
