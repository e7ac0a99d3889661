"""Matches come back as they were posted, page by page."""

from results import line, match_id, result

from tremble import ledger
from tremble.store import matches
from tremble.store.engine import Store


def test_found(store: Store) -> None:
    """A match is found with all that was posted of it."""
    posted = result(1, line(1, 1, left=True, suicides=2), line(2, 2))
    ledger.post(store, posted)

    found = store.read(matches.find, match_id(1))

    assert found is not None
    assert (found.mode, found.map, found.server_id) == (posted.mode, posted.map, posted.server_id)
    assert (found.started_at, found.ended_at) == (posted.started_at, posted.ended_at)
    for was, recorded in zip(posted.players, found.players, strict=True):
        assert recorded.username == was.name
        for field in ("player_id", "place", "won", "score", "kills", "deaths", "suicides"):
            assert getattr(recorded, field) == getattr(was, field)
        assert (recorded.weapons, recorded.items, recorded.left) == (
            was.weapons,
            was.items,
            was.left,
        )
        assert recorded.rating_before == 1500.0
    assert found.players[0].rating_after > 1500.0 > found.players[1].rating_after


def test_unknown(store: Store) -> None:
    """A match that was never posted is not found."""
    assert store.read(matches.find, match_id(1)) is None


def test_pages(store: Store) -> None:
    """Page after page shows each match once, newest first, though more are posted meanwhile."""
    for number in range(1, 8):
        ledger.post(store, result(number))
    first, before = store.read(matches.recent, 3)
    ledger.post(store, result(8))
    assert before is not None
    second, before = store.read(matches.recent, 3, before)
    assert before is not None
    third, end = store.read(matches.recent, 3, before)

    shown = [summary.match_id for summary in first + second + third]

    assert shown == [match_id(number) for number in range(7, 0, -1)]
    assert end is None
