"""Matches of teams: Plackett-Luce, by openskill.

Source: R. Weng and C.-J. Lin, "A Bayesian Approximation Method for Online Ranking" (2011). Its
scale is ours: mean 1500, deviation 350, and half of that between two performances of one player.
"""

from collections.abc import Sequence

from openskill.models import PlackettLuce

from tremble.rating.rating import MAX_DEVIATION, Rating

#: Deviation grows with the days away, as in duels; so none is added for each match (tau).
MODEL = PlackettLuce(mu=1500.0, sigma=MAX_DEVIATION, beta=MAX_DEVIATION / 2.0, tau=0.0)


def plackett_luce(teams: Sequence[Sequence[Rating]], places: Sequence[int]) -> list[list[Rating]]:
    """Return the ratings of each team's players after a match; *places* are the teams'.

    Volatility stays: the model has none.
    """
    before = [
        [MODEL.rating(mu=player.rating, sigma=player.deviation) for player in team]
        for team in teams
    ]
    after = MODEL.rate(before, ranks=[float(place) for place in places])
    return [
        [
            Rating(float(new.mu), float(new.sigma), player.volatility)
            for player, new in zip(team, moved, strict=True)
        ]
        for team, moved in zip(teams, after, strict=True)
    ]
