"""LeaderboardManager: always in order, whatever happened before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremble.data import leaderboard as module
from tremble.data.documents import DataType, LeaderboardPlayer, Stats
from tremble.data.leaderboard import LeaderboardManager
from tremble.data.manager import DataManager


@pytest.fixture
def board(manager: DataManager) -> LeaderboardManager:
    return LeaderboardManager(manager)


def add(board: LeaderboardManager, *players: tuple[str, float]) -> None:
    for name, rating in players:
        assert board.add_player_to_leaderboard(name, name.title(), rating, {"matches_played": 2})


def order(board: LeaderboardManager) -> list[str]:
    return [line["player_id"] for line in board.player_rankings]


def test_add_player_to_leaderboard(board: LeaderboardManager, manager: DataManager) -> None:
    """Players stand by rating; an entry is replaced, not added twice; the next start knows them."""
    add(board, ("ann", 1500), ("bob", 1700), ("cat", 1600), ("ann", 1800))
    manager.flush()

    assert order(board) == ["ann", "bob", "cat"]
    assert order(LeaderboardManager(manager)) == ["ann", "bob", "cat"]


def test_equal_ratings(board: LeaderboardManager) -> None:
    """Equal ratings stand by player id, in whichever order they came."""
    add(board, ("cat", 1500), ("ann", 1500), ("bob", 1500))

    assert order(board) == ["ann", "bob", "cat"]


def test_get_player_rank(board: LeaderboardManager) -> None:
    """The best is 1; who is not there is -1."""
    add(board, ("ann", 1500), ("bob", 1700))

    assert [board.get_player_rank(name) for name in ("bob", "ann", "zoe")] == [1, 2, -1]


def test_get_top_players(board: LeaderboardManager) -> None:
    """The best few, with their ranks."""
    add(board, *[(f"p{n:02}", 1000 + n) for n in range(20)])

    assert [line["rank"] for line in board.get_top_players()] == list(range(1, 11))
    assert [line["player_id"] for line in board.get_top_players(2)] == ["p19", "p18"]
    assert board.get_top_players(0) == []


def test_get_players_in_range(board: LeaderboardManager) -> None:
    """A range that goes past the end, or starts before the first, gives what there is."""
    add(board, ("ann", 3), ("bob", 2), ("cat", 1))

    def ranks(first: int, last: int) -> list[int]:
        return [line["rank"] for line in board.get_players_in_range(first, last)]

    assert ranks(2, 3) == [2, 3]
    assert ranks(2, 99) == [2, 3]
    assert ranks(-5, 1) == [1]
    assert ranks(4, 9) == ranks(3, 2) == ranks(0, -1) == []


def test_search_player_by_name(board: LeaderboardManager) -> None:
    """Every name that contains the word, in any case; the exact one first."""
    add(board, ("anna", 3), ("joanna", 2), ("ann", 1), ("bob", 9))

    found = [line["username"] for line in board.search_player_by_name("ANN")]
    assert found == ["Ann", "Anna", "Joanna"]
    assert len(board.search_player_by_name("ann", limit=1)) == 1
    assert board.search_player_by_name("zoe") == []


def test_get_leaderboard_stats(board: LeaderboardManager) -> None:
    """Totals and mean; zeros when empty."""
    empty = board.get_leaderboard_stats()
    add(board, ("ann", 1500), ("bob", 1700))

    full = board.get_leaderboard_stats()
    assert (empty["total_players"], empty["average_rating"], empty["total_matches"]) == (0, 0, 0)
    assert (full["total_players"], full["average_rating"], full["total_matches"]) == (2, 1600, 4)
    assert full["last_updated"].startswith("2026-11-22")


def test_leaderboard_updated(board: LeaderboardManager) -> None:
    """Each change is told."""
    updates: list[object] = []
    board.leaderboard_updated.connect(updates.append, weak=False)
    add(board, ("ann", 1500), ("bob", 1700), ("ann", 1600))

    assert updates == [board] * 3


def test_player_rank_changed(board: LeaderboardManager) -> None:
    """A changed rank is told with the old and the new one, and only then."""
    ranks: list[tuple[int, int]] = []
    board.player_rank_changed.connect(
        lambda s, old_rank, new_rank: ranks.append((old_rank, new_rank)), weak=False
    )
    add(board, ("ann", 1500), ("bob", 1700), ("ann", 1600), ("ann", 1800))

    assert ranks == [(2, 1)]


def test_save_leaderboard(board: LeaderboardManager, manager: DataManager) -> None:
    """A save is on the disk within a second, with its time."""
    before = board.leaderboard_data.last_updated

    assert board.save_leaderboard()
    assert manager.load_data(DataType.LEADERBOARD).last_updated > before


def test_ready(manager: DataManager) -> None:
    """A new manager on a new folder has an empty leaderboard."""
    assert order(LeaderboardManager(manager)) == []


def test_stats_of_a_player(board: LeaderboardManager) -> None:
    """Of a player's stats the plain numbers are shown."""
    board.add_player_to_leaderboard("me", "Me", 1500.0, Stats(5, 3, 2, 40, 30, 0.25, 1.5))

    shown = board.get_top_players()[0]["stats"]
    assert (shown["matches_played"], shown["accuracy"]) == (5.0, 0.25)
    assert "weapons" not in shown


def test_a_bad_entry(board: LeaderboardManager, manager: DataManager) -> None:
    """A rating that is no number is refused, and the board stays as it was."""
    add(board, ("ann", 1500))

    assert not board.add_player_to_leaderboard("bob", "Bob", float("nan"), {})
    assert order(board) == ["ann"]
    assert "$.players[0].rating" in str(manager.last_error)


def entries(*players: tuple[str, float]) -> list[LeaderboardPlayer]:
    return [LeaderboardPlayer(name, name, rating, {}, "") for name, rating in players]


def test_replace_players(board: LeaderboardManager) -> None:
    """A server's list takes the place of ours, unless it is invalid."""
    add(board, ("ann", 1500))

    assert board.replace_players(entries(("cat", 1), ("bob", 2)))
    assert order(board) == ["bob", "cat"]
    assert not board.replace_players(entries(("dan", float("inf"))))
    assert order(board) == ["bob", "cat"]


def test_update_player_rankings(board: LeaderboardManager) -> None:
    """Players that were changed from outside are put in order anew."""
    add(board, ("ann", 1500), ("bob", 1400))
    for player in board.leaderboard_data.players:
        player.rating = 3000.0 - player.rating
    board.update_player_rankings()

    assert order(board) == ["bob", "ann"]


def test_the_worst_are_dropped(board: LeaderboardManager, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit the last in order go, even the one that just came."""
    monkeypatch.setattr(module, "MAX_PLAYERS", 3)
    add(board, ("ann", 4), ("bob", 3), ("cat", 2), ("dan", 1), ("eve", 5))

    assert order(board) == ["eve", "ann", "bob"]
    assert board.get_player_rank("dan") == -1


def test_load_leaderboard(manager: DataManager) -> None:
    """A file that others wrote is put in order; of two entries of one player the later counts."""
    document = manager.load_data(DataType.LEADERBOARD)
    document.players = entries(("ann", 1), ("bob", 9), ("ann", 20))
    manager.save_data(DataType.LEADERBOARD, document)

    assert order(LeaderboardManager(manager)) == ["ann", "bob"]


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 5)), max_size=40))
def test_any_history_gives_the_sorted_board(
    tmp_path_factory: pytest.TempPathFactory, updates: list[tuple[str, int]]
) -> None:
    """After any updates the board is what sorting the newest entries gives."""
    with DataManager(tmp_path_factory.mktemp("board"), durable=False) as manager:
        board = LeaderboardManager(manager)
        add(board, *updates)

        newest = dict(updates)
        assert order(board) == sorted(newest, key=lambda name: (-newest[name], name))
        assert [board.get_player_rank(name) for name in order(board)] == list(
            range(1, len(newest) + 1)
        )
