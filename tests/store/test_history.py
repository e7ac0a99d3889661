"""Lists of matches: by what they have in common, page by page, whatever is posted meanwhile."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from results import START, histories, line, match_id, player_id, result
from stores import fresh, post_all, wipe

from tremble import ledger
from tremble.result import MatchResult
from tremble.store import history, instant, seasons, voids
from tremble.store.engine import Store
from tremble.store.history import LAST, Filter, Place


def listed(store: Store, limit: int = 2, **wanted: Any) -> list[int]:
    """Return the numbers of all matches of a list, read page by page."""
    found: list[int] = []
    below: Place | None = LAST
    while below is not None:
        page, below = store.read(history.page, Filter(**wanted), limit, below)
        found += [int(summary.match_id, 16) for summary in page]
    return found


def test_order(store: Store) -> None:
    """The match that ended last comes first, in whatever order they were posted."""
    for number in (2, 4, 1, 3):
        ledger.post(store, result(number, after_s=600 * number))

    assert listed(store) == [4, 3, 2, 1]
    assert listed(store, player=player_id(1)) == [4, 3, 2, 1]


def test_posted_meanwhile(store: Store) -> None:
    """What is posted between two pages, late or not, neither repeats nor hides a match."""
    for number in range(1, 7):
        ledger.post(store, result(number, after_s=600 * number))
    first, below = store.read(history.page, Filter(player_id(1)), 3)
    ledger.post(store, result(8, after_s=600 * 8))
    ledger.post(store, result(7, after_s=600 * 5 + 1))
    assert below is not None

    second, end = store.read(history.page, Filter(player_id(1)), 3, below)

    shown = [summary.match_id for summary in first + second]
    assert shown == [match_id(number) for number in (6, 5, 4, 3, 2, 1)]
    assert end is None


def test_filters(store: Store) -> None:
    """Each condition, alone or with others, leaves the matches that fulfil it."""
    ledger.post(store, result(1, line(1, 1), line(2, 2), map="pit"))
    ledger.post(store, result(2, line(2, 1), line(3, 2), map="moat", after_s=600))
    ledger.post(store, result(3, line(1, 1), line(3, 2), mode="ffa", after_s=1200))
    ledger.post(store, result(4, line(1, 1), line(2, 2, bot=True), after_s=1800))
    ledger.post(store, result(5, line(1, 1), line(2, 2), server_id="6" * 16, after_s=2400))
    middle = instant.to_store(result(3, after_s=1200).ended_at)

    assert listed(store, player=player_id(3)) == [3, 2]
    assert listed(store, map="moat") == [2]
    assert listed(store, mode="duel") == [5, 4, 2, 1]
    assert listed(store, board="duel-bots") == [4]
    assert listed(store, server="6" * 16) == [5]
    assert listed(store, since=middle) == [5, 4, 3]
    assert listed(store, until=middle) == [2, 1]
    assert listed(store, player=player_id(1), opponent=player_id(2)) == [5, 4, 1]
    assert listed(store, player=player_id(1), opponent=player_id(2), board="duel") == [5, 1]
    assert listed(store, player=player_id(1), map="pit", server="5" * 16, until=middle) == [1]
    assert listed(store, map="nowhere") == []
    one, two = player_id(1), player_id(2)
    assert listed(store, 1, player=one, map="pit") == [5, 4, 3, 1]
    assert listed(store, player=two, map="moat") == [2]
    assert listed(store, player=one, server="6" * 16) == [5]
    assert listed(store, player=one, server="6" * 16, map="moat") == []
    assert listed(store, player=one, map="pit", mode="duel", since=middle) == [5, 4]
    assert listed(store, player=one, opponent=two, map="pit") == [5, 4, 1]
    assert listed(store, player=one, opponent=two, server="6" * 16) == [5]
    assert listed(store, 1, player=one, mode="duel") == [5, 4, 1]
    assert listed(store, player=one, mode="ffa") == [3]
    assert listed(store, player=one, board="duel-bots", mode="duel") == [4]
    assert listed(store, 1, player=one, opponent=two, mode="duel", map="pit") == [5, 4, 1]
    assert listed(store, player=one, opponent=two, mode="ffa") == []


@pytest.mark.parametrize("whose", ["player", "opponent"])
@pytest.mark.parametrize("lead", ["server", "map", "board"])
def test_rare_filters_have_an_index(tmp_path: Path, lead: str, whose: str) -> None:
    """A player's matches there are read in their order: not looked for among all, nor sorted."""
    with fresh(tmp_path / "tremble.db") as store:
        ledger.post(store, result(1))
    wanted = dict.fromkeys([*history.CONDITIONS, "ended_at", "seq", "since", "limit"])
    question = history.LISTS[f"{whose} on {lead}"]
    connection = sqlite3.connect(tmp_path / "tremble.db")
    plan = [
        row[3]
        for row in connection.execute(
            f"EXPLAIN QUERY PLAN {question.text}", wanted | question.constants
        )
    ]
    connection.close()

    assert f"match_line_by_player_{lead} (player_id=? AND" in plan[0]
    assert not any("TEMP B-TREE" in step for step in plan)


def test_team_mates(store: Store) -> None:
    """Who plays on the same team is no opponent."""
    four = [line(n, 1 if n < 3 else 2, team=1 if n < 3 else 2) for n in range(1, 5)]
    ledger.post(store, result(1, *four))

    assert listed(store, player=player_id(1), opponent=player_id(2)) == []
    assert listed(store, player=player_id(1), opponent=player_id(3)) == [1]


def test_season(store: Store) -> None:
    """A season's list holds what ended in it, and nothing else."""
    starts_at = instant.to_store(START) + 1000 * 1_000_000
    ledger.post(store, result(1))
    store.write(seasons.begin, starts_at).result()
    ledger.post(store, result(2, after_s=2000))

    assert listed(store, season=1) == [1]
    assert listed(store, season=2) == [2]
    assert listed(store, season=3) == []


def test_void(store: Store) -> None:
    """A voided match stays in the list, marked."""
    ledger.post(store, result(1))
    store.write(voids.void, match_id(1), voids.ITSELF, 0).result()

    (summary,), _ = store.read(history.page, Filter(player_id(1)), 5)

    assert summary.voided


def test_any_history(store: Store) -> None:
    """Every list is what a plain filter over all results leaves, in order."""

    @given(histories, st.integers(1, 6), st.integers(1, 6))
    @settings(max_examples=15, deadline=None)
    def holds(posted: list[MatchResult], one: int, other: int) -> None:
        wipe(store)
        post_all(store, posted)
        seq = {played.match_id: i for i, played in enumerate(posted)}
        order = sorted(posted, key=lambda r: (r.ended_at, seq[r.match_id]), reverse=True)

        def those_with(*players: str) -> list[int]:
            wanted = set(players)
            return [
                int(r.match_id, 16) for r in order if wanted <= {p.player_id for p in r.players}
            ]

        assert listed(store, 3) == those_with()
        assert listed(store, 3, player=player_id(one)) == those_with(player_id(one))
        if one != other:
            both = (player_id(one), player_id(other))
            assert listed(store, 3, player=both[0], opponent=both[1]) == those_with(*both)

    holds()
