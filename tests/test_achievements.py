"""The cheap way to award achievements agrees with the plain one; the table has what the record needs."""

from hypothesis import given
from hypothesis import strategies as st
from results import histories

from tremble.achievements import BY_RATING, Facts, earned_by, measured, newly_earned
from tremble.facts import facts_of_all
from tremble.result import MatchResult
from tremble.store.totals import Totals, count


def test_by_rating() -> None:
    """Two are earned by the rating alone."""
    assert [one.id for one in BY_RATING] == ["contender", "master"]


@given(st.lists(histories, max_size=4))
def test_earned_by(many: list[list[MatchResult]]) -> None:
    """Match after match, the same is earned by what changed as by all that is there."""
    totals: dict[str, Totals] = {}
    plain: dict[str, list[str]] = {}
    cheap: dict[str, list[str]] = {}
    for result in [one for history in many for one in history]:
        aims = [one.aim for one in result.players]
        for line, facts in zip(result.players, facts_of_all(result, aims), strict=True):
            own = totals.setdefault(line.player_id, Totals(kills=90, wins=8))
            have = plain.setdefault(line.player_id, [])
            before = measured(own)
            have += newly_earned(Facts(own, 0.0, None), have)
            count(own, facts)
            have += newly_earned(Facts(own, 0.0, facts), have)
            mine = cheap.setdefault(line.player_id, ["first_win"])
            mine += [name for name in earned_by(facts, before, measured(own)) if name not in mine]

    for player_id, have in plain.items():
        assert set(have) == set(cheap[player_id])
