"""Rankings: what memory answers is what the store would, at every moment and after a restart."""

from itertools import count
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from results import histories, line, player_id, result

from tremble import ledger
from tremble.result import MatchResult
from tremble.store import board_entries, boards, ranking, versions
from tremble.store.board_entries import Board
from tremble.store.boards import Head
from tremble.store.engine import Store, Transaction
from tremble.store.ranking import Ranking, Rankings

#: Match ids for histories that follow each other in one store.
NUMBERS = count(1)


def both(store: Store, rankings: Rankings, question: Any, *args: Any) -> Any:
    """Return the answer to *question* from memory, after checking that the store gives the same."""

    def asked(tx: Transaction, at: Head, present: Ranking | None) -> tuple[Any, Any]:
        assert present is not None
        return question(tx, at, present, *args), question(tx, at, None, *args)

    found = rankings.ask(asked, "duel")
    assert found is not None
    assert found[0] == found[1]
    return found[0]


def crowd(store: Store, count: int, number: int = 1, **fields: Any) -> None:
    lines = [line(i, i, **fields) for i in range(1, count + 1)]
    ledger.post(store, result(number, *lines))


def ids(board: Board) -> list[str]:
    return [entry.player_id for entry in board.entries]


@given(histories)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_follows(store: Store, history: list[MatchResult]) -> None:
    """After each post, memory that followed, the store, and memory loaded anew agree."""
    followed = Rankings(store)

    for drawn in history:
        posted = msgspec.structs.replace(drawn, match_id=f"{next(NUMBERS):032x}")
        ledger.post(store, posted)
        fresh = Rankings(store)
        fresh.load(posted.board)
        for one in posted.players:
            places = [
                rankings.ask(ranking.around, posted.board, None, one.player_id, 2)
                for rankings in (followed, fresh)
            ]
            assert places[0] == places[1]
            assert places[0] is not None
            assert one.player_id in ids(places[0])
        top = store.read(board_entries.top, posted.board, 100)
        assert top == followed.ask(ranking.in_range, posted.board, None, 1, 100)


def test_range(store: Store) -> None:
    """A range gives what there is of it; past the end that is nothing."""
    crowd(store, 5)
    rankings = Rankings(store)

    for first, last, expected in [
        (1, 5, [1, 2, 3, 4, 5]),
        (4, 9, [4, 5]),
        (6, 9, []),
        (3, 2, []),
        (-3, 2, [1, 2]),
    ]:
        board = both(store, rankings, ranking.in_range, first, last)
        assert [entry.rank for entry in board.entries] == expected
        assert board.total == 5


def test_around(store: Store) -> None:
    """A player is shown among those next to them, fewer at the ends; a stranger is not found."""
    crowd(store, 5)
    rankings = Rankings(store)

    middle = both(store, rankings, ranking.around, player_id(3), 1)
    best = both(store, rankings, ranking.around, player_id(1), 1)

    assert [entry.rank for entry in middle.entries] == [2, 3, 4]
    assert [entry.rank for entry in best.entries] == [1, 2]
    assert both(store, rankings, ranking.around, player_id(9), 1) is None


def test_friends(store: Store) -> None:
    """Friends keep their ranks on all of the board; strangers and repetitions are left out."""
    crowd(store, 5)
    friends = [player_id(n) for n in (4, 9, 2, 4)]

    board = both(store, Rankings(store), ranking.among, friends)

    assert [entry.rank for entry in board.entries] == [2, 4]


def test_stats(store: Store) -> None:
    """The figures are those of all entries, after any change."""
    crowd(store, 4)
    rankings = Rankings(store)
    rankings.load("duel")
    crowd(store, 5, 2)

    stats = rankings.ask(ranking.stats, "duel")

    assert stats is not None
    top = store.read(board_entries.top, "duel", 10)
    assert top is not None
    average = sum(entry.rating for entry in top.entries) / 5
    assert (stats.total_players, stats.total_matches) == (5, 2)
    assert stats.average_rating == pytest.approx(average, abs=1e-5)


def names(rankings: Rankings, text: str, limit: int = 10) -> list[list[str]]:
    """Return the pages of a search."""
    pages: list[list[str]] = []
    after = None
    while True:
        found = rankings.ask(ranking.search, "duel", None, text, after, limit)
        assert found is not None
        entries, after = found
        assert [e.rank for e in entries] == sorted(e.rank for e in entries)
        pages.append([entry.username for entry in entries])
        if after is None:
            return pages


def test_search(store: Store) -> None:
    """All who have the word in the name are found page by page."""
    who = ["Zoë", "ANNA", "Hanna", "anne", "Bert"]
    ledger.post(store, result(1, *[line(i, i, name=name) for i, name in enumerate(who, 1)]))
    rankings = Rankings(store)

    assert names(rankings, "ann") == [["ANNA", "Hanna", "anne"]]
    assert names(rankings, "ánn", 2) == [["ANNA", "Hanna"], ["anne"]]
    assert names(rankings, "zoe") == [["Zoë"]]
    assert names(rankings, "nobody") == [[]]


def test_search_follows(store: Store) -> None:
    """A new name is found, the old one no more; so is a newcomer."""
    crowd(store, 2, name="before")
    rankings = Rankings(store)
    assert names(rankings, "before") == [["before", "before"]]

    crowd(store, 3, 2, name="after")

    assert names(rankings, "before") == [[]]
    assert len(names(rankings, "after")[0]) == 3


def test_removed(store: Store) -> None:
    """Who is taken off the board is gone from memory too, and the others move up."""
    crowd(store, 4)
    rankings = Rankings(store)
    rankings.load("duel")

    store.write(boards.remove, "duel", 1, [player_id(2), player_id(9)]).result()

    board = both(store, rankings, ranking.in_range, 1, 10)
    assert ids(board) == [player_id(n) for n in (1, 3, 4)]
    assert board.total == 3


def test_changed_in_bulk(store: Store) -> None:
    """After a change that the log does not tell, the board is loaded anew."""
    crowd(store, 4)
    rankings = Rankings(store)
    rankings.load("duel")
    standing = store.read(boards.standing, "duel", 1, player_id(4))
    assert standing is not None

    def rebuild(tx: Transaction) -> None:
        better = boards.Standing(player_id(4), 3000.0, *list(values(standing))[2:])
        boards.put(tx, "duel", 1, [better])
        versions.note(tx, "duel", 1, None)

    store.write(rebuild).result()

    assert ids(both(store, rankings, ranking.in_range, 1, 1)) == [player_id(4)]


def values(standing: boards.Standing) -> list[Any]:
    return [getattr(standing, name) for name in standing.__struct_fields__]


def test_fallen_behind(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who missed more than the log holds loads the board anew."""
    monkeypatch.setattr(versions, "LOG_LENGTH", 2)
    crowd(store, 2)
    rankings = Rankings(store)
    rankings.load("duel")
    for number in range(2, 9):
        crowd(store, number, number)

    assert len(both(store, rankings, ranking.in_range, 1, 10).entries) == 8


def test_large_board_answers_while_loading(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until a large board is loaded the store answers, and a search says that it cannot yet."""
    monkeypatch.setattr(ranking, "QUICK", 3)
    crowd(store, 5)
    rankings = Rankings(store)
    monkeypatch.setattr(rankings, "load_behind", lambda name: None)

    asked = rankings.ask(ranking.around, "duel", None, player_id(3), 1)
    assert asked is not None
    assert [entry.rank for entry in asked.entries] == [2, 3, 4]
    assert rankings.ask(ranking.search, "duel", None, "p", None, 1) is None

    rankings.load("duel")
    assert rankings.ask(ranking.search, "duel", None, "p", None, 1) is not None


def test_unknown(store: Store) -> None:
    """A board that nothing was played on does not exist."""
    assert Rankings(store).ask(ranking.stats, "duel") is None
