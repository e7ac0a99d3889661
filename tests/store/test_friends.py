"""Friends: added and removed by one side, gone with the account."""

import pytest
from results import line, player_id, result

from tremble import ledger
from tremble.store import accounts, friends
from tremble.store.engine import Store


@pytest.fixture
def crowd(store: Store) -> Store:
    """A store that has seen five players."""
    ledger.post(store, result(1, *[line(i, i) for i in range(1, 6)]))
    return store


def of(store: Store, number: int) -> list[str]:
    return [friend.player_id for friend in store.read(friends.every, player_id(number))]


def add(store: Store, number: int, friend: int, at: int = 0) -> str | None:
    return store.write(friends.add, player_id(number), player_id(friend), at).result()


def test_add_and_remove(crowd: Store) -> None:
    """Friends come in the order in which they were added, each once, and on one side alone."""
    for friend, at in [(3, 1), (2, 2), (3, 3)]:
        assert add(crowd, 1, friend, at) is None

    assert of(crowd, 1) == [player_id(3), player_id(2)]
    assert of(crowd, 3) == []
    remove = friends.remove, player_id(1), player_id(3)
    assert [crowd.write(*remove).result() for _ in range(2)] == [True, False]
    assert of(crowd, 1) == [player_id(2)]


def test_refused(crowd: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is their own friend, a stranger is nobody's, and there are not too many."""
    monkeypatch.setattr(friends, "MAX_FRIENDS", 2)

    assert add(crowd, 1, 1) == "own_friend"
    assert add(crowd, 1, 9) == "unknown_player"
    assert [add(crowd, 1, friend) for friend in (2, 3, 4)] == [None, None, "too_many_friends"]


def test_erased(crowd: Store) -> None:
    """Who erases the account has no friends any more, and is nobody's."""
    add(crowd, 1, 2)
    add(crowd, 2, 1)
    add(crowd, 2, 3)

    crowd.write(accounts.erase, player_id(1), 0).result()

    assert (of(crowd, 1), of(crowd, 2)) == ([], [player_id(3)])
