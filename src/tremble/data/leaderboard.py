"""LeaderboardManager: the local copy of the leaderboard, always in order.

Order: rating, highest first; equal ratings by player id, so that every machine shows the same. A
rank is a place in this order, 1 is the best. It is found by bisection, never by a scan.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from typing import TypedDict

from blinker import Signal
from msgspec import Struct, structs

from tremble.data import documents
from tremble.data.documents import DataType, LeaderboardPlayer
from tremble.data.manager import DataManager

#: Most players kept: those beyond are at the end of the order, and are dropped.
MAX_PLAYERS = 10_000


class Ranking(TypedDict):
    """One line of the leaderboard as it is shown."""

    rank: int
    player_id: str
    username: str
    rating: float
    stats: dict[str, float]


class BoardStats(TypedDict):
    """The leaderboard in four numbers."""

    total_players: int
    average_rating: float
    total_matches: int
    last_updated: str


Key = tuple[float, str]


def key_of(player: LeaderboardPlayer) -> Key:
    return (-player.rating, player.player_id)


def numbers_of(stats: Struct | Mapping[str, object]) -> dict[str, float]:
    """Return the plain numbers of *stats*: what a line of a leaderboard can show."""
    fields = structs.asdict(stats) if isinstance(stats, Struct) else stats
    return {
        key: float(value)
        for key, value in fields.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


class LeaderboardManager:
    """The local leaderboard, loaded on construction.

    Signals: `leaderboard_updated()` after each change, `player_rank_changed(old_rank, new_rank)`.
    """

    def __init__(self, data_manager: DataManager) -> None:
        self.data_manager = data_manager
        self.leaderboard_updated = Signal("leaderboard_updated()")
        self.player_rank_changed = Signal("player_rank_changed(old_rank, new_rank)")
        self.load_leaderboard()

    def load_leaderboard(self) -> None:
        """Load it, and put it in order: the file may have been written by others."""
        self.leaderboard_data = self.data_manager.load_data(DataType.LEADERBOARD)
        self._replace(self.leaderboard_data.players)

    def save_leaderboard(self) -> bool:
        """Save within a second; False if an entry is invalid."""
        data = self.leaderboard_data
        data.players = [self._by_id[player_id] for _, player_id in self._order]
        data.last_updated = documents.stamp(self.data_manager.clock())
        saved = self.data_manager.save_later(DataType.LEADERBOARD, data)
        self.leaderboard_updated.send(self)
        return saved

    def add_player_to_leaderboard(
        self,
        player_id: str,
        username: str,
        rating: float,
        stats: Struct | Mapping[str, object],
    ) -> bool:
        """Add a player or replace the entry; False, and no change, if the entry is invalid."""
        now = documents.stamp(self.data_manager.clock())
        player = LeaderboardPlayer(player_id, username, rating, numbers_of(stats), now)
        single = documents.Leaderboard("1.0", [player], now)
        if not self.data_manager.validate_data(DataType.LEADERBOARD, single):
            return False
        old_rank = self.get_player_rank(player_id)
        self._remove(player_id)
        self._by_id[player_id] = player
        insort(self._order, key_of(player))
        for _, dropped in self._order[MAX_PLAYERS:]:
            del self._by_id[dropped]
        del self._order[MAX_PLAYERS:]
        saved = self.save_leaderboard()
        new_rank = self.get_player_rank(player_id)
        if old_rank not in (-1, new_rank):
            self.player_rank_changed.send(self, old_rank=old_rank, new_rank=new_rank)
        return saved

    def replace_players(self, players: Iterable[LeaderboardPlayer]) -> bool:
        """Take over the list of a server; False if it is invalid, and ours stays then."""
        before = list(self._by_id.values())
        self._replace(players)
        if self.save_leaderboard():
            return True
        self._replace(before)
        return False

    def update_player_rankings(self) -> None:
        """Put the players in order anew, after they were changed from outside."""
        self._replace(self._by_id.values())

    @property
    def player_rankings(self) -> list[Ranking]:
        """All lines, the best first."""
        return self.get_players_in_range(1, len(self._order))

    def get_player_rank(self, player_id: str) -> int:
        """Return the rank, 1 is the best; -1 if the player is not on the leaderboard."""
        player = self._by_id.get(player_id)
        return -1 if player is None else bisect_left(self._order, key_of(player)) + 1

    def get_top_players(self, limit: int = 10) -> list[Ranking]:
        """Return the best *limit* players."""
        return self.get_players_in_range(1, limit)

    def get_players_in_range(self, start_rank: int, end_rank: int) -> list[Ranking]:
        """Return the ranks *start_rank* to *end_rank*, both included, as far as they exist."""
        first = max(start_rank, 1)
        return [
            self._ranking(rank, player_id)
            for rank, (_, player_id) in enumerate(self._order[first - 1 : max(end_rank, 0)], first)
        ]

    def search_player_by_name(self, username: str, limit: int = 10) -> list[Ranking]:
        """Return the players whose name contains *username*, exact names first, then by rank."""
        wanted = username.casefold()
        found = [
            self._ranking(rank, player_id)
            for rank, (_, player_id) in enumerate(self._order, 1)
            if wanted in self._by_id[player_id].username.casefold()
        ]
        found.sort(key=lambda line: line["username"].casefold() != wanted)
        return found[:limit]

    def get_leaderboard_stats(self) -> BoardStats:
        """Return the totals; all zero for an empty leaderboard."""
        players = self._by_id.values()
        total = sum(player.rating for player in players)
        return {
            "total_players": len(players),
            "average_rating": total / len(players) if players else 0.0,
            "total_matches": int(sum(p.stats.get("matches_played", 0) for p in players)),
            "last_updated": self.leaderboard_data.last_updated,
        }

    def _replace(self, players: Iterable[LeaderboardPlayer]) -> None:
        """Take *players*; of two entries of one player the later in the list counts."""
        self._by_id = {player.player_id: player for player in players}
        self._order: list[Key] = sorted(map(key_of, self._by_id.values()))
        for _, dropped in self._order[MAX_PLAYERS:]:
            del self._by_id[dropped]
        del self._order[MAX_PLAYERS:]

    def _remove(self, player_id: str) -> None:
        player = self._by_id.pop(player_id, None)
        if player is not None:
            del self._order[bisect_left(self._order, key_of(player))]

    def _ranking(self, rank: int, player_id: str) -> Ranking:
        player = self._by_id[player_id]
        return {
            "rank": rank,
            "player_id": player.player_id,
            "username": player.username,
            "rating": player.rating,
            "stats": player.stats,
        }
