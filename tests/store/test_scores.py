"""Score boards: best, last and sum over matches, in any order, with any of them voided."""

from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from results import match_id, played, player_id, result
from stores import make_board, shown

from tremble import ledger
from tremble.result import MatchResult
from tremble.store import board_entries, boards, past, scores, voids
from tremble.store.board_entries import Entry
from tremble.store.boards import Kind
from tremble.store.engine import Store, Transaction
from tremble.store.scores import Operator, ScoreBoard

BOARDS = [
    ScoreBoard(f"duel.pit.{field}-{operator}", "duel", "pit", Kind(field, operator))
    for field in ("score", "won")
    for operator in get_args(Operator)
] + [ScoreBoard("duel.score-best", "duel", None, Kind("score", "best"))]


def entry(store: Store, name: str) -> Entry:
    return next(e for e in shown(store, name) if e.player_id == player_id(1))


def make(store: Store) -> None:
    for one in BOARDS:
        assert make_board(store, one)


def test_operators(store: Store) -> None:
    """The best keeps the row of its match whole, the last that of the last, the sum adds all."""
    make(store)
    for number, score, after_s in [(1, 12, 0), (2, 30, 600), (3, 5, 1200)]:
        ledger.post(store, played(number, score, after_s))

    best, last, total = (entry(store, f"duel.pit.score-{name}") for name in get_args(Operator))
    assert (best.rating, best.kills, best.deaths, best.match_id) == (30, 30, 2, match_id(2))
    assert (last.rating, last.kills, last.deaths, last.match_id) == (5, 5, 3, match_id(3))
    assert (total.rating, total.kills, total.deaths, total.match_id) == (47, 47, 6, match_id(3))
    assert best.matches_played == last.matches_played == total.matches_played == 3
    assert entry(store, "duel.pit.won-sum").rating == 2
    assert [e.rank for e in shown(store, "duel.pit.score-best")] == [1, 2]


def test_earlier_is_ahead(store: Store) -> None:
    """Of equal scores the one that was reached earlier is ahead, and stays the best."""
    make(store)
    ledger.post(store, played(1, 9, 600))
    ledger.post(store, played(2, 10, 1200))
    ledger.post(store, played(3, 10, 1800))

    board = shown(store, "duel.pit.score-best")
    assert [(e.player_id, e.match_id) for e in board] == [
        (player_id(2), match_id(1)),
        (player_id(1), match_id(2)),
    ]


def test_maps(store: Store) -> None:
    """A board of one map leaves the matches on others out."""
    make(store)
    ledger.post(store, played(1, 12, 0))
    ledger.post(store, played(2, 30, 600, "other"))

    assert entry(store, "duel.pit.score-best").rating == 12
    assert entry(store, "duel.score-best").rating == 30


def test_made_later(store: Store) -> None:
    """A board that is made later counts what was played, and says how much and when."""
    for number in (1, 2, 3):
        ledger.post(store, played(number, 12 - number, 600 * number))
    make(store)

    board = store.read(board_entries.top, "duel.pit.score-best", 10)
    head = store.read(boards.head, "duel.pit.score-best")
    assert board is not None
    assert head is not None
    assert (head.matches, board.total) == (3, 2)
    assert board.last_updated == played(3, 9, 1800).ended_at


def test_taken_name(store: Store) -> None:
    """A name that a board has already is not given to another."""
    ledger.post(store, result(1))

    new = ScoreBoard("duel", "duel", None, Kind("score", "best"))
    assert not make_board(store, new)


MATCHES = st.lists(
    st.tuples(st.integers(0, 20), st.sampled_from(["pit", "other"]), st.booleans()),
    min_size=1,
    max_size=6,
)


class Undo(Exception):
    """Ends a job without a trace, carrying its answer."""


@given(MATCHES, st.randoms(use_true_random=False))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_history(store: Store, history: list[tuple[int, str, bool]], random: "object") -> None:
    """Posted in any order, with any matches voided, counted at once or later: the same boards."""
    posts = [
        (played(number, score, 600 * number, level), void)
        for number, (score, level, void) in enumerate(history, 1)
    ]
    shuffled = list(posts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert run(store, posts, early=True) == run(store, shuffled, early=False)


def run(
    store: Store, posts: list[tuple[MatchResult, bool]], early: bool
) -> list[list[tuple[object, ...]]]:
    """Post, void some, restore a few of those, and return the boards; the store stays as it was."""

    def job(tx: Transaction) -> None:
        if early:
            create(tx)
        for posted, _ in posts:
            ledger.record(tx, posted)
        for posted, void in posts:
            voids.void(tx, posted.match_id, "match", 0)
            if not void:
                voids.restore(tx, posted.match_id, "match")
        if not early:
            create(tx)
        raise Undo([rows(tx, one.name) for one in BOARDS])

    undo = store.write(job).exception()
    assert isinstance(undo, Undo)
    found: list[list[tuple[object, ...]]] = undo.args[0]
    return found


def create(tx: Transaction) -> None:
    for one in BOARDS:
        past.create(tx, one)
    while past.catch_up(tx, 2):
        pass


def rows(tx: Transaction, name: str) -> list[tuple[object, ...]]:
    board = board_entries.top(tx, name, 10)
    if board is None:
        return []
    return [
        (e.rank, e.player_id, e.rating, e.kills, e.deaths, e.wins, e.matches_played, e.match_id)
        for e in board.entries
    ]


@pytest.mark.parametrize("one", BOARDS, ids=[one.name for one in BOARDS])
def test_voided_all(store: Store, one: ScoreBoard) -> None:
    """When all matches are voided, nobody stays on the board."""
    make_board(store, one)
    ledger.post(store, played(1, 12, 0))

    store.write(voids.void, match_id(1), "match", 0).result()

    assert shown(store, one.name) == []


def test_restored_after_made(store: Store) -> None:
    """A board that was made when every match was void comes to life with the first restored."""
    ledger.post(store, played(1, 12, 0))
    store.write(voids.void, match_id(1), "match", 0).result()
    make(store)

    store.write(voids.restore, match_id(1), "match").result()

    assert entry(store, "duel.pit.score-best").rating == 12


EACH = ScoreBoard("duel.*", "duel", scores.EACH_MAP, Kind("won", "sum"))


@pytest.mark.parametrize("early", [True, False])
def test_each_map(store: Store, early: bool) -> None:
    """Every map has a board of its own, whether made before or after; a voided match is taken out."""
    if early:
        assert make_board(store, EACH)
    for number, level in enumerate(["pit", "pit", "other"], 1):
        ledger.post(store, played(number, 12, 600 * number, level))
    if not early:
        assert make_board(store, EACH)

    assert entry(store, "duel.pit").rating == 2
    assert entry(store, "duel.other").rating == 1
    assert sorted(store.read(boards.names)) == ["duel", "duel.other", "duel.pit"]
    store.write(voids.void, match_id(2), "match", 0).result()
    assert entry(store, "duel.pit").rating == 1


def test_each_map_but_one(store: Store) -> None:
    """A board that was made by hand under a map's name stays what it is."""
    mine = ScoreBoard("duel.pit", "duel", None, Kind("score", "best"))
    for one in (mine, EACH):
        assert make_board(store, one)
    ledger.post(store, played(1, 12, 0))

    assert entry(store, "duel.pit").rating == 12
