"""Glicko-2, match by match: pure arithmetic, so that ratings can be computed again from the log.

Source: M. Glickman, "Example of the Glicko-2 system" (2013), steps 2 to 7, with two additions that
are usual where ratings move after every game: fractional periods (deviation grows with the days
that a player was away) and a weight per game. The order of evaluation is fixed: the same games give
the same bits.
"""

from collections.abc import Sequence
from math import exp, log, pi, sqrt

from tremble.rating.rating import MAX_DEVIATION, Game, Rating

#: Rating points in one unit of the Glicko-2 scale (paper, step 2).
SCALE = 173.7178
#: How fast volatility may change; the paper allows 0.3 to 1.2.
TAU = 0.5
#: Where the iteration for the volatility stops (paper, step 5).
EPSILON = 1e-6
#: It needs 3 to 10 steps; the bound keeps a pathological input from running on.
MAX_STEPS = 100
#: Deviation 60 grows to 110 in about 120 days: aim rusts three times as fast as chess.
PERIODS_PER_DAY = 0.65

MIN_RATING, MAX_RATING = 400.0, 4000.0
MIN_DEVIATION = 45.0
#: Without a ceiling, losing on purpose pumps the volatility and later wins pay too much.
MAX_VOLATILITY = 0.08
#: No match moves a rating further (lichess).
MAX_CHANGE = 700.0


def expected(one: Rating, other: Rating) -> float:
    """Return the score that *one* should make against *other*: 1.0 wins for sure, 0.5 is even.

    The doubt about both draws it towards even (M. Glickman, "The Glicko system", formula 16).
    """
    doubt = sqrt(one.deviation * one.deviation + other.deviation * other.deviation) / SCALE
    return 1.0 / (1.0 + exp(-impact(doubt) * (one.rating - other.rating) / SCALE))


def aged(rating: Rating, periods: float) -> Rating:
    """Return *rating* after *periods* without a game (paper, step 6): only the deviation grows."""
    phi = rating.deviation / SCALE
    deviation = sqrt(phi * phi + periods * rating.volatility * rating.volatility) * SCALE
    return Rating(rating.rating, min(deviation, MAX_DEVIATION), rating.volatility)


def clamped(before: Rating, after: Rating) -> Rating:
    """Return *after* within the bounds of this module."""
    change = bounded(after.rating - before.rating, -MAX_CHANGE, MAX_CHANGE)
    return Rating(
        bounded(before.rating + change, MIN_RATING, MAX_RATING),
        bounded(after.deviation, MIN_DEVIATION, MAX_DEVIATION),
        min(after.volatility, MAX_VOLATILITY),
    )


def bounded(value: float, low: float, high: float) -> float:
    return low if value < low else high if value > high else value


def glicko2(player: Rating, games: Sequence[Game], periods: float = 1.0) -> Rating:
    """Return the rating of *player* after *games* (one at least), as the paper has it: no bounds.

    *periods* is the length of the rating period; the paper's is always 1.
    """
    mu = (player.rating - 1500.0) / SCALE
    phi = player.deviation / SCALE
    information = 0.0
    surprise = 0.0
    for game in games:
        g = impact(game.opponent.deviation / SCALE)
        expected = 1.0 / (1.0 + exp(-g * (mu - (game.opponent.rating - 1500.0) / SCALE)))
        information += game.weight * g * g * expected * (1.0 - expected)
        surprise += game.weight * g * (game.score - expected)
    variance = 1.0 / information
    sigma = volatility(phi, player.volatility, variance, variance * surprise)
    phi_before = sqrt(phi * phi + periods * sigma * sigma)
    phi_after = 1.0 / sqrt(1.0 / (phi_before * phi_before) + information)
    return Rating(
        player.rating + phi_after * phi_after * surprise * SCALE, phi_after * SCALE, sigma
    )


def impact(phi: float) -> float:
    """Return the paper's g: the less is known of an opponent, the less a game against them says."""
    return 1.0 / sqrt(1.0 + 3.0 * phi * phi / (pi * pi))


def volatility(phi: float, sigma: float, variance: float, delta: float) -> float:
    """Return the new volatility: the root of *slope* by the Illinois method (paper, step 5)."""
    alpha = log(sigma * sigma)
    low = alpha
    spread = delta * delta - phi * phi - variance
    if spread > 0.0:
        high = log(spread)
        at_high = slope(high, alpha, phi, variance, delta)
    else:
        high = alpha - TAU
        while (at_high := slope(high, alpha, phi, variance, delta)) < 0.0:
            high -= TAU
    at_low = slope(low, alpha, phi, variance, delta)
    for _ in range(MAX_STEPS):
        if abs(high - low) <= EPSILON:
            break
        middle = low + (low - high) * at_low / (at_high - at_low)
        at_middle = slope(middle, alpha, phi, variance, delta)
        if at_middle * at_high <= 0.0:
            low, at_low = high, at_high
        else:
            at_low /= 2.0
        high, at_high = middle, at_middle
    return exp(low / 2.0)


def slope(x: float, alpha: float, phi: float, variance: float, delta: float) -> float:
    """Return the paper's f(x), whose root is the logarithm of the new variance of skill."""
    grown = exp(x)
    total = phi * phi + variance + grown
    return grown * (delta * delta - total) / (2.0 * total * total) - (x - alpha) / (TAU * TAU)
