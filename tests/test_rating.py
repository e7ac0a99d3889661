"""Glicko-2 gives the paper's numbers, and stays in bounds whatever is played."""

from math import exp, log, pi, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremble import rating
from tremble.rating import Game, Rating

RATINGS = st.builds(
    Rating,
    st.floats(rating.MIN_RATING, rating.MAX_RATING),
    st.floats(rating.MIN_DEVIATION, rating.MAX_DEVIATION),
    st.floats(0.01, rating.MAX_VOLATILITY),
)


def solved(player: Rating, games: list[Game]) -> Rating:
    """The paper's steps once more, with bisection (80 halvings) in place of its iteration."""
    mu, phi = (player.rating - 1500) / 173.7178, player.deviation / 173.7178
    terms = []
    for game in games:
        g = 1 / sqrt(1 + 3 * (game.opponent.deviation / 173.7178) ** 2 / pi**2)
        e = 1 / (1 + exp(-g * (mu - (game.opponent.rating - 1500) / 173.7178)))
        terms.append((g, e, game.score))
    v = 1 / sum(g * g * e * (1 - e) for g, e, _ in terms)
    delta = v * sum(g * (s - e) for g, e, s in terms)

    def f(x: float) -> float:
        bottom = phi**2 + v + exp(x)
        rise = exp(x) * (delta**2 - bottom) / (2 * bottom**2)
        return rise - (x - log(player.volatility**2)) / 0.5**2

    low, high = -20.0, 5.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if f(middle) > 0 else (low, middle)
    sigma = exp(low / 2)
    after = 1 / sqrt(1 / (phi**2 + sigma**2) + 1 / v)
    return Rating(player.rating + 173.7178 * after**2 * delta / v, after * 173.7178, sigma)


def test_paper() -> None:
    """The example of the paper comes out, to the digits that its rounding left."""
    player = Rating(1500, 200, 0.06)
    games = [
        Game(Rating(1400, 30), 1.0),
        Game(Rating(1550, 100), 0.0),
        Game(Rating(1700, 300), 0.0),
    ]

    after = rating.glicko2(player, games)

    assert after.rating == pytest.approx(1464.0507, abs=5e-5)
    assert after.deviation == pytest.approx(151.5165, abs=5e-5)
    assert after.volatility == pytest.approx(0.0599960, abs=5e-8)


def test_far_from_1500() -> None:
    """Five upset losses at 2200 raise the volatility: where 1500 hides a mixed-up formula."""
    player = Rating(2200, 60, 0.06)
    games = [Game(Rating(1500, 60), 0.0)] * 5

    after = rating.glicko2(player, games)

    expected = solved(player, games)
    assert after.volatility == pytest.approx(0.0603096, abs=5e-8)
    assert after.volatility == pytest.approx(expected.volatility, abs=1e-8)
    assert after.rating == pytest.approx(expected.rating, abs=1e-5)
    assert after.deviation == pytest.approx(expected.deviation, abs=1e-5)


@given(
    RATINGS,
    st.lists(st.builds(Game, RATINGS, st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=5),
)
def test_solution(player: Rating, games: list[Game]) -> None:
    """The iteration finds the same root as plain bisection, anywhere in the bounds."""
    after = rating.glicko2(player, games)

    expected = solved(player, games)
    assert after.volatility == pytest.approx(expected.volatility, rel=1e-5)
    assert after.rating == pytest.approx(expected.rating, abs=1e-3)


@given(RATINGS, RATINGS, st.sampled_from([(1, 2), (1, 1), (2, 1)]), st.floats(-5, 500))
def test_symmetry(a: Rating, b: Rating, places: tuple[int, int], days: float) -> None:
    """In whatever order two players are given, they come out the same to the bit."""
    here = rating.update([a, b], places, [days, 0.0])

    there = rating.update([b, a], places[::-1], [0.0, days])
    assert here == there[::-1]


@given(RATINGS, RATINGS)
def test_winner_gains(a: Rating, b: Rating) -> None:
    """A win never lowers a rating, a loss never raises one."""
    winner, loser = rating.update([a, b], [1, 2], [0.0, 0.0])

    assert winner.rating >= a.rating
    assert loser.rating <= b.rating


@given(
    st.lists(st.tuples(RATINGS, st.integers(1, 16), st.floats(-1e6, 1e6)), min_size=2, max_size=16),
    st.integers(1, 4),
)
def test_bounds(entrants: list[tuple[Rating, int, float]], rounds: int) -> None:
    """No match, however odd, takes rating, deviation or volatility out of bounds."""
    ratings = [r for r, _, _ in entrants]
    for _ in range(rounds):
        ratings = rating.update(ratings, [p for _, p, _ in entrants], [d for _, _, d in entrants])

    for after in ratings:
        assert rating.MIN_RATING <= after.rating <= rating.MAX_RATING
        assert rating.MIN_DEVIATION <= after.deviation <= rating.MAX_DEVIATION
        assert 0.0 < after.volatility <= rating.MAX_VOLATILITY


def test_draw_of_equals() -> None:
    """A draw between equals moves no rating and makes both surer."""
    after = rating.update([Rating(), Rating()], [1, 1], [0.0, 0.0])

    assert [r.rating for r in after] == [1500.0, 1500.0]
    assert all(r.deviation < rating.MAX_DEVIATION for r in after)


def test_absence() -> None:
    """Deviation 60 grows to 110 in 120 days away, and never beyond that of a newcomer."""
    sure = Rating(1500, 60, 0.06)

    after = rating.aged(sure, 120 * rating.PERIODS_PER_DAY)

    assert after.deviation == pytest.approx(110, abs=0.5)
    assert after.rating == sure.rating
    assert rating.aged(sure, 1e9).deviation == rating.MAX_DEVIATION


def test_alone() -> None:
    """A match of one player contests nothing and changes nothing."""
    before = Rating(1700, 80, 0.05)

    assert rating.update([before], [1], [100.0]) == [before]


def test_free_for_all_weight() -> None:
    """Winning against three equals moves a rating like one win: a big match is not many."""
    equal = Rating(1500, 80, 0.06)
    one = rating.update([equal] * 2, [1, 2], [0.0] * 2)[0]

    three = rating.update([equal] * 4, [1, 2, 3, 4], [0.0] * 4)[0]

    assert three.rating == pytest.approx(one.rating, abs=1e-6)
    assert three.deviation == pytest.approx(one.deviation, abs=1e-6)


def test_largest_change() -> None:
    """No single match moves a rating by more than the limit."""
    low, high = Rating(400, 350, 0.08), Rating(4000, 45, 0.06)

    after = rating.update([low, high], [1, 2], [0.0, 0.0])[0]

    assert after.rating - low.rating <= rating.MAX_CHANGE
