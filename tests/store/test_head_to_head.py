"""Head to head: two players' matches against each other, summed up."""

from pathlib import Path

from results import line, match_id, player_id, result
from sqlalchemy import text

from tremble import ledger
from tremble.result import MatchResult
from tremble.store import head_to_head, voids
from tremble.store.engine import Store, Transaction
from tremble.store.head_to_head import HeadToHead, Tally
from tremble.store.sql import Statement


def between(store: Store, one: int, other: int, board: str | None = None) -> HeadToHead:
    return store.read(head_to_head.between, player_id(one), player_id(other), board)


def lost(number: int) -> MatchResult:
    """Player 2 beats player 1 on another map."""
    return result(number, line(2, 1), line(1, 2), map="moat", after_s=600 * number)


def test_sums(store: Store) -> None:
    """Wins, losses, draws and kills are counted in all and by map, the most played map first."""
    drawn = [line(1, 1, won=False), line(2, 1, won=False)]
    for posted in (result(1), lost(2), lost(3), result(4, *drawn, map="moat")):
        ledger.post(store, posted)

    found = between(store, 1, 2)

    assert found.total == Tally(4, 1, 2, 1, 30, 35)
    assert list(found.maps) == ["moat", "pit"]
    assert found.maps["pit"] == Tally(1, 1, 0, 0, 10, 5)
    assert found.last_met_at == lost(3).ended_at


def test_mirror(store: Store) -> None:
    """What one won, the other lost."""
    for posted in (result(1), lost(2), lost(3)):
        ledger.post(store, posted)

    one, other = between(store, 1, 2).total, between(store, 2, 1).total

    assert (one.wins, one.losses, one.kills) == (other.losses, other.wins, other.opponent_kills)


def test_places(store: Store) -> None:
    """In a free-for-all the better place counts, whoever won the match."""
    ledger.post(store, result(1, line(3, 1), line(1, 2), line(2, 3), mode="ffa"))

    assert between(store, 1, 2).total.wins == 1
    assert between(store, 1, 2, "duel").total.matches == 0


def test_what_does_not_count(store: Store) -> None:
    """Matches on one team and voided ones are not counted; strangers never met."""
    ledger.post(store, result(1, line(1, 1, team=1), line(2, 1, team=1), line(3, 2, team=2)))
    ledger.post(store, result(2))
    store.write(voids.void, match_id(2), voids.ITSELF, 0).result()

    found = between(store, 1, 2)

    assert (found.total.matches, found.last_met_at, found.maps) == (0, None, {})


def test_index(tmp_path: Path) -> None:
    """Of neither player a line is read, only an index that has what they are compared by."""
    explain = Statement(text(f"EXPLAIN QUERY PLAN {head_to_head.BY_MAP.text}"))
    asked = {"player": player_id(1), "opponent": player_id(2), "board": None}

    with Store(tmp_path / "tremble.db") as store:
        plan = store.read(Transaction.rows, explain, **asked, **head_to_head.BY_MAP.constants)

    steps = [str(step[3]) for step in plan]
    for side in ("mine", "theirs"):
        assert any(
            step.startswith(f"SEARCH {side} USING COVERING INDEX match_line_by_player ")
            for step in steps
        ), steps
