"""Totals: sums and bests in any order, streaks in the order of the matches."""

from hypothesis import given
from hypothesis import strategies as st
from results import line, player_id, result

from tremble.facts import MatchFacts, facts_of
from tremble.result import WeaponLine
from tremble.store.totals import Totals, Weapon, count, together


def facts(number: int, won: bool = True, level: str = "pit") -> MatchFacts:
    played = result(number, line(1, 1, won=won), line(2, 2), map=level)
    return facts_of(played, player_id(1))


def counted(*some: MatchFacts) -> Totals:
    totals = Totals()
    for one in some:
        count(totals, one)
    return totals


def test_sums() -> None:
    """Matches are added up, weapon by weapon, item by item, map by map."""
    totals = counted(facts(1), facts(2, level="moat"))

    assert (totals.matches, totals.wins, totals.kills, totals.deaths) == (2, 2, 20, 10)
    assert (totals.playtime_ms, totals.playtime_hours) == (600_000, 1 / 6)
    assert totals.weapons == {"rail": Weapon(40, 20, 1600, 20)}
    assert (totals.items, totals.maps) == ({"mega": 4}, {"pit": 1, "moat": 1})


def test_streak() -> None:
    """A match that was not won ends the streak; the best one stays."""
    totals = counted(facts(1), facts(2), facts(3, won=False), facts(4))

    assert (totals.win_streak, totals.best_win_streak) == (1, 2)


def test_beyond_a_result() -> None:
    """Sums may be greater than any one result can say."""
    most = facts(1)._replace(weapons={"rail": WeaponLine(damage=10**9)})

    assert counted(most, most, most).weapons["rail"].damage == 3 * 10**9


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=12), st.randoms())
def test_order(drawn: list[tuple[int, bool]], chance: st.DataObject) -> None:
    """All but the streaks is the same in any order, and on several boards together as on one."""
    some = [facts(number, won) for number, won in drawn]
    shuffled = list(some)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = counted(*some), counted(*shuffled)
    split = together([counted(*some[::2]), counted(*some[1::2])])

    for totals in (one, other, split):
        totals.win_streak = totals.best_win_streak = 0
    assert one == other == split
