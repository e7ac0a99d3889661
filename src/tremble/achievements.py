"""The achievements: one table for client and server. Pure.

An achievement is earned once its measure reaches its goal; measure by goal is the progress that a
player sees. Measures "of one match" are 0 outside of a match, so they show no progress between.
"""

from collections.abc import Callable, Container, Mapping
from operator import attrgetter
from typing import NamedTuple, Protocol

from tremble.facts import MatchFacts

#: Fewer shots than this make no accuracy worth a word (unless the shots were not told).
ENOUGH_SHOTS = 10


class Used(Protocol):
    """What was done with one weapon."""

    @property
    def kills(self) -> int: ...


class Totals(Protocol):
    """A player's sums, as client and server keep them each in their own way."""

    @property
    def wins(self) -> int: ...
    @property
    def kills(self) -> int: ...
    @property
    def best_win_streak(self) -> int: ...
    @property
    def most_damage(self) -> int: ...
    @property
    def playtime_hours(self) -> float: ...
    @property
    def weapons(self) -> Mapping[str, Used]: ...
    @property
    def items(self) -> Mapping[str, int]: ...
    @property
    def maps(self) -> Mapping[str, int]: ...


class Facts(NamedTuple):
    """What a measure looks at; *match* is the one that has just been counted, if any."""

    stats: Totals
    rating: float
    match: MatchFacts | None


Measure = Callable[[Facts], float]


class Achievement(NamedTuple):
    """*hidden*: title and description are shown only once it is earned."""

    id: str
    title: str
    description: str
    measure: Measure
    goal: float
    hidden: bool = False

    def earned(self, facts: Facts) -> bool:
        return self.measure(facts) >= self.goal

    def progress(self, facts: Facts) -> float:
        """Return 0.0 to 1.0."""
        return max(0.0, min(self.measure(facts) / self.goal, 1.0))


class InMatch:
    """The measure of a rule about one match: 1 in a match that fulfils it, else 0."""

    def __init__(self, rule: Callable[[MatchFacts], bool]) -> None:
        self.rule = rule

    def __call__(self, facts: Facts) -> float:
        return 1.0 if facts.match is not None and self.rule(facts.match) else 0.0


class InWin(InMatch):
    """The same of a rule that only a won match can fulfil."""

    def __call__(self, facts: Facts) -> float:
        return super().__call__(facts) if facts.match is not None and facts.match.won else 0.0


class OfSums:
    """The measure of what stands in the totals, which *value* reads."""

    def __init__(self, value: Callable[[Totals], float]) -> None:
        self.value = value

    def __call__(self, facts: Facts) -> float:
        return self.value(facts.stats)


def perfect(match: MatchFacts) -> bool:
    return match.accuracy >= 1.0 and (match.shots == 0 or match.shots >= ENOUGH_SHOTS)


def flawless(match: MatchFacts) -> bool:
    return match.deaths == 0 and match.kills >= 5


def shutout(match: MatchFacts) -> bool:
    best = match.best_other_score
    return best is not None and best <= 0 and match.kills >= 5


def railgunner(match: MatchFacts) -> bool:
    rail = match.weapons.get("railgun")
    return rail is not None and rail.shots >= 20 and rail.hits * 2 >= rail.shots


def arsenal(match: MatchFacts) -> bool:
    return len([weapon for weapon in match.weapons.values() if weapon.kills]) >= 3


def one_weapon(match: MatchFacts) -> bool:
    used = [weapon for weapon in match.weapons.values() if weapon.shots]
    return len(used) == 1


def quick_work(match: MatchFacts) -> bool:
    return match.ended_by == "frag_limit" and 0 < match.playtime_s <= 180


def untouchable(match: MatchFacts) -> bool:
    return match.damage_given >= 1_000 and match.damage_taken <= 200


def pacifist(match: MatchFacts) -> bool:
    # Without weapons the shots were not told.
    return bool(match.weapons) and match.shots == 0 and match.playtime_s >= 60


wins = OfSums(attrgetter("wins"))
kills = OfSums(attrgetter("kills"))
streak = OfSums(attrgetter("best_win_streak"))
hours = OfSums(attrgetter("playtime_hours"))


def kills_with(name: str) -> Measure:
    def value(stats: Totals) -> float:
        used = stats.weapons.get(name)
        return 0 if used is None else used.kills

    return OfSums(value)


def rating(facts: Facts) -> float:
    return facts.rating


ACHIEVEMENTS = (
    Achievement("first_win", "First Win", "Win a match.", wins, 1),
    Achievement("veteran", "Veteran", "Win 10 matches.", wins, 10),
    Achievement("century", "Century", "Score 100 frags.", kills, 100),
    Achievement(
        "sharpshooter", "Sharpshooter", "Hit with every shot of a match.", InMatch(perfect), 1
    ),
    Achievement("champion", "Champion", "Win 100 matches.", wins, 100),
    Achievement("legend", "Legend", "Win 1,000 matches.", wins, 1_000),
    Achievement("millennium", "Millennium", "Score 1,000 frags.", kills, 1_000),
    Achievement("reaper", "Reaper", "Score 10,000 frags.", kills, 10_000),
    Achievement("hat_trick", "Hat Trick", "Win 3 matches in a row.", streak, 3),
    Achievement(
        "unstoppable",
        "Unstoppable",
        "Win 10 matches in a row.",
        streak,
        10,
    ),
    Achievement(
        "flawless", "Flawless", "Win with 5 frags or more and not die once.", InWin(flawless), 1
    ),
    Achievement(
        "shutout", "Shutout", "Win while nobody else scores above zero.", InWin(shutout), 1
    ),
    Achievement(
        "close_call",
        "Close Call",
        "Win by a single frag.",
        InWin(lambda m: m.margin == 1),
        1,
    ),
    Achievement(
        "sudden_death",
        "Sudden Death",
        "Win in overtime.",
        InWin(lambda m: m.ended_by == "overtime"),
        1,
    ),
    Achievement(
        "quick_work",
        "Quick Work",
        "Reach the frag limit first within three minutes.",
        InWin(quick_work),
        1,
    ),
    Achievement(
        "untouchable",
        "Untouchable",
        "Win dealing 1,000 damage and taking 200 at most.",
        InWin(untouchable),
        1,
    ),
    Achievement(
        "heavy_hitter",
        "Heavy Hitter",
        "Deal 3,000 damage in one match.",
        OfSums(attrgetter("most_damage")),
        3_000,
    ),
    Achievement(
        "railgunner",
        "Railgunner",
        "Hit with half of 20 or more rails in one match.",
        InMatch(railgunner),
        1,
    ),
    Achievement(
        "rocket_scientist",
        "Rocket Scientist",
        "Score 250 frags with the rocket launcher.",
        kills_with("rocket_launcher"),
        250,
    ),
    Achievement(
        "lead_rain",
        "Lead Rain",
        "Score 100 frags with the machinegun.",
        kills_with("machinegun"),
        100,
    ),
    Achievement("arsenal", "Arsenal", "Frag with three weapons in one match.", InMatch(arsenal), 1),
    Achievement("purist", "Purist", "Win with shots of a single weapon.", InWin(one_weapon), 1),
    Achievement(
        "collector",
        "Collector",
        "Pick up 1,000 items.",
        OfSums(lambda stats: sum(stats.items.values())),
        1_000,
    ),
    Achievement(
        "cartographer", "Cartographer", "Play on 5 maps.", OfSums(lambda stats: len(stats.maps)), 5
    ),
    Achievement("marathon", "Marathon", "Play for 10 hours.", hours, 10),
    Achievement("devoted", "Devoted", "Play for 100 hours.", hours, 100),
    Achievement("contender", "Contender", "Reach a rating of 1,700.", rating, 1_700),
    Achievement("master", "Master", "Reach a rating of 2,000.", rating, 2_000),
    Achievement(
        "gravity",
        "Gravity",
        "Kill yourself three times in one match.",
        InMatch(lambda m: m.suicides >= 3),
        1,
        hidden=True,
    ),
    Achievement(
        "pacifist",
        "Pacifist",
        "Last a minute of a match without firing a shot.",
        InMatch(pacifist),
        1,
        hidden=True,
    ),
)

BY_ID = {achievement.id: achievement for achievement in ACHIEVEMENTS}
#: Those that look at the rating alone: the record reads them off the rating's history.
BY_RATING = tuple(a for a in ACHIEVEMENTS if a.measure is rating)
#: The rules about one match, and what fulfilling them earns; those for who did not win; the values of
#: sums, and what is earned at which.
RULES = tuple((a.measure.rule, a.id) for a in ACHIEVEMENTS if isinstance(a.measure, InMatch))
RULES_LOST = tuple((a.measure.rule, a.id) for a in ACHIEVEMENTS if type(a.measure) is InMatch)
SUMS: dict[Callable[[Totals], float], list[tuple[float, str]]] = {}
for _one in ACHIEVEMENTS:
    if isinstance(_one.measure, OfSums):
        SUMS.setdefault(_one.measure.value, []).append((_one.goal, _one.id))


def newly_earned(facts: Facts, have: Container[str]) -> list[str]:
    """Return the ids that *facts* earn and that are not in *have*, in the order of the table."""
    return [a.id for a in ACHIEVEMENTS if a.id not in have and a.earned(facts)]


def measured(stats: Totals) -> list[float]:
    """Return each value of sums, for `earned_by`."""
    return [value(stats) for value in SUMS]


def earned_by(match: MatchFacts, before: list[float], after: list[float]) -> list[str]:
    """Return what *match* earns, but by rating: what it brought to its goal, and what it fulfils.

    The same as `newly_earned` without what was earned by sums before, at a fraction of the price.
    """
    rules = RULES if match.won else RULES_LOST
    earned = [name for rule, name in rules if rule(match)]
    if before != after:
        for goals, was, now in zip(SUMS.values(), before, after, strict=True):
            if was != now:
                earned += [name for goal, name in goals if was < goal <= now]
    return earned
