"""Ratings are the same rows whatever order the matches arrived in."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from results import histories, line, match_id, player_id, result
from stores import fresh, post_all, ratings_of, settle

from tremble import ledger
from tremble.result import MatchResult
from tremble.store import board_entries, matches, ratings
from tremble.store.engine import Store


def in_order(history: list[MatchResult]) -> list[MatchResult]:
    return sorted(history, key=lambda posted: (posted.ended_at, posted.match_id))


@given(histories, st.randoms(use_true_random=False), st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_any_order(
    tmp_path_factory: pytest.TempPathFactory,
    history: list[MatchResult],
    rng: random.Random,
    together: int,
) -> None:
    """Any order of posting, any repetition, however many together: the same rows."""
    path = tmp_path_factory.mktemp("ratings")
    posts = history + rng.choices(history, k=3)
    rng.shuffle(posts)
    with fresh(path / "order.db") as ordered, fresh(path / "any.db") as store:
        for posted in in_order(history):
            ledger.post(ordered, posted)
        # Of two that ended in the same instant the second is rated behind.
        assert ordered.read(ratings.waiting) == 0 or len({p.ended_at for p in history}) < len(
            history
        )
        settle(ordered)
        for first in range(0, len(posts), together):
            store.write(ledger.record_all, posts[first : first + together]).result()
        settle(store)

        assert ratings_of(store) == ratings_of(ordered)


def test_busy_evening(store: Store, tmp_path: Path) -> None:
    """Sixty matches of four players in one evening, where pairs saturate: backwards as forwards."""
    rng = random.Random(4)
    history = []
    for number in range(60):
        one, other = rng.sample(range(1, 5), 2)
        history.append(result(number, line(one, 1), line(other, 2), after_s=600 * number))
    with fresh(tmp_path / "forwards.db") as forwards:
        post_all(forwards, history)
        post_all(store, reversed(history))
        settle(store)

        assert ratings_of(store) == ratings_of(forwards)


def test_late_result_is_due(store: Store) -> None:
    """A late result counts at once; its ratings, and those after it, follow when they are settled."""
    ledger.post(store, result(2, after_s=6000))
    ledger.post(store, result(1, line(2, 1), line(1, 2), after_s=0))
    counted = store.read(board_entries.of_player, player_id(1))["duel"]
    assert (counted.wins, counted.losses, store.read(ratings.waiting)) == (1, 1, 1)

    settle(store)

    late = store.read(matches.find, match_id(1))
    after = store.read(matches.find, match_id(2))
    assert late is not None and after is not None
    assert late.players[0].rating_before == 1500.0
    assert after.players[1].rating_before == late.players[0].rating_after
    assert store.read(ratings.waiting) == 0


def test_saturation_counts_a_day(tmp_path: Path) -> None:
    """The fourth match of a pair in a day moves less than it does a day later."""
    gains = []
    for gap in (600, 90_000):
        with fresh(tmp_path / f"{gap}.db") as other:
            for number in range(3):
                ledger.post(other, result(number, after_s=600 * number))
            ledger.post(other, result(3, after_s=1200 + gap))
            found = other.read(matches.find, match_id(3))
        assert found is not None
        before, after = found.players[0].rating_before, found.players[0].rating_after
        assert before is not None and after is not None
        gains.append(after - before)

    assert 0 < gains[0] < 0.7 * gains[1]


def test_teams(store: Store) -> None:
    """A match of two teams moves both players of the winning team up."""
    lines = [line(n, 1 + (n > 2), team=1 + (n > 2)) for n in range(1, 5)]
    ledger.post(store, result(1, *lines, mode="tdm"))

    moved = [store.read(board_entries.of_player, player_id(n))["tdm"].rating for n in range(1, 5)]

    assert moved[0] == moved[1] > 1500 > moved[2] == moved[3]


def test_pages(store: Store) -> None:
    """A player's history comes newest first, page by page, each point once, with its match."""
    for number in range(1, 6):
        ledger.post(store, result(number, after_s=600 * number))
    first, cursor = store.read(ratings.pages, "duel", player_id(1), 3)
    assert cursor is not None
    second, end = store.read(ratings.pages, "duel", player_id(1), 3, cursor)

    assert [point.match_id for point in first + second] == [match_id(n) for n in (5, 4, 3, 2, 1)]
    assert end is None
    for newer, older in zip(first, [*first[1:], *second], strict=False):
        assert newer.rating_before == older.rating
    assert second[-1].rating_before == 1500.0
    assert second[-1].provisional
