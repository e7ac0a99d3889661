"""Entries of boards: one order, without ties, read from an index."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from results import line, match_id, player_id, result
from sqlalchemy import text

from tremble import ledger
from tremble.store import board_entries, boards, matches, places, players
from tremble.store.board_entries import Board, Entry
from tremble.store.boards import Standing
from tremble.store.engine import Store, Transaction
from tremble.store.sql import Statement


def standing(number: int, rating: float, played: int, seq: int) -> Standing:
    return Standing(player_id(number), rating, 60.0, 0.06, played, 0, 0, 0, 0, 0, 0, 0, seq, 0)


class Undo(Exception):
    """Ends a job without a trace, carrying its answer."""


def ranked(tx: Transaction, rows: Sequence[tuple[float, int, int]]) -> None:
    """Fill a board with *rows* of rating, matches and last match; raise Undo with what it then shows."""
    crowd = result(1, *[line(i + 1, i + 1) for i in range(len(rows))])
    boards.touch(tx, "duel", 1, 0)
    played = [result(number) for number in range(1, 5)]
    players.see(tx, [crowd, *played])
    matches.insert_all(tx, played)
    boards.put(tx, "duel", 1, [standing(i + 1, *row) for i, row in enumerate(rows)])
    top = board_entries.top(tx, "duel", 100)
    ranks = [board_entries.of_player(tx, player_id(i + 1))["duel"] for i in range(len(rows))]
    raise Undo(top, ranks)


def rank(store: Store, rows: Sequence[tuple[float, int, int]]) -> tuple[Board, list[Entry]]:
    undo = store.write(ranked, rows).exception()
    assert isinstance(undo, Undo)
    top, ranks = undo.args
    return top, ranks


def test_order(store: Store) -> None:
    """The established first; then by rating, then more matches, then the smaller id."""
    rows = [(1500.0, 3, 2), (1500.0, 3, 2), (1500.0, 4, 4), (1600.0, 1, 4), (1200.0, 12, 4)]

    top, _ = rank(store, rows)

    assert [entry.player_id for entry in top.entries] == [player_id(n) for n in (5, 4, 3, 1, 2)]
    assert [entry.rank for entry in top.entries] == [1, 2, 3, 4, 5]


ROWS = st.lists(
    st.tuples(st.sampled_from([1500.0, 1500.1, 1600.0]), st.integers(1, 3), st.integers(1, 4)),
    min_size=1,
    max_size=8,
)


def test_rank_agrees(store: Store) -> None:
    """The rank of a single player is the one that the board shows."""

    @given(ROWS)
    def agrees(rows: list[tuple[float, int, int]]) -> None:
        top, ranks = rank(store, rows)
        assert {e.player_id: e for e in top.entries} == {e.player_id: e for e in ranks}

    agrees()


@pytest.mark.parametrize(
    "statement",
    [
        board_entries.TOP,
        board_entries.AHEAD,
        board_entries.LINE_OF,
        board_entries.FROM,
        board_entries.NTH,
        places.SOME,
    ],
)
def test_index(tmp_path: Path, statement: Statement) -> None:
    """What is asked of a board is read from an index: nothing is scanned, nothing sorted."""
    explain = Statement(text(f"EXPLAIN QUERY PLAN {statement.text}"))
    known = {"board": "duel", "season": 1, "limit": 10, "player_id": "", "rating": 1.0}
    known |= {"rank_key": 1, "ahead": 1}
    parameters = {name: known[name] for name in known if f":{name}" in statement.text}

    with Store(tmp_path / "tremble.db") as store:
        plan = store.read(Transaction.rows, explain, **parameters, **statement.constants)

    steps = [str(step[3]) for step in plan]
    assert any(step.startswith("SEARCH board_entry") for step in steps)
    assert not any(step.startswith("SCAN board_entry") or "TEMP B-TREE" in step for step in steps)


def test_totals(store: Store) -> None:
    """A board counts its players once each, and shows no more entries than asked for."""
    ledger.post(store, result(1, line(1, 1), line(2, 2)))
    ledger.post(store, result(2, line(1, 1), line(3, 2)))

    top = store.read(board_entries.top, "duel", 2)

    assert top is not None
    assert (top.total, len(top.entries), top.season) == (3, 2, 1)
    assert top.last_updated == result(1).ended_at


def test_entry(store: Store) -> None:
    """An entry sums up all matches of the player and names the last."""
    ledger.post(store, result(1, line(1, 1), line(2, 2)))
    ledger.post(store, result(2, line(2, 1), line(1, 2), after_s=600))

    entry = store.read(board_entries.of_player, player_id(1))["duel"]

    assert (entry.matches_played, entry.wins, entry.losses, entry.draws) == (2, 1, 1, 0)
    assert (entry.kills, entry.deaths, entry.accuracy) == (15, 15, 15 / 40)
    assert entry.match_id == match_id(2)
    assert entry.provisional


def test_replay(store: Store) -> None:
    """An entry tells where the replay of its match is, if there is one."""
    ledger.post(store, result(1, line(1, 1), line(2, 2), replay="a" * 64))
    assert entry_of(store, 1).replay == f"/v1/matches/{match_id(1)}/replay"

    ledger.post(store, result(2, line(1, 1), line(3, 2), after_s=600))
    assert entry_of(store, 1).replay is None
    assert entry_of(store, 2).replay is not None


def entry_of(store: Store, number: int) -> Entry:
    return store.read(board_entries.of_player, player_id(number))["duel"]


def test_unknown(store: Store) -> None:
    """A board without a match does not exist."""
    assert store.read(board_entries.top, "duel", 10) is None
