"""Forecast: how well ratings foretell results that they have not seen, Glicko-2 beside Elo.

Contests are taken in order of date. Each is first foretold, then rated. Both systems are fitted to
what lies before the hold-out, with the same freedom: how far results move a rating, and what
playing at home is worth. The measure is the logarithmic loss of the expected score, where a draw is
half a win; lower is better, log(2) = 0.693 is what a coin foretells.
"""

from collections.abc import Callable, Sequence
from datetime import date
from math import log

from msgspec import Struct

from tremble.rating.glicko2 import aged, clamped, expected, glicko2
from tremble.rating.rating import Game, Rating

#: What is tried for Elo: points a game can move, points that the home side is better by.
ELO_START, ELO_STEPS = (30.0, 80.0), (15.0, 40.0)
#: For Glicko-2: periods in a day, points that the home side is better by.
GLICKO_START, GLICKO_STEPS = (0.05, 80.0), (0.025, 40.0)
#: How far the search goes: so many times the first parameter's start, so many points for home.
FURTHEST, FURTHEST_HOME = 10.0, 1000.0
#: How often the steps are halved.
HALVINGS = 3
#: No forecast is surer than this, so that no single surprise costs without bound.
SUREST = 1e-6


class Contest(Struct, frozen=True):
    """One result: *score* is that of the home side, 1.0 won, 0.5 drawn, 0.0 lost."""

    on: date
    home: str
    away: str
    score: float


class Quality(Struct, frozen=True):
    """How good forecasts were; *accuracy* is how often the likelier side won, a draw half."""

    log_loss: float
    accuracy: float


class Forecast(Struct, frozen=True):
    """The outcome of a comparison: quality on the hold-out, and what was fitted before it.

    *elo_k* is in points a game, *periods_per_day* of Glicko-2, the advantages of home in points.
    """

    matches: int
    holdout: int
    log_loss: float
    elo_log_loss: float
    accuracy: float
    elo_accuracy: float
    periods_per_day: float
    home_advantage: float
    elo_k: float
    elo_home_advantage: float


#: Foretells all contests with two parameters: the expected scores of the home sides.
System = Callable[[Sequence[Contest], float, float], list[float]]


def compare(contests: Sequence[Contest], since: date, on_pass: Callable[[], None]) -> Forecast:
    """Fit Glicko-2 and Elo to what lies before *since*, and measure both on the rest.

    *contests* are in order of date, with some on both sides of *since*. *on_pass* is called after
    each pass over the contests.
    """
    fitting = sum(contest.on < since for contest in contests)
    seen = contests[:fitting]
    speed, home = fit(glicko, seen, (GLICKO_START, GLICKO_STEPS), on_pass)
    elo_k, elo_home = fit(elo, seen, (ELO_START, ELO_STEPS), on_pass)
    ours = quality(contests[fitting:], glicko(contests, speed, home)[fitting:])
    on_pass()
    theirs = quality(contests[fitting:], elo(contests, elo_k, elo_home)[fitting:])
    on_pass()
    return Forecast(
        matches=len(contests),
        holdout=len(contests) - fitting,
        log_loss=ours.log_loss,
        elo_log_loss=theirs.log_loss,
        accuracy=ours.accuracy,
        elo_accuracy=theirs.accuracy,
        periods_per_day=speed,
        home_advantage=home,
        elo_k=elo_k,
        elo_home_advantage=elo_home,
    )


def fit(
    system: System,
    contests: Sequence[Contest],
    search: tuple[tuple[float, float], tuple[float, float]],
    on_pass: Callable[[], None],
) -> tuple[float, float]:
    """Return the two parameters of *system* with the least loss on the later half of *contests*.

    From a start, steps are taken in each direction while that helps, then halved. The earlier half
    is there to tell the players apart.
    """
    (first, second), (step, other_step) = search
    half, most = len(contests) // 2, FURTHEST * first

    def loss(a: float, b: float) -> float:
        on_pass()
        return quality(contests[half:], system(contests, a, b)[half:]).log_loss

    best = loss(first, second)
    for _ in range(HALVINGS + 1):
        better = True
        while better:
            better = False
            for a, b in ((step, 0.0), (-step, 0.0), (0.0, other_step), (0.0, -other_step)):
                one, other = first + a, second + b
                if not 0.0 < one <= most or abs(other) > FURTHEST_HOME:
                    continue
                if (found := loss(one, other)) < best:
                    best, first, second, better = found, one, other, True
        step, other_step = step / 2.0, other_step / 2.0
    return first, second


def glicko(contests: Sequence[Contest], periods_per_day: float, home: float) -> list[float]:
    """Foretell *contests* by Glicko-2: the home side plays as if rated *home* points higher."""
    ratings: dict[str, Rating] = {}
    last: dict[str, date] = {}
    foretold: list[float] = []
    for contest in contests:
        before: list[Rating] = []
        periods: list[float] = []
        for name in (contest.home, contest.away):
            days = (contest.on - last.get(name, contest.on)).days
            last[name] = contest.on
            before.append(ratings.get(name) or Rating())
            periods.append(days * periods_per_day)
        host, guest = aged(before[0], periods[0]), aged(before[1], periods[1])
        raised, lowered = moved(host, home), moved(guest, -home)
        foretold.append(expected(raised, guest))
        for_host = glicko2(before[0], (Game(lowered, contest.score),), periods[0])
        for_guest = glicko2(before[1], (Game(raised, 1.0 - contest.score),), periods[1])
        ratings[contest.home] = clamped(before[0], for_host)
        ratings[contest.away] = clamped(before[1], for_guest)
    return foretold


def moved(rating: Rating, points: float) -> Rating:
    """Return *rating*, *points* higher."""
    return Rating(rating.rating + points, rating.deviation, rating.volatility)


def elo(contests: Sequence[Contest], k: float, home: float) -> list[float]:
    """Foretell *contests* by Elo: a game moves both by at most *k* points."""
    ratings: dict[str, float] = {}
    foretold: list[float] = []
    for contest in contests:
        host, guest = ratings.get(contest.home, 1500.0), ratings.get(contest.away, 1500.0)
        share = 1.0 / (1.0 + 10.0 ** ((guest - host - home) / 400.0))
        foretold.append(share)
        change = k * (contest.score - share)
        ratings[contest.home] = host + change
        ratings[contest.away] = guest - change
    return foretold


def quality(contests: Sequence[Contest], foretold: Sequence[float]) -> Quality:
    """Return how good the forecasts of *contests* (one at least) were."""
    loss = right = 0.0
    for contest, share in zip(contests, foretold, strict=True):
        share = min(max(share, SUREST), 1.0 - SUREST)
        loss -= contest.score * log(share) + (1.0 - contest.score) * log(1.0 - share)
        right += contest.score if share > 0.5 else 1.0 - contest.score if share < 0.5 else 0.5
    return Quality(loss / len(contests), right / len(contests))
