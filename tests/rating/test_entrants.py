"""A match rates its players fairly: whoever they are, however many, in teams or each alone."""

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremble.rating import entrants, glicko2
from tremble.rating.rating import MAX_DEVIATION, Entrant, Game, Rating

RATINGS = st.builds(
    Rating,
    st.floats(glicko2.MIN_RATING, glicko2.MAX_RATING),
    st.floats(glicko2.MIN_DEVIATION, MAX_DEVIATION),
    st.floats(0.01, glicko2.MAX_VOLATILITY),
)
PLAYED = st.tuples(RATINGS, st.integers(1, 16), st.floats(-1e6, 1e6))


def strangers(count: int) -> list[list[int]]:
    """Nobody met anybody lately."""
    return [[0] * count for _ in range(count)]


def rated(*players: Entrant, met: int = 0) -> list[Rating]:
    """Rate *players*, who all met one another *met* times lately."""
    return entrants.update(players, [[met] * len(players) for _ in players])


@given(RATINGS, RATINGS, st.sampled_from([(1, 2), (1, 1), (2, 1)]), st.floats(-5, 500))
def test_symmetry(a: Rating, b: Rating, places: tuple[int, int], days: float) -> None:
    """In whatever order two players are given, they come out the same to the bit."""
    one, other = Entrant(a, places[0], days), Entrant(b, places[1])

    assert rated(one, other) == rated(other, one)[::-1]


@given(RATINGS, RATINGS, st.integers(0, 20))
def test_winner_gains(a: Rating, b: Rating, met: int) -> None:
    """A win never lowers a rating, a loss never raises one."""
    winner, loser = rated(Entrant(a, 1), Entrant(b, 2), met=met)

    assert winner.rating >= a.rating
    assert loser.rating <= b.rating


@given(st.lists(PLAYED, min_size=1, max_size=16), st.integers(0, 3), st.integers(1, 4))
def test_bounds(played: list[tuple[Rating, int, float]], teams: int, rounds: int) -> None:
    """No match, however odd, takes rating, deviation or volatility out of bounds."""
    ratings = [rating for rating, _, _ in played]
    for met in range(rounds):
        players = []
        for i, (_, place, days) in enumerate(played):
            team = 1 + i % teams if teams else 0
            players.append(Entrant(ratings[i], team or place, days, team))
        ratings = rated(*players, met=met)

    for after in ratings:
        assert glicko2.MIN_RATING <= after.rating <= glicko2.MAX_RATING
        assert glicko2.MIN_DEVIATION <= after.deviation <= MAX_DEVIATION
        assert 0.0 < after.volatility <= glicko2.MAX_VOLATILITY


@given(RATINGS, RATINGS, st.floats(0, 100), st.integers(0, 9))
def test_duel_is_no_special_case(a: Rating, b: Rating, days: float, met: int) -> None:
    """Two players come out as the paper has it for one game of the pair's weight."""
    after = rated(Entrant(a, 1, days), Entrant(b, 2), met=met)

    game = Game(b, 1.0, entrants.saturation(met))
    periods = days * glicko2.PERIODS_PER_DAY
    assert after[0] == glicko2.clamped(a, glicko2.glicko2(a, [game], periods))


def test_draw_of_equals() -> None:
    """A draw between equals moves no rating and makes both surer."""
    after = rated(Entrant(Rating(), 1), Entrant(Rating(), 1))

    assert [r.rating for r in after] == [1500.0, 1500.0]
    assert all(r.deviation < MAX_DEVIATION for r in after)


@pytest.mark.parametrize("team", [0, 1])
def test_nobody_met(team: int) -> None:
    """A match without an opponent contests nothing: only the days away count."""
    before = Rating(1700, 80, 0.05)

    after = rated(*[Entrant(before, 1, 100.0, team)] * (1 + team))

    assert set(after) == {glicko2.aged(before, 100.0 * glicko2.PERIODS_PER_DAY)}


def test_free_for_all_weight() -> None:
    """Winning against three equals moves a rating like one win: a big match is not many."""
    equal = Rating(1500, 80, 0.06)
    one = rated(Entrant(equal, 1), Entrant(equal, 2))[0]

    three = rated(*[Entrant(equal, place) for place in (1, 2, 3, 4)])[0]

    assert three.rating == pytest.approx(one.rating, abs=1e-6)
    assert three.deviation == pytest.approx(one.deviation, abs=1e-6)


def test_largest_change() -> None:
    """No single match moves a rating by more than the limit."""
    low, high = Rating(400, 350, 0.08), Rating(4000, 45, 0.06)

    after = rated(Entrant(low, 1), Entrant(high, 2))[0]

    assert after.rating - low.rating <= glicko2.MAX_CHANGE


def test_saturation() -> None:
    """A pair's first three matches in a day count in full, the fourth half, the fifth a third."""
    assert [entrants.saturation(met) for met in range(6)] == [1, 1, 1, 1 / 2, 1 / 3, 1 / 4]


@pytest.mark.parametrize("team", [0, 1])
def test_farming(team: int) -> None:
    """Beating the same friend a hundred times in a day gains less than twice what ten wins do."""
    gained = []
    for wins in (10, 100):
        one = other = Rating(1500, 60, 0.06)
        for met in range(wins):
            players = Entrant(one, 1, 0.0, team), Entrant(other, 2, 0.0, 2 * team)
            one, other = rated(*players, met=met)
        gained.append(one.rating - 1500)

    assert gained[0] < gained[1] < 2 * gained[0]


def test_meetings() -> None:
    """Two players met as often as both stand in a match."""
    lately = [{"a", "b", "c"}, {"b", "c"}, set()]

    assert entrants.meetings(lately) == [[0, 2, 0], [2, 0, 0], [0, 0, 0]]


def test_team_moves_together() -> None:
    """The players of a team that wins gain, all of them; the other team loses."""
    equal = Rating(1500, 80, 0.06)
    players = [Entrant(equal, 1 + i // 2, 0.0, 1 + i // 2) for i in range(4)]

    after = rated(*players)

    assert after[0] == after[1] and after[2] == after[3]
    assert after[0].rating > 1500 > after[2].rating
    assert all(r.deviation < 80 for r in after)


def test_team_order() -> None:
    """It makes no difference in which order the players of two teams stand."""
    ratings = [Rating(1400 + 100 * i, 60 + i, 0.06) for i in range(4)]
    players = [Entrant(r, 1 + i % 2, 0.0, 1 + i % 2) for i, r in enumerate(ratings)]

    here, there = rated(*players), rated(*players[::-1])[::-1]

    for one, other in zip(here, there, strict=True):
        assert one.rating == pytest.approx(other.rating, abs=1e-9)


def test_new_season() -> None:
    """A new season keeps the rating and adds a little doubt."""
    after = entrants.new_season(Rating(1800, 80, 0.05))

    assert after == Rating(1800, 100, 0.05)
    assert entrants.new_season(Rating()).deviation == MAX_DEVIATION


SCRIPT = """
import random
from tremble.rating.entrants import meetings, update
from tremble.rating.rating import Entrant, Rating

rng = random.Random(9)
ratings = [Rating(rng.gauss(1500.0, 300.0), rng.uniform(45.0, 350.0)) for _ in range(16)]
for number in range(3000):
    count = (2, 2, 2, 5, 8)[number % 5]
    team = number % 5 == 4
    who = rng.sample(range(16), count)
    players = [
        Entrant(ratings[w], 1 + i % 2 if team else 1 + i, rng.expovariate(1.0), team and 1 + i % 2)
        for i, w in enumerate(who)
    ]
    met = [[abs(i - j) % 5 for j in range(count)] for i in range(count)]
    for w, after in zip(who, update(players, met)):
        ratings[w] = after
print([(r.rating.hex(), r.deviation.hex(), r.volatility.hex()) for r in ratings])
"""


def test_compiled_bits() -> None:
    """Compiled and uncompiled, 3,000 matches of all kinds give the same ratings to the bit."""
    here, pure = (
        subprocess.run(
            [sys.executable, "-c", f"import tremble\n{SCRIPT}"],
            env={**os.environ, **more},
            capture_output=True,
            text=True,
            timeout=280,
            check=True,
        ).stdout
        for more in ({"TREMBLE_PURE": "0"}, {"TREMBLE_PURE": "1"})
    )

    assert here == pure
    assert here.count("0x") == 48
