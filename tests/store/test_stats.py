"""Stats and achievements: a pure function of the matches that count, whatever order they came in."""

import random
from typing import Any

import pytest
from conftest import Places
from hypothesis import given, settings
from hypothesis import strategies as st
from results import histories, line, match_id, player_id, result
from sqlalchemy import select
from stores import post_all, settle, wipe

from tremble import ledger
from tremble.result import MatchResult, WeaponLine
from tremble.store import instant, stats, voids
from tremble.store.engine import Store, Transaction
from tremble.store.sql import Row, Statement
from tremble.store.tables import player_achievement, player_stats, stats_due

TABLES = (player_stats, player_achievement, stats_due)


def place_of(played: MatchResult) -> tuple[int, str]:
    """Return the place of a match in the order that counts."""
    return instant.to_store(played.ended_at), played.match_id


def kept(store: Store) -> list[list[Row]]:
    """Return all rows that hold stats, in order."""
    return store.read(
        lambda tx: [
            tx.rows(Statement(select(table).order_by(*table.primary_key.columns)))
            for table in TABLES
        ]
    )


def earned(store: Store, number: int = 1) -> dict[str, int]:
    """Return the number of the match that earned each achievement but "purist", which all do."""
    rows = store.read(lambda tx: tx.rows(stats.EARNED, player_id=player_id(number)))
    return {name: int(ident, 16) for name, ident, _ in rows if name != "purist"}


def totals(store: Store, board: str = "duel", number: int = 1) -> Any:
    (found,) = store.read(stats.known_all, [player_id(number)])
    assert found is not None
    return found.boards[board].totals


def duel(number: int, winner: int = 1, **fields: Any) -> MatchResult:
    """Match *number*, which ended after all of smaller numbers."""
    return result(number, line(winner, 1), line(3 - winner, 2), after_s=600 * number, **fields)


def test_counted_at_once(store: Store) -> None:
    """A result in order is in the stats when it is acknowledged, and nothing is due."""
    for number in (1, 2):
        ledger.post(store, duel(number))

    found = totals(store)

    assert (found.matches, found.wins, found.kills, found.win_streak) == (2, 2, 20, 2)
    assert found.weapons["rail"].shots == 40
    assert kept(store)[2] == []


def test_first_match_that_earned(store: Store) -> None:
    """An achievement names the first match that earned it, in the order of the matches."""
    for number in (2, 4, 5):
        ledger.post(store, duel(number))
    assert earned(store) == {"first_win": 2, "hat_trick": 5}

    ledger.post(store, duel(1))
    settle(store)
    assert earned(store) == {"first_win": 1, "hat_trick": 4}

    ledger.post(store, duel(3, winner=2))
    settle(store)
    assert earned(store) == {"first_win": 1}


def test_one_match_of_many(store: Store) -> None:
    """What is earned within one match names the earliest such match."""
    three = {name: WeaponLine(shots=9, kills=1) for name in ("a", "b", "c")}
    for number in (3, 2):
        lines = (line(1, 1, weapons=three), line(2, 2))
        ledger.post(store, result(number, *lines, after_s=600 * number))
    settle(store)

    assert earned(store)["arsenal"] == 2


def test_bots(store: Store) -> None:
    """Matches with bots are counted on their own board and earn nothing."""
    ledger.post(store, result(1, line(1, 1), line(2, 2, bot=True)))

    assert totals(store, "duel-bots").wins == 1
    assert earned(store) == {}


def test_voided(store: Store) -> None:
    """A voided match is taken out of stats and achievements; restored, all is as before."""
    for number in range(1, 5):
        ledger.post(store, duel(number))
    before = kept(store)

    store.write(voids.void, match_id(1), voids.ITSELF, 0).result()
    settle(store)
    assert totals(store).matches == 3
    assert earned(store) == {"first_win": 2, "hat_trick": 4}

    store.write(voids.restore, match_id(1), voids.ITSELF).result()
    settle(store)
    assert kept(store) == before


def test_only_match_voided(store: Store) -> None:
    """Of a player with nothing that counts, nothing is kept."""
    ledger.post(store, duel(1))
    store.write(voids.void, match_id(1), voids.ITSELF, 0).result()
    settle(store)

    assert kept(store) == [[], [], []]


def test_changed_meanwhile(store: Store) -> None:
    """What is posted while a player is counted again is not lost."""
    ledger.post(store, duel(2))
    ledger.post(store, duel(1))
    found = store.read(stats.first_due)
    assert found is not None
    ledger.post(store, duel(3))

    assert not store.write(stats.replace, *found).result()
    settle(store)
    assert totals(store).matches == 3


@pytest.mark.parametrize("at_once", [1, 8])
def test_any_order(places: Places, at_once: int) -> None:
    """Any order, any repetition, alone or together, some voided between: the same rows."""

    def enter(tx: Transaction, some: list[MatchResult]) -> None:
        for posted in some:
            ledger.record(tx, posted)

    @given(histories, st.randoms(use_true_random=False), st.sets(st.integers(0, 7)))
    @settings(max_examples=12, deadline=None)
    def holds(history: list[MatchResult], chance: random.Random, gone: set[int]) -> None:
        shuffled = history + chance.choices(history, k=3)
        chance.shuffle(shuffled)
        in_order = sorted(history, key=place_of)
        for store, posts in ((one, in_order), (other, shuffled)):
            wipe(store)
            step = 1 if store is one else at_once
            for first in range(0, len(posts), step):
                store.write(enter, posts[first : first + step]).result()
            for i in gone & set(range(len(history))):
                store.write(voids.void, history[i].match_id, voids.ITSELF, 0).result()
            settle(store)

        assert kept(other) == kept(one)

    with Store(places()) as one, Store(places()) as other:
        holds()


def test_replay(store: Store) -> None:
    """Counted again from the matches, every player comes out as is stored."""

    @given(histories)
    @settings(max_examples=10, deadline=None)
    def holds(history: list[MatchResult]) -> None:
        wipe(store)
        post_all(store, sorted(history, key=place_of))
        before = kept(store)
        store.write(
            lambda tx: stats.mark(tx, {p.player_id for r in history for p in r.players})
        ).result()
        settle(store)
        assert kept(store) == before

    holds()
