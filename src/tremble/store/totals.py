"""Totals: what a player did on one board, added up match by match. Pure.

All but the streak is the same in whatever order matches are added; whole numbers alone, so to the bit.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, field, structs

from tremble.facts import MatchFacts
from tremble.result import WeaponLine

#: What is added up, and of what the greatest is kept.
SUMS = (
    "matches", "wins", "losses", "draws", "kills", "deaths", "suicides", "shots", "hits",
    "damage_given", "damage_taken", "playtime_ms",
)  # fmt: skip
BESTS = ("best_win_streak", "most_kills", "most_damage")


class Weapon(Struct, frozen=True, gc=False):
    """What was done with one weapon."""

    shots: int = 0
    hits: int = 0
    damage: int = 0
    kills: int = 0


UNUSED = Weapon()


class Totals(Struct):
    """*win_streak* is the wins since the last match that was not won; times in milliseconds."""

    matches: int = 0
    wins: int = 0
    losses: int = 0
    draws: int = 0
    kills: int = 0
    deaths: int = 0
    suicides: int = 0
    shots: int = 0
    hits: int = 0
    damage_given: int = 0
    damage_taken: int = 0
    playtime_ms: int = 0
    win_streak: int = 0
    best_win_streak: int = 0
    most_kills: int = 0
    most_damage: int = 0
    weapons: dict[str, Weapon] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)
    maps: dict[str, int] = field(default_factory=dict)

    @property
    def playtime_hours(self) -> float:
        return self.playtime_ms / 3_600_000


def count(totals: Totals, match: MatchFacts) -> None:
    """Add *match*, which ended after all that were added before."""
    totals.matches += 1
    totals.wins += match.outcome == "win"
    totals.losses += match.outcome == "loss"
    totals.draws += match.outcome == "draw"
    totals.kills += match.kills
    totals.deaths += match.deaths
    totals.suicides += match.suicides
    totals.shots += match.shots
    totals.hits += match.hits
    totals.damage_given += match.damage_given
    totals.damage_taken += match.damage_taken
    totals.playtime_ms += round(match.playtime_s * 1000)
    totals.win_streak = totals.win_streak + 1 if match.won else 0
    if totals.win_streak > totals.best_win_streak:
        totals.best_win_streak = totals.win_streak
    if match.kills > totals.most_kills:
        totals.most_kills = match.kills
    if match.damage_given > totals.most_damage:
        totals.most_damage = match.damage_given
    add_weapons(totals.weapons, match.weapons)
    add_counts(totals.items, match.items)
    add_counts(totals.maps, {match.map: 1})


def add_weapons(total: dict[str, Weapon], used: Mapping[str, Weapon | WeaponLine]) -> None:
    """Add what was done with each weapon."""
    for name, line in used.items():
        before = total.get(name, UNUSED)
        total[name] = Weapon(
            before.shots + line.shots,
            before.hits + line.hits,
            before.damage + line.damage,
            before.kills + line.kills,
        )


def add_counts(total: dict[str, int], more: Mapping[str, int]) -> None:
    for name, number in more.items():
        total[name] = total.get(name, 0) + number


def together(some: Sequence[Totals]) -> Totals:
    """Return the totals of several boards as one: streaks and bests are the greatest of any."""
    if len(some) == 1:
        return some[0]
    values: dict[str, Any] = {name: sum(getattr(totals, name) for totals in some) for name in SUMS}
    for name in BESTS:
        values[name] = max((getattr(totals, name) for totals in some), default=0)
    found = structs.replace(Totals(), **values)
    for totals in some:
        add_weapons(found.weapons, totals.weapons)
        add_counts(found.items, totals.items)
        add_counts(found.maps, totals.maps)
    return found
