"""A whole match rated at once: who took part, who met whom, and how often they did lately.

each alone   every pair is a Glicko-2 game of weight 1 / (n - 1): a big match is not many matches
teams        Plackett-Luce over the teams

The weight of a pair also falls with every further match of the same two within 24 hours, so that
a friend who loses on purpose is soon worth nothing.
"""

from collections.abc import Sequence, Set
from math import sqrt

from tremble.rating.glicko2 import PERIODS_PER_DAY, aged, clamped, glicko2
from tremble.rating.rating import MAX_DEVIATION, Entrant, Game, Rating
from tremble.rating.teams import plackett_luce

#: For so long two players remember that they met: microseconds.
MEETING_WINDOW = 86_400_000_000
#: So many matches of a pair within that time count in full.
FULL_MEETINGS = 3
#: What a new season adds to the deviation: a nudge, not a reset.
SEASON_DEVIATION = 60.0


def update(entrants: Sequence[Entrant], meetings: Sequence[Sequence[int]]) -> list[Rating]:
    """Return the ratings after one match, in the order of *entrants*.

    *meetings*[i][j] counts the rated matches of i and j in the 24 hours before this one. Days below
    zero count as zero. Where nobody was met, only time goes by.
    """
    periods = [max(entrant.days_away, 0.0) * PERIODS_PER_DAY for entrant in entrants]
    present = [aged(e.rating, p) for e, p in zip(entrants, periods, strict=True)]
    if len(entrants) == 2 and not entrants[0].team:
        return duel(entrants, periods, present, saturation(meetings[0][1]))
    if len(entrants) < 2 or (entrants[0].team and len({e.team for e in entrants}) < 2):
        return present
    if entrants[0].team:
        return by_team(entrants, present, meetings)
    share = 1.0 / (len(entrants) - 1)
    after: list[Rating] = []
    for i, entrant in enumerate(entrants):
        games = [
            Game(present[j], score(entrant.place, other.place), share * saturation(meetings[i][j]))
            for j, other in enumerate(entrants)
            if j != i
        ]
        after.append(clamped(entrant.rating, glicko2(entrant.rating, games, periods[i])))
    return after


def duel(
    entrants: Sequence[Entrant], periods: list[float], present: list[Rating], weight: float
) -> list[Rating]:
    """Return what the general case would for two players who are alone: most matches are that."""
    one, other = entrants
    points = score(one.place, other.place)
    for_one = glicko2(one.rating, (Game(present[1], points, weight),), periods[0])
    for_other = glicko2(other.rating, (Game(present[0], 1.0 - points, weight),), periods[1])
    return [clamped(one.rating, for_one), clamped(other.rating, for_other)]


def by_team(
    entrants: Sequence[Entrant], present: list[Rating], meetings: Sequence[Sequence[int]]
) -> list[Rating]:
    """Return the ratings after a match of teams; who met the same opponents again moves less."""
    teams = sorted({entrant.team for entrant in entrants})
    members = [[i for i, e in enumerate(entrants) if e.team == team] for team in teams]
    moved = plackett_luce(
        [[present[i] for i in team] for team in members], [entrants[t[0]].place for t in members]
    )
    after = list(present)
    for team, ratings in zip(members, moved, strict=True):
        for i, new in zip(team, ratings, strict=True):
            met = [saturation(meetings[i][j]) for j in range(len(entrants)) if j not in team]
            after[i] = clamped(entrants[i].rating, part_way(present[i], new, sum(met) / len(met)))
    return after


def part_way(before: Rating, after: Rating, weight: float) -> Rating:
    """Return the rating that lies *weight* (0.0 to 1.0) of the way from *before* to *after*."""
    variance = before.deviation * before.deviation
    variance += weight * (after.deviation * after.deviation - variance)
    return Rating(
        before.rating + weight * (after.rating - before.rating), sqrt(variance), before.volatility
    )


def meetings(lately: Sequence[Set[str]]) -> list[list[int]]:
    """Return how often each two met, given the ids of the matches that each played lately."""
    table = [[0] * len(lately) for _ in lately]
    for i, mine in enumerate(lately):
        if mine:
            for j in range(i):
                table[i][j] = table[j][i] = len(mine & lately[j])
    return table


def score(mine: int, theirs: int) -> float:
    """Return what a place is worth against another: 1.0, 0.5 or 0.0."""
    return 1.0 if mine < theirs else 0.5 if mine == theirs else 0.0


def saturation(meetings: int) -> float:
    """Return the weight of a pair's match after *meetings* of theirs: 1 / (1 + max(0, k - 3))."""
    return 1.0 / (1 + max(0, meetings + 1 - FULL_MEETINGS))


def new_season(rating: Rating) -> Rating:
    """Return *rating* as a new season begins with it: as high, a little less sure."""
    deviation = sqrt(rating.deviation * rating.deviation + SEASON_DEVIATION * SEASON_DEVIATION)
    return Rating(rating.rating, min(deviation, MAX_DEVIATION), rating.volatility)
