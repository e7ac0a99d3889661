"""Made-up months of matches, the same for the same seed: for tests and benches of the analytics."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from msgspec import Struct

from tremble.result import (
    EndedBy,
    KillRow,
    MatchResult,
    PickupRow,
    PlayerLine,
    PlayerTelemetry,
    SampleRow,
    Telemetry,
    WeaponLine,
)

TICK_RATE = 60
MAPS = ("arena_01", "pit", "tower")
REGIONS = ("eu-west", "us-east", "")
WEAPONS = ("machinegun", "railgun", "rocket_launcher")
ITEMS = ("mega", "red_armour", "shells")
ENDS: tuple[EndedBy, ...] = ("frag_limit", "time_limit", "overtime", "forfeit")
#: Players are within so many units of the middle.
REACH = 850


class Months(Struct, frozen=True):
    """What is played: *matches* a day on average for *days* days from *start*, by *people* of whom new ones
    come all the time. A match with telemetry has rows as *kills*, *pickups* and *samples* say.
    """

    start: datetime
    days: int
    matches: int = 8
    people: int = 40
    kills: int = 12
    pickups: int = 10
    samples: int = 20


def results(months: Months, seed: int) -> Iterator[MatchResult]:
    """Yield the matches in order of their start; one in five has no telemetry."""
    random = Random(seed)
    for day in range(months.days):
        midnight = months.start + timedelta(days=day)
        starts = sorted(random.uniform(0, 86400) for _ in range(amount(random, months.matches)))
        # Who is known by then; the first of them play the most.
        known = max(8, months.people * (day + 10) // (months.days + 10))
        for start in starts:
            yield one(random, months, midnight + timedelta(seconds=round(start, 3)), known)


def one(random: Random, months: Months, start: datetime, known: int) -> MatchResult:
    """Return a match that began at *start*, of people among the first *known*."""
    duel = random.random() < 0.6
    who: list[int] = []
    for number in (int(known * random.random() ** 2) for _ in range(2 if duel else 6)):
        if number not in who:
            who.append(number)
    while len(who) < 2:
        who.append(who[-1] + 1)
    duration = round(random.uniform(60, 600), 3)
    lines = scoreboard(random, who, duration)
    return MatchResult(
        match_id=f"{random.getrandbits(128):032x}",
        server_id="5" * 16,
        mode="duel" if len(lines) == 2 else "ffa",
        map=random.choice(MAPS),
        started_at=start,
        ended_at=start + timedelta(seconds=duration),
        duration_s=duration,
        ended_by=random.choice(ENDS),
        players=lines,
        telemetry=telemetry(random, months, lines, duration) if random.random() < 0.8 else None,
    )


def scoreboard(random: Random, who: list[int], duration: float) -> list[PlayerLine]:
    """Return the lines of these players, in order of place; every ninth player is a bot."""
    # Lower numbers play better, so that ratings come to mean something.
    scores = sorted(
        ((random.randint(0, 12) - number // 12, number) for number in who), reverse=True
    )
    best = scores[0][0]
    drawn = sum(score == best for score, _ in scores) > 1
    lines = []
    for score, number in scores:
        place = 1 + sum(other > score for other, _ in scores)
        left = place > 1 and random.random() < 0.1
        lines.append(
            PlayerLine(
                player_id=f"{number:016x}",
                name=f"player {number}",
                bot=number % 9 == 8,
                place=place,
                won=place == 1 and not drawn,
                score=score,
                kills=random.randint(0, 20),
                deaths=random.randint(0, 20),
                damage_given=random.randint(0, 3000),
                damage_taken=random.randint(0, 3000),
                weapons={name: weapon(random) for name in WEAPONS if random.random() < 0.7},
                items={name: random.randint(1, 6) for name in ITEMS if random.random() < 0.7},
                playtime_s=round(duration * random.random(), 3) if left else duration,
                left=left,
            )
        )
    return lines


def weapon(random: Random) -> WeaponLine:
    shots = random.randint(0, 200)
    hits = random.randint(0, shots)
    return WeaponLine(shots, hits, hits * random.randint(5, 80), hits // 20)


def telemetry(
    random: Random, months: Months, lines: list[PlayerLine], duration: float
) -> Telemetry:
    """Return what happened in a match of these *lines*."""
    count, last = len(lines), int(duration * TICK_RATE)
    return Telemetry(
        version=1,
        tick_rate=TICK_RATE,
        players=[seen(random, line) for line in lines],
        region=random.choice(REGIONS),
        cpu_s=round(duration * count / 1000 * random.uniform(0.5, 2), 4),
        crashes=int(random.random() < 0.03),
        weapons=list(WEAPONS),
        kills=[kill(random, count, last) for _ in range(amount(random, months.kills))],
        item_names=list(ITEMS),
        pickups=[pickup(random, count, last) for _ in range(amount(random, months.pickups))],
        sample_ticks=TICK_RATE,
        samples=[sample(random, count, last) for _ in range(amount(random, months.samples))],
    )


def seen(random: Random, line: PlayerLine) -> PlayerTelemetry:
    return PlayerTelemetry(
        joined_tick=1,
        left_tick=int(line.playtime_s * TICK_RATE) if line.left else -1,
        waited_s=round(random.expovariate(1 / 30), 2),
        spawn=random.randint(-1, 5),
        ping_ms=random.randint(8, 180),
        loss=round(random.random() ** 4 / 5, 4),
    )


def kill(random: Random, count: int, last: int) -> KillRow:
    victim = random.randrange(count)
    killer = random.randint(-1, count - 1)
    weapon = -1 if killer in (-1, victim) else random.randrange(len(WEAPONS))
    x, y, z = place(random)
    there = place(random)
    return random.randint(1, last), killer, victim, weapon, x, y, z, *there


def pickup(random: Random, count: int, last: int) -> PickupRow:
    return random.randint(1, last), random.randrange(count), random.randrange(len(ITEMS))


def sample(random: Random, count: int, last: int) -> SampleRow:
    x, y, z = place(random)
    return random.randint(1, last), random.randrange(count), x, y, z


def place(random: Random) -> tuple[int, int, int]:
    """Return a place; the nearer the middle, the more often."""
    x, y = random.gauss(0, REACH / 2.5), random.gauss(0, REACH / 2.5)
    bounded = [int(max(-REACH, min(REACH, value))) for value in (x, y)]
    return bounded[0], bounded[1], random.choice((24, 152, 280))


def amount(random: Random, mean: int) -> int:
    """Return a number about *mean*."""
    return random.randint(mean // 2, mean + mean // 2)
