"""Makers of match results: one by hand, many by Hypothesis."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tremble.result import MatchResult, PlayerLine, PlayerTelemetry, Telemetry, WeaponLine

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def player_id(number: int) -> str:
    return f"{number:016x}"


def match_id(number: int) -> str:
    return f"{number:032x}"


def line(number: int, place: int, **fields: Any) -> PlayerLine:
    """Return the line of player *number*; the winner has 10 kills, the others 5."""
    kills = 10 if place == 1 else 5
    known: dict[str, Any] = {
        "name": f"player {number}",
        "bot": False,
        "won": place == 1,
        "score": kills,
        "kills": kills,
        "deaths": 15 - kills,
        "weapons": {"rail": WeaponLine(shots=20, hits=kills, damage=80 * kills, kills=kills)},
        "items": {"mega": 2},
        "playtime_s": 300.0,
    }
    return PlayerLine(player_id=player_id(number), place=place, **{**known, **fields})


def result(number: int, *players: PlayerLine, after_s: float = 0, **fields: Any) -> MatchResult:
    """Return match *number*, started *after_s* after START; without *players* 1 beats 2."""
    start = START + timedelta(seconds=after_s)
    known: dict[str, Any] = {
        "server_id": "5" * 16,
        "mode": "duel",
        "map": "pit",
        "started_at": start,
        "ended_at": start + timedelta(seconds=300),
        "duration_s": 300.0,
        "ended_by": "frag_limit",
        "players": list(players) or [line(1, 1), line(2, 2)],
    }
    return MatchResult(match_id=match_id(number), **{**known, **fields})


@st.composite
def results(draw: st.DrawFn, numbers: st.SearchStrategy[int]) -> MatchResult:
    """Results of few players on two boards, among them draws, bots and free-for-alls."""
    who = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4, unique=True))
    drawn = len(who) > 1 and draw(st.booleans())
    places = [1 if drawn and i < 2 else i + 1 for i in range(len(who))]
    lines = [
        line(
            number,
            place,
            name=draw(st.sampled_from(["anna", "bert", "<b>", "Ω"])),
            bot=number == 6,
            won=place == 1 and not drawn,
            kills=draw(st.integers(0, 30)),
        )
        for number, place in zip(who, places, strict=True)
    ]
    after_s = draw(st.integers(0, 90 * 86400))
    return result(draw(numbers), *lines, after_s=after_s)


#: A list of results with different ids.
histories = st.lists(
    results(st.integers(0, 2**64)), min_size=1, max_size=8, unique_by=lambda r: r.match_id
)


def telemetry(players: int, **fields: Any) -> Telemetry:
    """Return the telemetry of a match of *players*: 0 kills 1, and takes an item."""
    known: dict[str, Any] = {
        "version": 1,
        "tick_rate": 60,
        "players": [PlayerTelemetry(0, -1, 4.5, i, 20 + i, 0.01) for i in range(players)],
        "region": "europe",
        "cpu_s": 1.25,
        "crashes": 0,
        "weapons": ["machinegun", "railgun"],
        "kills": [(600, 0, 1, 1, -64, 128, 24, 512, 0, 24)] if players > 1 else [],
        "item_names": ["health", "armour_body"],
        "pickups": [(700, 0, 1)],
        "sample_ticks": 60,
        "samples": [(60, i, 100 * i, -200, 24) for i in range(players)],
    }
    return Telemetry(**{**known, **fields})


@st.composite
def telemetries(draw: st.DrawFn, players: int = 2) -> Telemetry:
    """Telemetry of *players* with rows of any values that they may have."""
    tick, unit = st.integers(0, 2**31 - 1), st.integers(-1_000_000, 1_000_000)
    player, item = st.integers(0, players - 1), st.integers(0, 1)
    place = [unit] * 3
    kill = st.tuples(tick, st.integers(-1, players - 1), player, st.integers(-1, 1), *place, *place)
    return telemetry(
        players,
        kills=draw(st.lists(kill, max_size=5)),
        pickups=draw(st.lists(st.tuples(tick, player, item), max_size=5)),
        samples=draw(st.lists(st.tuples(tick, player, *place), max_size=5)),
        truncated=draw(st.booleans()),
    )


def played(number: int, score: int, after_s: float, level: str = "pit") -> MatchResult:
    """Return a match in which player 1 scores *score*, and wins if that is over 10."""
    first, second = (1, 2) if score > 10 else (2, 1)
    return result(
        number,
        line(1, first, score=score, kills=score, deaths=number),
        line(2, second, score=10),
        after_s=after_s,
        map=level,
    )
