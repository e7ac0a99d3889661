"""Boards: which there are."""

from results import line, result

from tremble import ledger
from tremble.store import boards
from tremble.store.engine import Store


def test_names(store: Store) -> None:
    """Boards come with most players first, those with bots last."""
    ledger.post(store, result(1, line(1, 1), line(2, 2, bot=True), line(3, 3)))
    ledger.post(store, result(2, line(1, 1), mode="race"))
    ledger.post(store, result(3))

    assert store.read(boards.names) == ["duel", "race", "duel-bots"]
