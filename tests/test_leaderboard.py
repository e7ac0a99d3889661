"""LeaderboardManager: the words of the game's own leaderboard, over the record."""

from collections.abc import Iterator
from math import nan
from pathlib import Path

import pytest
from results import line, player_id, result

from tremble import ledger
from tremble.errors import Conflict
from tremble.leaderboard import LeaderboardManager
from tremble.store.engine import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "tremble.db") as opened:
        yield opened


def add(manager: LeaderboardManager, number: int, rating: float) -> bool:
    stats = {"matches_played": 3, "kills": 7}
    return manager.add_player_to_leaderboard(player_id(number), f"Player {number}", rating, stats)


def test_by_hand(store: Store) -> None:
    """Players are added, ranked, found and replaced; a rating that is no number changes nothing."""
    manager = LeaderboardManager(store, "friends")

    assert [add(manager, n, rating) for n, rating in ((1, 1500.5), (2, 1700), (3, nan))] == [
        True,
        True,
        False,
    ]
    assert add(manager, 1, 1800)

    assert [line["player_id"] for line in manager.get_top_players()] == [player_id(1), player_id(2)]
    assert manager.get_top_players(1)[0]["rating"] == 1800
    assert manager.get_top_players(1)[0]["stats"]["kills"] == 7
    assert [manager.get_player_rank(player_id(n)) for n in (1, 2, 3)] == [1, 2, -1]
    assert [line["rank"] for line in manager.get_players_in_range(2, 9)] == [2]
    assert manager.get_players_in_range(3, 9) == []
    assert [line["rank"] for line in manager.search_player_by_name("PLAYER")] == [1, 2]
    assert manager.get_leaderboard_stats()["total_players"] == 2
    assert manager.get_leaderboard_stats()["average_rating"] == 1750


def test_empty(store: Store) -> None:
    """A board without entries answers with nothing."""
    manager = LeaderboardManager(store)

    assert manager.get_top_players() == manager.search_player_by_name("a") == []
    assert manager.get_player_rank(player_id(1)) == -1
    assert manager.get_leaderboard_stats()["total_players"] == 0


def test_matches(store: Store) -> None:
    """A board of matches is read; it cannot be set by hand, and nothing of the attempt stays."""
    ledger.post(store, result(1))
    manager = LeaderboardManager(store, "duel")

    with pytest.raises(Conflict, match="post a result"):
        add(manager, 9, 3000)

    assert [line["username"] for line in manager.get_top_players()] == ["player 1", "player 2"]
    assert manager.search_player_by_name("player 9") == []


def test_signals(store: Store) -> None:
    """A commit of anyone is told once, and the watched player's change of rank with it."""
    ledger.post(store, result(1, line(1, 1), line(2, 2)))
    manager = LeaderboardManager(store, "duel", player_id(1))
    told: list[object] = []

    def updated(sender: object) -> None:
        told.append("updated")

    def changed(sender: object, old_rank: int, new_rank: int) -> None:
        told.append((old_rank, new_rank))

    manager.leaderboard_updated.connect(updated)
    manager.player_rank_changed.connect(changed)
    assert not manager.refresh()

    for number in (2, 3, 4):
        ledger.post(store, result(number, line(2, 1), line(1, 2), after_s=600 * number))

    assert manager.refresh()
    assert not manager.refresh()
    assert told == ["updated", (1, 2)]
