"""Bans: in force until they end or are taken back, one a player."""

from datetime import timedelta

from tremble.store import bans, instant
from tremble.store.bans import Ban
from tremble.store.engine import Store

NOW = 1_767_268_800_000_000
AT = instant.from_store(NOW)
WHO = "1" * 16


def test_ends(store: Store) -> None:
    """A ban with an end is over at that instant; one without is for good."""
    store.write(bans.add, Ban(WHO, AT, AT + timedelta(days=1), "spam")).result()

    assert store.read(bans.find, WHO, NOW + instant.DAY - 1) is not None
    assert store.read(bans.find, WHO, NOW + instant.DAY) is None
    store.write(bans.add, Ban(WHO, AT, None, "again")).result()
    assert store.read(bans.find, WHO, NOW + 9999 * instant.DAY) == Ban(WHO, AT, None, "again")
    assert store.read(bans.find, "2" * 16, NOW) is None
    assert [ban.reason for ban in store.read(bans.every)] == ["again"]


def test_taken_back(store: Store) -> None:
    """A ban is taken back once."""
    store.write(bans.add, Ban(WHO, AT, None, "spam")).result()

    assert store.write(bans.remove, WHO).result()
    assert not store.write(bans.remove, WHO).result()
    assert store.read(bans.find, WHO, NOW) is None
