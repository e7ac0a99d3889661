"""LeaderboardManager: the game's leaderboard, kept by the record instead of by one device.

The same functions and signals as the local one (data/leaderboard.py), over a board of the store. What
matches rate cannot be set by hand: such a board is read here, and changes when results are posted.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any, TypedDict

from blinker import Signal

from tremble.errors import Conflict
from tremble.store import boards, instant, players, ranking, seasons
from tremble.store.board_entries import Board, Entry
from tremble.store.boards import Kind, Standing
from tremble.store.engine import Store, Transaction
from tremble.store.ranking import Rankings

#: The numbers of a line that `stats` holds.
STATS = ("matches_played", "wins", "losses", "draws", "kills", "deaths", "accuracy")


class Line(TypedDict):
    """One line of the leaderboard."""

    rank: int
    player_id: str
    username: str
    rating: float
    stats: dict[str, float]


class Totals(TypedDict):
    """The leaderboard in four figures."""

    total_players: int
    average_rating: float
    total_matches: int
    last_updated: str


class LeaderboardManager:
    """A board of the store.

    Signals: `leaderboard_updated()` when `refresh` finds that the board changed, and
    `player_rank_changed(old_rank, new_rank)` if that moved the player who is watched.
    """

    def __init__(self, store: Store, board: str = "duel", player_id: str | None = None) -> None:
        """Show *board*, and watch the rank of *player_id*."""
        self.store = store
        self.board = board
        self.player_id = player_id
        self.leaderboard_updated = Signal("leaderboard_updated()")
        self.player_rank_changed = Signal("player_rank_changed(old_rank, new_rank)")
        self._rankings = Rankings(store)
        self.load_leaderboard()

    def load_leaderboard(self) -> None:
        """Load the board into memory; it follows the store from then on. Raises StoreError."""
        self._rankings.load(self.board)
        self._version = self._seen_version()
        self._rank = self._watched_rank()

    def refresh(self) -> bool:
        """Send the signals of what changed since the last time; False if nothing did."""
        version = self._seen_version()
        if version == self._version:
            return False
        self._version = version
        old_rank, self._rank = self._rank, self._watched_rank()
        self.leaderboard_updated.send(self)
        if old_rank not in (-1, self._rank):
            self.player_rank_changed.send(self, old_rank=old_rank, new_rank=self._rank)
        return True

    def add_player_to_leaderboard(
        self, player_id: str, username: str, rating: float, stats: Mapping[str, float]
    ) -> bool:
        """Add a player or replace the entry; False, and no change, if the rating is no number.

        Only on a board that no match counts on: its first entry makes it. Raises Conflict.
        """
        if not isfinite(rating):
            return False
        now = instant.to_store(datetime.now(UTC))
        entry = set_by_hand(player_id, rating, stats, now)
        self.store.write(put_by_hand, self.board, username, entry).result()
        self.refresh()
        return True

    def get_player_rank(self, player_id: str) -> int:
        """Return the rank, 1 is the best; -1 if the player is not on the leaderboard."""
        rank = self._rankings.ask(ranking.rank_of, self.board, None, player_id)
        return -1 if rank is None else rank

    def get_top_players(self, limit: int = 10) -> list[Line]:
        """Return the best *limit* players."""
        return self.get_players_in_range(1, limit)

    def get_players_in_range(self, start_rank: int, end_rank: int) -> list[Line]:
        """Return the ranks *start_rank* to *end_rank*, both included, as far as they exist."""
        board: Board | None = self._rankings.ask(
            ranking.in_range, self.board, None, start_rank, end_rank
        )
        return [] if board is None else [shown(entry) for entry in board.entries]

    def search_player_by_name(self, username: str, limit: int = 10) -> list[Line]:
        """Return the players whose name contains *username*, case and accents aside, by rank."""
        found = self._rankings.ask(ranking.search, self.board, None, username, None, limit)
        return [] if found is None else [shown(entry) for entry in found[0]]

    def get_leaderboard_stats(self) -> Totals:
        """Return the figures; all zero, and no date, for an empty leaderboard."""
        stats = self._rankings.ask(ranking.stats, self.board)
        if stats is None:
            return Totals(total_players=0, average_rating=0.0, total_matches=0, last_updated="")
        return Totals(
            total_players=stats.total_players,
            average_rating=stats.average_rating,
            total_matches=stats.total_matches,
            last_updated=stats.last_updated.isoformat(),
        )

    def _watched_rank(self) -> int:
        return -1 if self.player_id is None else self.get_player_rank(self.player_id)

    def _seen_version(self) -> tuple[int, int]:
        """Return season and version of the board; zeros if there is none."""
        head = self.store.read(boards.head, self.board)
        return (0, 0) if head is None else (head.season, head.version)


def shown(entry: Entry) -> Line:
    return Line(
        rank=entry.rank,
        player_id=entry.player_id,
        username=entry.username,
        rating=entry.rating,
        stats={name: float(getattr(entry, name)) for name in STATS},
    )


def set_by_hand(player_id: str, rating: float, stats: Mapping[str, float], at: int) -> Standing:
    """Return the entry of a player whom no match put there."""
    known: dict[str, Any] = {name: int(stats.get(name, 0)) for name in STATS[1:6]}
    return Standing(
        player_id=player_id,
        rating=rating,
        deviation=0.0,
        volatility=0.0,
        matches=int(stats.get("matches_played", 0)),
        shots=int(stats.get("shots", 0)),
        hits=int(stats.get("hits", 0)),
        last_match_seq=None,
        last_played_at=at,
        **known,
    )


def put_by_hand(tx: Transaction, board: str, username: str, entry: Standing) -> None:
    """Store *entry* on a board that is set by hand. Raises Conflict if matches rate it."""
    kind: Kind | None = boards.kind(tx, board)
    if kind not in (None, boards.BY_HAND):
        raise Conflict(f"ratings on board {board!r} come from its matches: post a result instead")
    at = entry.last_played_at
    players.name(tx, entry.player_id, username, at)
    season = seasons.at(tx, at)
    boards.touch(tx, board, season, at, boards.BY_HAND)
    boards.put(tx, board, season, [entry], boards.BY_HAND)
