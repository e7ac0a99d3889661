"""The match history: newest first, each once, capped, paged."""

import pytest
from data.matches import ME, OTHER, rail, result

from tremble.data import history as module
from tremble.data.documents import DataType
from tremble.data.facts import BadMatch
from tremble.data.history import MatchHistoryManager, played_match
from tremble.data.manager import DataManager


@pytest.fixture
def history(manager: DataManager) -> MatchHistoryManager:
    return MatchHistoryManager(manager)


def numbers(history: MatchHistoryManager) -> list[int]:
    return [int(match.match_id, 16) for match in history.history.matches]


def test_newest_first(history: MatchHistoryManager, manager: DataManager) -> None:
    """The newest match is first, also if a result arrives late, and after a restart."""
    for number in (1, 3, 2):
        assert history.add_result(result(number), ME)

    assert numbers(history) == [3, 2, 1]
    assert numbers(MatchHistoryManager(manager)) == [3, 2, 1]


def test_each_match_once(history: MatchHistoryManager) -> None:
    """The same match again takes the place of its older entry: the rating came later."""
    history.add_result(result(1), ME)
    history.add_result(result(1), ME, rating_change=12.5)

    assert numbers(history) == [1]
    assert history.history.matches[0].rating_change == 12.5


def test_capped(history: MatchHistoryManager, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the cap the oldest go."""
    monkeypatch.setattr(module, "MAX_MATCHES", 3)
    for number in range(6):
        history.add_result(result(number), ME)

    assert numbers(history) == [5, 4, 3]


def test_the_cap_fits_the_document(history: MatchHistoryManager, manager: DataManager) -> None:
    """A full history can be saved."""
    match = played_match(result(1), ME)
    history.history.matches = [match] * module.MAX_MATCHES

    assert manager.save_data(DataType.MATCH_HISTORY, history.history)


def test_pages(history: MatchHistoryManager) -> None:
    """Pages count from 1; one past the end is empty; an empty history is one empty page."""
    empty = history.page()
    for number in range(5):
        history.add_result(result(number), ME)

    assert (empty.matches, empty.pages, empty.total) == ([], 1, 0)
    assert [int(m.match_id, 16) for m in history.page(2, 2).matches] == [2, 1]
    assert (history.page(3, 2).pages, len(history.page(3, 2).matches)) == (3, 1)
    assert history.page(4, 2).matches == []
    with pytest.raises(ValueError, match="both count from 1"):
        history.page(0)


def test_as_the_player_saw_it(history: MatchHistoryManager) -> None:
    """The entry holds the player's line, and the names of the others."""
    match = played_match(result(1, weapons=rail(10, 4)), ME)

    assert (match.outcome, match.kills, match.deaths, match.accuracy) == ("win", 10, 5, 0.4)
    assert (match.opponents, match.place, match.map) == (["other"], 1, "arena_01")
    assert played_match(result(1), OTHER).outcome == "loss"


def test_a_stranger(history: MatchHistoryManager) -> None:
    """A result without the player is refused."""
    with pytest.raises(BadMatch):
        history.add_result(result(1), "nobody")


def test_signal(history: MatchHistoryManager) -> None:
    """`match_added` follows the save."""
    heard: list[str] = []
    history.match_added.connect(lambda s, match: heard.append(match.map), weak=False)
    history.add_result(result(1), ME)

    assert heard == ["arena_01"]


def test_a_save_that_fails(history: MatchHistoryManager, manager: DataManager) -> None:
    """What could not be saved is not in the history either, so adding it again works later."""
    manager.close()

    assert not history.add_result(result(1), ME)
    assert numbers(history) == []
