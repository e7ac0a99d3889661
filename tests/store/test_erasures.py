"""Who was erased stays without a name, in whatever results come later."""

import pytest
from results import START, line, match_id, player_id, result
from stores import dump

from tremble import ledger
from tremble.store import accounts, erasures, instant, matches
from tremble.store.engine import Store

NAME = "unmistakable"
#: Results last 300 s: the first ends before this, one of an hour later does not.
ERASED_AT = instant.to_store(START) + 600 * 1_000_000


def post(store: Store, number: int, after_s: float = 0) -> str:
    """Post a match of player 1 under NAME; return the name that is shown."""
    posted = result(number, line(1, 1, name=NAME), line(2, 2), after_s=after_s)
    assert ledger.post(store, posted)
    found = store.read(matches.find, match_id(number))
    assert found is not None
    assert found.players[1].username == "player 2"
    return found.players[0].username


@pytest.mark.parametrize("after_s", [0, 3600])
def test_later_result(store: Store, after_s: float) -> None:
    """A result that lay in an outbox, and one of a match played since, bring no name back."""
    post(store, 1)
    store.write(accounts.erase, player_id(1), ERASED_AT).result()

    assert post(store, 2, after_s) == erasures.ERASED
    assert NAME not in repr(dump(store))


def test_new_account(store: Store) -> None:
    """Who signs up again has a name again, but not in matches from before the erasure."""
    store.write(accounts.erase, player_id(1), ERASED_AT).result()
    store.write(accounts.create_guest, player_id(1), "d", NAME, ERASED_AT + 1).result()

    assert post(store, 1, 0) == erasures.ERASED
    assert post(store, 2, 3600) == NAME


def test_others(store: Store) -> None:
    """A result in which nobody was erased is recorded as it is."""
    posted = [result(1), result(2)]

    assert store.write(erasures.anonymous, posted).result() is posted
