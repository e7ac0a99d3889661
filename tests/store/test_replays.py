"""store/replays.py: a match may have a replay, known by its digest."""

from results import match_id, result

from tremble import ledger
from tremble.store import replays
from tremble.store.engine import Store
from tremble.store.replays import Replay

DIGEST = "ab" * 32


def test_found_with_the_server(store: Store) -> None:
    """A result that names a replay lets it be found; the first one counts."""
    posted = result(1, replay=DIGEST)
    ledger.post(store, posted)
    ledger.post(store, result(1, replay="cd" * 32))

    assert store.read(replays.find, match_id(1)) == Replay(posted.server_id, DIGEST)


def test_a_match_need_not_have_one(store: Store) -> None:
    """Nor is one found of a match that was never posted."""
    ledger.post(store, result(1))

    assert store.read(replays.find, match_id(1)) is None
    assert store.read(replays.find, match_id(2)) is None
