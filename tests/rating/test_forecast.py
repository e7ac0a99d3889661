"""Forecasts are made before the result is known, fitted alike, and measured as stated."""

import random
from datetime import date, timedelta
from math import log

import pytest

from tremble.rating import forecast
from tremble.rating.forecast import Contest

DAY = date(2026, 1, 1)


def league(count: int) -> list[Contest]:
    """Twelve sides of fixed strength, a contest a day, home worth 60 points."""
    rng = random.Random(3)
    skill = {f"side {n}": rng.gauss(0.0, 250.0) for n in range(12)}
    found = []
    for number in range(count):
        home, away = rng.sample(sorted(skill), 2)
        share = 1.0 / (1.0 + 10.0 ** ((skill[away] - skill[home] - 60.0) / 400.0))
        score = 1.0 if rng.random() < share else 0.0
        found.append(Contest(DAY + timedelta(days=number), home, away, score))
    return found


def nothing() -> None:
    """Called after each pass."""


def test_quality() -> None:
    """Log loss and accuracy are those of the definition; a draw is half."""
    contests = [Contest(DAY, "a", "b", score) for score in (1.0, 0.0, 0.5, 1.0)]

    found = forecast.quality(contests, [0.8, 0.6, 0.9, 0.5])

    loss = -(log(0.8) + log(0.4) + (log(0.9) + log(0.1)) / 2 + log(0.5)) / 4
    assert found.log_loss == pytest.approx(loss)
    assert found.accuracy == (1.0 + 0.0 + 0.5 + 0.5) / 4


def test_certain_and_wrong() -> None:
    """A forecast of certainty that fails costs much, not without bound."""
    found = forecast.quality([Contest(DAY, "a", "b", 0.0)], [1.0])

    assert found.log_loss == pytest.approx(-log(forecast.SUREST))


@pytest.mark.parametrize("system", [forecast.glicko, forecast.elo])
def test_no_peeking(system: forecast.System) -> None:
    """What is foretold of a contest does not depend on its result, nor on those after it."""
    contests = league(60)
    otherwise = contests[:30] + [
        Contest(c.on, c.home, c.away, 1.0 - c.score) for c in contests[30:]
    ]

    here, there = system(contests, 20.0, 50.0), system(otherwise, 20.0, 50.0)

    assert here[:31] == there[:31]
    assert here[31:] != there[31:]


@pytest.mark.parametrize("system", [forecast.glicko, forecast.elo])
def test_strangers(system: forecast.System) -> None:
    """Of two sides never seen, the home side is favoured by its advantage alone."""
    contest = [Contest(DAY, "a", "b", 0.0)]

    assert system(contest, 20.0, 0.0) == [0.5]
    assert system(contest, 20.0, 80.0)[0] > 0.5


def test_elo_by_hand() -> None:
    """One Elo update is the textbook's."""
    contests = [Contest(DAY, "a", "b", 1.0), Contest(DAY, "a", "b", 1.0)]

    _, second = forecast.elo(contests, 40.0, 0.0)

    assert second == pytest.approx(1.0 / (1.0 + 10.0 ** (-40.0 / 400.0)))


def test_compare() -> None:
    """On a league of known strengths both find the advantage of home, and beat a coin."""
    contests = league(1500)
    passes = []

    found = forecast.compare(contests, contests[1000].on, lambda: passes.append(1))

    assert (found.matches, found.holdout) == (1500, 500)
    assert found.log_loss < 0.62 and found.elo_log_loss < 0.62
    assert 0.0 < found.home_advantage < 150.0
    assert 0.0 < found.elo_home_advantage < 150.0
    assert passes


def test_holdout_is_not_fitted() -> None:
    """What is fitted depends on nothing in the hold-out."""
    contests = league(300)
    otherwise = contests[:200] + [
        Contest(c.on, c.home, c.away, 1.0 - c.score) for c in contests[200:]
    ]

    here = forecast.compare(contests, contests[200].on, nothing)
    there = forecast.compare(otherwise, contests[200].on, nothing)

    fitted = ("periods_per_day", "home_advantage", "elo_k", "elo_home_advantage")
    assert all(getattr(here, name) == getattr(there, name) for name in fitted)
    assert here.log_loss != there.log_loss
