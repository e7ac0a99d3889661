"""Accounts: a guest is the player its key gives, and no two logins are the same."""

import pytest

from tremble import token
from tremble.store import accounts, instant, players
from tremble.store.accounts import Account
from tremble.store.engine import Store

KEY = bytes(16)
GUEST = token.player_id(KEY)
DEVICE = token.device_digest(KEY)
NOW = 1_767_268_800_000_000


def login(player_id: str, username: str) -> Account:
    return Account(player_id, None, username, "hash", instant.from_store(NOW))


def test_guest(store: Store) -> None:
    """A guest's account is made once, under its player id, and the key is not kept."""
    first = store.write(accounts.create_guest, GUEST, DEVICE, "anna", NOW).result()
    again = store.write(accounts.create_guest, GUEST, DEVICE, "bert", NOW + 1).result()

    assert first == again == store.read(accounts.find, GUEST)
    assert KEY.hex() not in repr(again)
    player = store.read(players.find, GUEST)
    assert player is not None
    assert player.username == "anna"


def test_known_player(store: Store) -> None:
    """A guest who has played keeps the name of the last match."""
    store.write(players.name, GUEST, "carla", NOW).result()

    store.write(accounts.create_guest, GUEST, DEVICE, "anna", NOW + 1).result()

    player = store.read(players.find, GUEST)
    assert player is not None
    assert player.username == "carla"


@pytest.mark.parametrize("username", ["anna", "ANNA"])
def test_taken(store: Store, username: str) -> None:
    """A username is one login however it is written."""
    assert store.write(accounts.create, login("1" * 16, "Anna")).result()

    assert not store.write(accounts.create, login("2" * 16, username)).result()
    assert store.read(accounts.find, "2" * 16) is None
    assert store.read(accounts.by_username, username) == login("1" * 16, "Anna")
