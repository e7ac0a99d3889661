"""The feed tells of matches and of new leaders."""

from results import line, match_id, player_id, result

from tremble import ledger
from tremble.store import feed
from tremble.store.engine import Store


def test_feed(store: Store) -> None:
    """Each match is told once, and a leader only when taking the lead."""
    ledger.post(store, result(1, line(1, 1), line(2, 2)))
    ledger.post(store, result(2, line(1, 1), line(2, 2)))

    items = store.read(feed.latest, 10)

    assert [(item.kind, item.match_id, item.player_id) for item in items] == [
        ("match", match_id(2), None),
        ("new_leader", match_id(1), player_id(1)),
        ("match", match_id(1), None),
    ]
    assert items[1].username == "player 1"
