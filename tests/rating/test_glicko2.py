"""Glicko-2 gives the paper's numbers, and stays in bounds whatever is played."""

from math import exp, log, pi, sqrt

import pyglicko2
import pytest
from glicko2.math import algorithm, conversions
from hypothesis import given, settings
from hypothesis import strategies as st

from tremble.rating import glicko2
from tremble.rating.rating import MAX_DEVIATION, Game, Rating

RATINGS = st.builds(
    Rating,
    st.floats(glicko2.MIN_RATING, glicko2.MAX_RATING),
    st.floats(glicko2.MIN_DEVIATION, MAX_DEVIATION),
    st.floats(0.01, glicko2.MAX_VOLATILITY),
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

    after = glicko2.glicko2(player, games)

    assert after.rating == pytest.approx(1464.0507, abs=5e-5)
    assert after.deviation == pytest.approx(151.5165, abs=5e-5)
    assert after.volatility == pytest.approx(0.0599960, abs=5e-8)


def test_far_from_1500() -> None:
    """Five upset losses at 2200 raise the volatility: where 1500 hides a mixed-up formula."""
    player = Rating(2200, 60, 0.06)
    games = [Game(Rating(1500, 60), 0.0)] * 5

    after = glicko2.glicko2(player, games)

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
    after = glicko2.glicko2(player, games)

    expected = solved(player, games)
    assert after.volatility == pytest.approx(expected.volatility, rel=1e-5)
    assert after.rating == pytest.approx(expected.rating, abs=1e-3)


def test_absence() -> None:
    """Deviation 60 grows to 110 in 120 days away, and never beyond that of a newcomer."""
    sure = Rating(1500, 60, 0.06)

    after = glicko2.aged(sure, 120 * glicko2.PERIODS_PER_DAY)

    assert after.deviation == pytest.approx(110, abs=0.5)
    assert after.rating == sure.rating
    assert glicko2.aged(sure, 1e9).deviation == MAX_DEVIATION


def test_expected() -> None:
    """Glickman's example comes out; two players' add up to 1, and doubt draws them towards even."""
    strong, weak = Rating(1800, 60), Rating(1500, 60)

    assert glicko2.expected(strong, weak) + glicko2.expected(weak, strong) == pytest.approx(1.0)
    assert glicko2.expected(Rating(), Rating()) == 0.5
    assert glicko2.expected(Rating(1400, 80), Rating(1500, 150)) == pytest.approx(0.376, abs=5e-4)
    assert 0.5 < glicko2.expected(strong, Rating(1500, 350)) < 0.8


@given(
    RATINGS,
    st.lists(st.builds(Game, RATINGS, st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=8),
)
@settings(max_examples=300)
def test_other_libraries(player: Rating, games: list[Game]) -> None:
    """Two other implementations give the same: rating and deviation to 1e-3, volatility to 1e-6.

    They stop their iteration at the same width as we do, not at the same point.
    """
    for theirs in (by_glicko2_py(player, games), by_pyglicko2(player, games)):
        ours = glicko2.glicko2(player, games)

        assert ours.rating == pytest.approx(theirs.rating, abs=1e-3)
        assert ours.deviation == pytest.approx(theirs.deviation, abs=1e-3)
        assert ours.volatility == pytest.approx(theirs.volatility, abs=1e-6)


def by_glicko2_py(player: Rating, games: list[Game]) -> Rating:
    """What the package glicko2-py makes of it."""
    mu, phi, sigma = algorithm.update_rating(
        conversions.rating_to_mu(player.rating),
        conversions.rd_to_phi(player.deviation),
        player.volatility,
        [
            (
                conversions.rating_to_mu(game.opponent.rating),
                conversions.rd_to_phi(game.opponent.deviation),
                game.score,
            )
            for game in games
        ],
        glicko2.TAU,
    )
    return Rating(conversions.mu_to_rating(mu), conversions.phi_to_rd(phi), sigma)


def by_pyglicko2(player: Rating, games: list[Game]) -> Rating:
    """What the package pyglicko2 makes of it."""
    with pyglicko2.system(glicko2.TAU):
        theirs = pyglicko2.Player(player.rating, player.deviation, player.volatility)
        theirs.update(
            [pyglicko2.Player(game.opponent.rating, game.opponent.deviation) for game in games],
            [pyglicko2.Outcome(game.score) for game in games],
        )
    return Rating(theirs.r, theirs.RD, theirs.σ)
