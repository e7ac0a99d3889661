"""server/drain.py: when a draining process may end."""

import pytest

from tremble.server.drain import Drain


@pytest.mark.parametrize(
    ("bound", "counting", "now", "over"),
    [
        (None, False, 0.0, True),
        (None, True, 1e9, False),
        (60.0, True, 59.0, False),
        (60.0, True, 60.0, True),
        (60.0, False, 1.0, True),
        (0.0, True, 0.0, True),
    ],
)
def test_over(bound: float | None, counting: bool, now: float, over: bool) -> None:
    """As soon as nothing counts, or at the bound."""
    drain = Drain()

    drain.begin(0.0, bound, "bye")

    assert drain.over(counting, now) is over


def test_not_draining() -> None:
    """Who has not begun, or has taken it back, is never over."""
    drain = Drain()
    before = drain.over(False, 1e9)
    drain.begin(0.0, 0.0, "bye")
    drain.cancel()

    assert (before, drain.over(False, 1e9), drain.reason) == (False, False, "")
