"""server/leave.py: when a server leaves to come back, and what it says before."""

import pytest

from tremble.server.leave import BETWEEN, EMPTY, NOW, Leave


@pytest.mark.parametrize(
    ("when", "people", "counting", "begins"),
    [
        (NOW, 2, True, True),
        (BETWEEN, 2, True, False),
        (BETWEEN, 2, False, True),
        (EMPTY, 1, False, False),
        (EMPTY, 0, True, True),
    ],
)
def test_countdown_begins(when: str, people: int, counting: bool, begins: bool) -> None:
    """When it may leave the countdown begins; with nobody here there is none."""
    leave = Leave(when, 30.0, None, "why")

    over = leave.over(people, counting, 100.0)

    assert (leave.at is not None) is begins
    assert over is (begins and not people)
    if begins and people:
        assert leave.at == 130.0
        assert not leave.over(people, False, 129.9) and leave.over(people, True, 130.0)


@pytest.mark.parametrize("when", [EMPTY, BETWEEN])
def test_deadline_ends_all_waiting(when: str) -> None:
    """However matches stand, it leaves at the deadline, told beforehand."""
    leave = Leave(when, 30.0, 1000.0, "why")

    assert not leave.over(2, True, 969.0) and leave.to_tell(969.0) is None
    assert not leave.over(2, True, 970.0)
    assert leave.to_tell(970.0) == 30
    assert not leave.over(2, True, 999.0) and leave.over(2, True, 1000.0)


def test_everybody_gone_in_the_countdown() -> None:
    """Nobody is left to be told: it leaves at once."""
    leave = Leave(NOW, 30.0, None, "why")
    assert not leave.over(1, False, 0.0)

    assert leave.over(0, False, 3.0)


def test_told_at_marks_once() -> None:
    """At the beginning, then at 60, 30, 10 and 5 s, whatever the rhythm of the looks."""
    leave = Leave(NOW, 75.0, None, "why")
    leave.over(1, True, 0.0)

    told = [leave.to_tell(float(second)) for second in range(76)]

    assert {second: left for second, left in enumerate(told) if left is not None} == {
        0: 75, 15: 60, 45: 30, 65: 10, 70: 5,
    }  # fmt: skip


def test_matches_are_held_only_when_needed() -> None:
    """Between matches none begins from the first; else only in the countdown."""
    empty = Leave(EMPTY, 30.0, 100.0, "why")

    assert Leave(BETWEEN, 30.0, None, "why").holds
    assert not empty.holds
    empty.over(1, False, 80.0)
    assert empty.holds
