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


def test_both_ways(store: Store) -> None:
    """It is read backwards from any number, and forwards, each item once."""
    for number in (1, 2, 3):
        ledger.post(store, result(number, line(1, 1), line(2, 2)))

    backwards = [item.seq for item in store.read(feed.latest, 2, 4)]
    forwards = [item.seq for item in store.read(feed.after, 1, 2)]

    assert (backwards, forwards) == ([3, 2], [2, 3])
    assert store.read(feed.last) == 4
    assert store.read(feed.after, 4, 2) == []


def test_empty(store: Store) -> None:
    """Before anything happened the last number is 0."""
    assert store.read(feed.last) == 0
