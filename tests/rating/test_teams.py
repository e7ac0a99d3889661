"""Plackett-Luce moves teams as Weng and Lin have it."""

from math import exp, sqrt

import pytest

from tremble.rating.rating import Rating
from tremble.rating.teams import plackett_luce


def by_hand(teams: list[list[Rating]], places: list[int]) -> list[list[Rating]]:
    """Algorithm 4 of the paper for teams that all have different places."""
    mus = [sum(p.rating for p in team) for team in teams]
    variances = [sum(p.deviation**2 for p in team) for team in teams]
    c = sqrt(sum(variance + 175.0**2 for variance in variances))
    sums = [
        sum(exp(mus[s] / c) for s in range(len(teams)) if places[s] >= places[q])
        for q in range(len(teams))
    ]
    after = []
    for i, team in enumerate(teams):
        omega = delta = 0.0
        for q in range(len(teams)):
            if places[q] <= places[i]:
                share = exp(mus[i] / c) / sums[q]
                omega += (1.0 if q == i else 0.0) - share
                delta += share * (1.0 - share)
        omega *= variances[i] / c
        delta *= variances[i] / c**2 * sqrt(variances[i]) / c
        after.append(
            [
                Rating(
                    p.rating + p.deviation**2 / variances[i] * omega,
                    p.deviation * sqrt(1.0 - p.deviation**2 / variances[i] * delta),
                )
                for p in team
            ]
        )
    return after


@pytest.mark.parametrize("places", [[1, 2, 3], [3, 1, 2], [2, 3, 1]])
def test_paper(places: list[int]) -> None:
    """Three teams of different sizes come out as the paper's formulas give, whoever wins."""
    teams = [
        [Rating(1500, 350), Rating(1700, 80)],
        [Rating(1600, 100), Rating(1400, 60), Rating(1550, 200)],
        [Rating(2000, 45)],
    ]

    after = plackett_luce(teams, places)

    for team, expected in zip(after, by_hand(teams, places), strict=True):
        for player, wanted in zip(team, expected, strict=True):
            assert player.rating == pytest.approx(wanted.rating, abs=1e-6)
            assert player.deviation == pytest.approx(wanted.deviation, abs=1e-6)


def test_draw_of_equals() -> None:
    """Equal teams that draw stay where they are."""
    after = plackett_luce([[Rating(), Rating()], [Rating(), Rating()]], [1, 1])

    for team in after:
        for player in team:
            assert player.rating == pytest.approx(1500.0, abs=1e-9)
