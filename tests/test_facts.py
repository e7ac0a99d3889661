"""What a match says about all of its players is what it says about each."""

from hypothesis import given
from hypothesis import strategies as st
from results import line, player_id, result, results

from tremble.facts import facts_of, facts_of_all
from tremble.result import MatchResult


@given(results(st.integers(0, 99)))
def test_all(played: MatchResult) -> None:
    """One by one or all at once, the facts are the same."""
    aims = [one.aim for one in played.players]
    alone = [facts_of(played, one.player_id) for one in played.players]

    assert facts_of_all(played, aims) == alone


def test_best_other() -> None:
    """The best of the others is the second for the best, and the best for the others; none alone."""
    three = [line(1, 1, score=9), line(2, 2, score=7), line(3, 3, score=7)]

    found = facts_of_all(result(1, *three), [one.aim for one in three])
    alone = facts_of(result(1, line(1, 1)), player_id(1))

    assert [(one.best_other_score, one.margin) for one in found] == [(7, 2), (9, -2), (9, -2)]
    assert (alone.best_other_score, alone.margin) == (None, None)
