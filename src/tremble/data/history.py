"""The match history: newest first, each match once, capped, read page by page."""

from typing import NamedTuple

from blinker import Signal

from tremble.data import documents
from tremble.data.documents import DataType, PlayedMatch
from tremble.data.facts import line_of, outcome_of
from tremble.data.manager import DataManager
from tremble.result import MatchResult

#: Matches kept; a played match takes about 400 bytes.
MAX_MATCHES = 500


class Page(NamedTuple):
    """One page; *page* counts from 1, *pages* is 1 even when there are no matches."""

    matches: list[PlayedMatch]
    page: int
    pages: int
    total: int


class MatchHistoryManager:
    """The matches of the player who plays here. Signal: `match_added(match)`."""

    def __init__(self, data_manager: DataManager) -> None:
        self.data_manager = data_manager
        self.match_added = Signal("match_added(match)")
        self.history = data_manager.load_data(DataType.MATCH_HISTORY)

    def add_result(
        self, result: MatchResult, player_id: str, rating_change: float | None = None
    ) -> bool:
        """Add *result* as *player_id* saw it; a match that is there already gets the new values.

        False if it could not be saved. Raises BadMatch if the player was not in the match.
        """
        match = played_match(result, player_id, rating_change)
        rest = [m for m in self.history.matches if m.match_id != match.match_id]
        # Results may arrive late, so the place is by time; of equal times the new one comes first.
        at = next((i for i, m in enumerate(rest) if m.played_at <= match.played_at), len(rest))
        rest.insert(at, match)
        before, self.history.matches = self.history.matches, rest[:MAX_MATCHES]
        if not self.data_manager.save_data(DataType.MATCH_HISTORY, self.history):
            self.history.matches = before
            return False
        self.match_added.send(self, match=match)
        return True

    def page(self, page: int = 1, size: int = 20) -> Page:
        """Return page *page*, the first is the newest; a page past the end is empty."""
        if page < 1 or size < 1:
            raise ValueError(f"page {page} of size {size}: both count from 1")
        matches = self.history.matches
        pages = max(1, -(-len(matches) // size))
        return Page(matches[(page - 1) * size : page * size], page, pages, len(matches))


def played_match(
    result: MatchResult, player_id: str, rating_change: float | None = None
) -> PlayedMatch:
    """Return *result* as *player_id* saw it."""
    line = line_of(result, player_id)
    return PlayedMatch(
        match_id=result.match_id,
        played_at=documents.stamp(result.started_at),
        mode=result.mode,
        map=result.map,
        outcome=outcome_of(result, line),
        place=line.place,
        score=line.score,
        kills=line.kills,
        deaths=line.deaths,
        accuracy=line.accuracy,
        duration_s=result.duration_s,
        opponents=[p.name for p in result.players if p is not line],
        rating_change=rating_change,
    )
