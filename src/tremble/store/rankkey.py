"""Rank keys: the order of a board as one number, the smaller the further ahead.

    rating   | 0 | established 1 | rating 30 bits | matches 32 bits |     highest of each first
    score    | 0 | value 31 bits                 | seconds 32 bits |     highest value, then earliest

Established players (low deviation, enough matches) are ahead of all others, whose rating is a guess
yet. Equal ratings: more matches first. Equal scores: who reached it first. Then the smaller player
id; so no two players share a rank, and every machine shows the same order.
"""

from collections.abc import Iterable

#: Who is established: the deviation no higher (lichess), the matches no fewer.
MAX_DEVIATION = 75.0
MIN_MATCHES = 12
#: Steps in one rating point: 30 bits reach to 4096, the rating's ceiling is 4000.
STEPS = 1 << 18
#: Scores beyond are ranked as equal to it, either way.
MAX_VALUE = (1 << 30) - 1
LOW = (1 << 32) - 1
HIGH = (1 << 30) - 1
#: Seconds of an instant are counted from 2020-01-01 and last to 2156.
FIRST_SECOND = 1_577_836_800


def established(deviation: float, matches: int) -> bool:
    """Say whether a rating is known well enough to stand ahead of guesses."""
    return deviation <= MAX_DEVIATION and matches >= MIN_MATCHES


def of_rating(rating: float, deviation: float, matches: int) -> int:
    """Return the key of a player on a board that ranks by rating (0.0 to 4096.0)."""
    behind = 0 if established(deviation, matches) else 1
    steps = min(max(int(rating * STEPS), 0), HIGH)
    return behind << 62 | (HIGH - steps) << 32 | (LOW - min(matches, LOW))


def of_value(value: float, at: int) -> int:
    """Return the key of a player who reached *value* at *at* (microseconds since 1970)."""
    whole = min(max(int(value), -MAX_VALUE), MAX_VALUE)
    seconds = min(max(at // 1_000_000 - FIRST_SECOND, 0), LOW)
    return (MAX_VALUE - whole) << 32 | seconds


def points(key: int, scored: bool) -> float:
    """Return the score, or the rating to a STEPS-th of a point, that stands in *key*."""
    if scored:
        return float(MAX_VALUE - (key >> 32))
    return (HIGH - (key >> 32 & HIGH)) / STEPS


def total_points(keys: Iterable[int], scored: bool) -> float:
    """Return the sum of `points` of all *keys*."""
    if scored:
        return float(sum([MAX_VALUE - (key >> 32) for key in keys]))
    return sum([HIGH - (key >> 32 & HIGH) for key in keys]) / STEPS
