"""The table of achievements: each can be earned, and not by less."""

from typing import Any

import pytest
from data.matches import ME, rail, result

from tremble.data.achievements import ACHIEVEMENTS, BY_ID, Facts, newly_earned
from tremble.data.documents import Stats, Weapon
from tremble.data.facts import MatchFacts, facts_of, simple_facts
from tremble.result import WeaponLine


def totals(**fields: Any) -> Facts:
    return Facts(Stats(0, 0, 0, 0, 0, 0.0, 0.0), fields.pop("rating", 1500.0), None)._replace(
        stats=Stats(**{**dict.fromkeys(["matches_played", "wins", "losses", "kills", "deaths",
                                        "accuracy", "playtime_hours"], 0), **fields})
    )  # fmt: skip


def match(facts: MatchFacts) -> Facts:
    return totals()._replace(match=facts)


def played(**changed: Any) -> Facts:
    return match(facts_of(result(**changed), ME))


THREE = {
    name: WeaponLine(shots=9, kills=1) for name in ("machinegun", "railgun", "rocket_launcher")
}

#: What earns each achievement, and what just does not.
CASES: dict[str, tuple[Facts, Facts]] = {
    "first_win": (totals(wins=1), totals()),
    "veteran": (totals(wins=10), totals(wins=9)),
    "century": (totals(kills=100), totals(kills=99)),
    "sharpshooter": (
        match(simple_facts(False, 1, 1, 1.0, 0, 0.0)),
        match(simple_facts(False, 1, 1, 1.0, 9, 0.0)),
    ),
    "champion": (totals(wins=100), totals(wins=99)),
    "legend": (totals(wins=1_000), totals(wins=999)),
    "millennium": (totals(kills=1_000), totals(kills=999)),
    "reaper": (totals(kills=10_000), totals(kills=9_999)),
    "hat_trick": (totals(best_win_streak=3), totals(best_win_streak=2)),
    "unstoppable": (totals(best_win_streak=10), totals(best_win_streak=9)),
    "flawless": (played(deaths=0), played(deaths=1)),
    "shutout": (played(other_score=0), played(other_score=1)),
    "close_call": (played(other_score=9), played(other_score=8)),
    "sudden_death": (played(ended_by="overtime"), played(ended_by="overtime", won=False)),
    "quick_work": (played(playtime_s=180.0), played(playtime_s=181.0)),
    "untouchable": (
        played(damage_given=1_000, damage_taken=200),
        played(damage_given=1_000, damage_taken=201),
    ),
    "heavy_hitter": (totals(most_damage=3_000), totals(most_damage=2_999)),
    "railgunner": (played(weapons=rail(20, 10)), played(weapons=rail(20, 9))),
    "rocket_scientist": (
        totals(weapons={"rocket_launcher": Weapon(kills=250)}),
        totals(weapons={"rocket_launcher": Weapon(kills=249)}),
    ),
    "lead_rain": (
        totals(weapons={"machinegun": Weapon(kills=100)}),
        totals(weapons={"railgun": Weapon(kills=100)}),
    ),
    "arsenal": (played(weapons=THREE), played(weapons=rail(9, 9, 9))),
    "purist": (played(weapons=rail(9, 3)), played(weapons=THREE)),
    "collector": (totals(items={"armor": 999, "health": 1}), totals(items={"armor": 999})),
    "cartographer": (
        totals(maps=dict.fromkeys("abcde", 1)),
        totals(maps=dict.fromkeys("abcd", 50)),
    ),
    "marathon": (totals(playtime_hours=10.0), totals(playtime_hours=9.99)),
    "devoted": (totals(playtime_hours=100.0), totals(playtime_hours=99.9)),
    "contender": (totals(rating=1_700.0), totals(rating=1_699.9)),
    "master": (totals(rating=2_000.0), totals(rating=1_999.9)),
    "gravity": (played(suicides=3), played(suicides=2)),
    "pacifist": (played(weapons=rail(0, 0)), played(weapons=rail(1, 0))),
}


def test_every_achievement_has_a_case() -> None:
    """No achievement goes untested; ids are words and unique; there are twenty or more."""
    assert list(CASES) == [a.id for a in ACHIEVEMENTS]
    assert len(BY_ID) == len(ACHIEVEMENTS) >= 20


@pytest.mark.parametrize("name", CASES)
def test_earned(name: str) -> None:
    """Each is earned by what it says, and not by a little less."""
    enough, less = CASES[name]
    achievement = BY_ID[name]

    assert achievement.earned(enough)
    assert not achievement.earned(less)
    assert achievement.progress(enough) == 1.0
    assert 0.0 <= achievement.progress(less) < 1.0


def test_newly_earned() -> None:
    """What the player has already is not earned again."""
    facts = totals(wins=10, kills=100)

    assert newly_earned(facts, set()) == ["first_win", "veteran", "century"]
    assert newly_earned(facts, {"first_win", "century"}) == ["veteran"]


def test_texts() -> None:
    """Each has a title and a sentence; some are hidden."""
    assert all(a.title and a.description.endswith(".") for a in ACHIEVEMENTS)
    assert {a.id for a in ACHIEVEMENTS if a.hidden} == {"gravity", "pacifist"}
