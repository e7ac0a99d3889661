"""Computed again from the matches, the ratings are those that were stored, to the bit."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from results import histories, line, player_id, result
from stores import dump, fresh, post_all, ratings_of, settle

from tremble import ledger
from tremble.result import MatchResult
from tremble.store import boards, ratings, rebuild, voids
from tremble.store.engine import Store, Transaction
from tremble.store.sql import Statement
from tremble.store.tables import board_entry, rating_history


def nothing() -> None:
    """Called after each match."""


def rebuild_all(tx: Transaction, mend: bool = True) -> int:
    """Rebuild all boards; return how many rows were wrong."""
    return sum(rebuild.rebuild(tx, name, mend, nothing).wrong for name in boards.names(tx))


def forget_ratings(tx: Transaction) -> None:
    tx.run(Statement(rating_history.delete()))
    tx.run(Statement(board_entry.delete()))


@given(histories, st.data())
@settings(max_examples=25, deadline=None)
def test_live_tables(
    tmp_path_factory: pytest.TempPathFactory, history: list[MatchResult], data: st.DataObject
) -> None:
    """Nothing is wrong in tables that grew match by match, some voided; lost, they come back."""
    with fresh(tmp_path_factory.mktemp("rebuild") / "tremble.db") as store:
        post_all(store, history)
        for posted in data.draw(st.lists(st.sampled_from(history), max_size=3)):
            store.write(voids.void, posted.match_id, voids.ITSELF, 0).result()
        settle(store)
        live = ratings_of(store)

        assert store.read(rebuild_all, mend=False) == 0
        store.write(forget_ratings).result()
        store.write(rebuild_all).result()
        assert ratings_of(store) == live


@pytest.mark.parametrize("table", [rating_history, board_entry])
def test_damage(store: Store, table: object) -> None:
    """A rating that was changed by hand is found without --mend, and put right with it."""
    for number in range(1, 6):
        ledger.post(store, result(number, after_s=600 * number))
    good = dump(store)
    spoil = Statement(table.update().where(table.c.player_id == player_id(1)).values(rating=2000.0))
    store.write(Transaction.run, spoil).result()
    spoilt = dump(store)

    assert store.read(rebuild_all, mend=False) > 0
    assert dump(store) == spoilt
    assert store.write(rebuild_all).result() > 0
    assert dump(store) == good


def test_strays(store: Store) -> None:
    """History and entries that no match explains are removed."""
    ledger.post(store, result(1))
    good = dump(store)
    stray = {(player_id(1), 1, 5, "5" * 32): (1.0, 2.0, 3.0, 4.0)}
    store.write(ratings.put_many, "duel", stray).result()

    assert store.read(rebuild_all, mend=False) == 1
    assert store.write(rebuild_all).result() == 1
    assert dump(store) == good


def test_settles(store: Store) -> None:
    """A rebuild does at once what was put off."""
    for number in range(5, 0, -1):
        ledger.post(store, result(number, line(1, 1), line(2, 2), after_s=600 * number))
    assert store.read(ratings.waiting) > 0

    assert store.write(rebuild_all).result() > 0

    assert store.read(ratings.waiting) == 0
    assert store.read(rebuild_all, mend=False) == 0


def test_pages_of_the_log(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log comes in the order of the matches, each once, however large its pages."""
    for number in (3, 1, 2, 5, 4):
        ledger.post(store, result(number, after_s=600 * number))
    whole = store.read(lambda tx: list(rebuild.log(tx, "duel")))

    assert [lines[0][2][-1] for lines in whole] == ["1", "2", "3", "4", "5"]
    assert store.read(rebuild.count, "duel") == 5
    assert [len(lines) for lines in whole] == [2] * 5


def test_replay_without(store: Store) -> None:
    """A replay without a match gives what voiding it gives."""
    for number, winner in enumerate((1, 2, 1, 1), 1):
        ledger.post(
            store, result(number, line(winner, 1), line(3 - winner, 2), after_s=600 * number)
        )
    foretold = store.read(rebuild.replay, "duel", {result(2).match_id}, nothing)
    store.write(voids.void, result(2).match_id, voids.ITSELF, 0).result()
    settle(store)

    for (season, player), standing in foretold.items():
        assert store.read(boards.standing, "duel", season, player) == standing
