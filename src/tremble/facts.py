"""What one match says about one player: the input of stats and achievements. Pure."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from tremble.errors import TrembleError
from tremble.result import MatchResult, PlayerLine, WeaponLine

Outcome = Literal["win", "loss", "draw"]


class BadMatch(TrembleError, ValueError):
    """The match cannot be counted; the message says which value is wrong and what is allowed."""


class MatchFacts(NamedTuple):
    """One match of one player.

    *shots* 0 with a known *accuracy* means that the shots were not told. *margin* is the player's
    score above the best other's, None if nobody else played or the scores are not known.
    """

    outcome: Outcome
    kills: int
    deaths: int
    accuracy: float
    shots: int = 0
    hits: int = 0
    suicides: int = 0
    damage_given: int = 0
    damage_taken: int = 0
    playtime_s: float = 0.0
    match_id: str = ""
    map: str = ""
    ended_by: str = ""
    best_other_score: int | None = None
    margin: int | None = None
    weapons: dict[str, WeaponLine] = {}  # noqa: RUF012 - never changed
    items: dict[str, int] = {}  # noqa: RUF012 - never changed

    @property
    def won(self) -> bool:
        return self.outcome == "win"


def line_of(result: MatchResult, player_id: str) -> PlayerLine:
    """Return the line of *player_id*; raise BadMatch if the player was not there."""
    for line in result.players:
        if line.player_id == player_id:
            return line
    raise BadMatch(f"player {player_id!r} did not play match {result.match_id}")


def outcome_of(result: MatchResult, line: PlayerLine) -> Outcome:
    """Return "win", "loss", or "draw" if nobody won."""
    if line.won:
        return "win"
    return "loss" if any(p.won for p in result.players) else "draw"


def facts_of(result: MatchResult, player_id: str) -> MatchFacts:
    """Return what *result* says about *player_id*."""
    line = line_of(result, player_id)
    others = [p.score for p in result.players if p is not line]
    outcome = outcome_of(result, line)
    return facts_of_line(result, line, outcome, max(others, default=None), line.aim)


def facts_of_all(result: MatchResult, aims: Sequence[tuple[int, int]]) -> list[MatchFacts]:
    """Return what *result* says about each of its players, whose `aim` stands in *aims*."""
    lines = result.players
    lost: Outcome = "loss" if any(line.won for line in lines) else "draw"
    best: list[int | None] = [*sorted((line.score for line in lines), reverse=True)[:2], None]
    return [
        facts_of_line(
            result, line, "win" if line.won else lost, best[1 if line.score == best[0] else 0], aim
        )
        for line, aim in zip(lines, aims, strict=True)
    ]


def facts_of_line(
    result: MatchResult,
    line: PlayerLine,
    outcome: Outcome,
    best: int | None,
    aim: tuple[int, int],
) -> MatchFacts:
    """Return what *line* says; *best* is the best score of the others, None if there are none."""
    shots, hits = aim
    return MatchFacts(
        outcome=outcome,
        kills=line.kills,
        deaths=line.deaths,
        accuracy=min(hits / shots, 1.0) if shots else 0.0,
        shots=shots,
        # A rocket may hit two players; accuracy is capped at 1, and so are the hits.
        hits=min(hits, shots),
        suicides=line.suicides,
        damage_given=line.damage_given,
        damage_taken=line.damage_taken,
        playtime_s=line.playtime_s,
        match_id=result.match_id,
        map=result.map,
        ended_by=result.ended_by,
        best_other_score=best,
        margin=None if best is None else line.score - best,
        weapons=line.weapons,
        items=line.items,
    )


def simple_facts(
    won: bool, kills: int, deaths: int, accuracy: float, shots: int, playtime_s: float
) -> MatchFacts:
    """Return the facts of a match of which little is told; raise BadMatch for wild values."""
    for name, count in (("kills", kills), ("deaths", deaths), ("shots", shots)):
        if count < 0:
            raise BadMatch(f"{name} is {count}: 0 or more is allowed")
    if not 0.0 <= accuracy <= 1.0:
        raise BadMatch(f"accuracy is {accuracy}: 0.0 to 1.0 is allowed (hits by shots)")
    if not 0.0 <= playtime_s < math.inf:
        raise BadMatch(f"playtime_s is {playtime_s}: seconds, 0 or more, are allowed")
    return MatchFacts(
        outcome="win" if won else "loss",
        kills=kills,
        deaths=deaths,
        accuracy=accuracy,
        shots=shots,
        hits=round(accuracy * shots),
        playtime_s=playtime_s,
    )
