"""The graph of ratings: thinned, but no peak is lost and no point invented."""

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from results import START, line, player_id, result
from stores import settle

from tremble import ledger
from tremble.store import graph, instant, seasons
from tremble.store.engine import Store
from tremble.store.graph import A_COLUMN, Graph
from tremble.store.history import FIRST, LAST

rows = st.lists(st.tuples(st.integers(-(10**6), 10**6), st.integers(400, 4000)), max_size=300).map(
    sorted
)


def read(store: Store, limit: int = 100, since: int = FIRST[0], until: int = LAST[0]) -> Graph:
    return store.read(graph.read, "duel", player_id(1), since, until, limit)


def test_all(store: Store) -> None:
    """Few matches are all shown, oldest first."""
    for number in (2, 1, 3):
        ledger.post(store, result(number, after_s=600 * number))
    settle(store)

    found = read(store)

    assert (found.matches, found.thinned) == (3, False)
    assert [int(point.match_id, 16) for point in found.points] == [1, 2, 3]
    assert found.points[0].rating < found.points[-1].rating


def test_span(store: Store) -> None:
    """Only what ended in the span is shown."""
    for number in range(1, 5):
        ledger.post(store, result(number, after_s=600 * number))
    second, fourth = (instant.to_store(result(n, after_s=600 * n).ended_at) for n in (2, 4))

    found = read(store, since=second, until=fourth)

    assert [int(point.match_id, 16) for point in found.points] == [2, 3]


def test_thinned(store: Store) -> None:
    """Of many matches some stand for the others, and the answer says so."""
    for number in range(1, 21):
        ledger.post(store, result(number, after_s=600 * number))

    found = read(store, 8)

    assert (found.matches, found.thinned) == (20, True)
    assert len(found.points) <= 8


def thin(given_rows: Sequence[tuple[int, int]], limit: int) -> list[tuple[int, int]]:
    """Return at most *limit* of these times and values, as a graph has them."""
    if len(given_rows) <= limit:
        return list(given_rows)
    width = graph.width_of(given_rows[0][0], given_rows[-1][0], limit)
    return [(row[0], row[1]) for row in graph.thin(given_rows, given_rows[0][0], width)]


def test_thinned_as_by_hand(store: Store) -> None:
    """Thinned by the database, the points are those of thinning all of them: across the seasons, and of
    matches that end at one instant."""
    dice = random.Random(7)
    for day in (10_000, 20_000):
        store.write(seasons.begin, instant.to_store(START) + day * 1_000_000).result()
    for number in range(1, 81):
        two = [1, 2] if dice.random() < 0.6 else [2, 1]
        lines = [line(who, place) for place, who in enumerate(two, 1)]
        ledger.post(store, result(number, *lines, after_s=600 * (number - number % 3 // 2)))
    settle(store)
    every = [(instant.to_store(p.ended_at), p.rating) for p in read(store, 100).points]

    for limit in (4, 9, 20, 60):
        points = read(store, limit).points
        found = [(instant.to_store(p.ended_at), p.rating) for p in points]
        assert found == thin(every, limit)
        assert read(store, limit).matches == len(every)


@given(rows, st.integers(A_COLUMN, 60))
def test_thin(given_rows: list[tuple[int, int]], limit: int) -> None:
    """Points are real, in order, not too many; ends, peaks and depths of all are among them."""
    kept = thin(given_rows, limit)

    assert len(kept) <= limit
    assert kept == sorted(kept)
    assert set(kept) <= set(given_rows)
    if given_rows:
        values = [value for _, value in given_rows]
        assert {min(values), max(values)} <= {value for _, value in kept}
        assert (kept[0], kept[-1]) == (given_rows[0], given_rows[-1])


def test_each_column() -> None:
    """Each span of time keeps its own peak and depth."""
    zigzag = [
        (at, 1500 + (100 if at % 50 == 20 else -100 if at % 50 == 30 else 0)) for at in range(500)
    ]

    kept = thin(zigzag, 40)

    assert sum(value == 1600 for _, value in kept) == 10
    assert sum(value == 1400 for _, value in kept) == 10
