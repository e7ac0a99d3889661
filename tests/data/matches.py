"""Match results to count: one that says what it needs, the rest filled in."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tremble.result import EndedBy, MatchResult, PlayerLine, WeaponLine

ME = "00000000000000aa"
OTHER = "00000000000000bb"
START = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def result(
    number: int = 1,
    won: bool = True,
    other_won: bool | None = None,
    ended_by: EndedBy = "frag_limit",
    other_score: int = 5,
    **mine: Any,
) -> MatchResult:
    """Return match *number* of ME against OTHER; *mine* are fields of ME's line."""
    line: dict[str, Any] = {"score": 10, "kills": 10, "deaths": 5, "playtime_s": 300.0, **mine}
    return MatchResult(
        match_id=f"{number:032x}",
        server_id="00000000000000cc",
        mode="duel",
        map="arena_01",
        started_at=START + timedelta(minutes=number),
        ended_at=START + timedelta(minutes=number + 5),
        duration_s=300.0,
        ended_by=ended_by,
        players=[
            PlayerLine(player_id=ME, name="me", bot=False, place=1, won=won, **line),
            PlayerLine(
                player_id=OTHER,
                name="other",
                bot=False,
                place=2,
                won=not won if other_won is None else other_won,
                score=other_score,
                kills=5,
                deaths=10,
            ),
        ],
    )


def rail(shots: int, hits: int, kills: int = 0) -> dict[str, WeaponLine]:
    return {"railgun": WeaponLine(shots=shots, hits=hits, damage=hits * 80, kills=kills)}
