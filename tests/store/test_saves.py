"""Versions of saves: kept in order, thirty of them or thirty days, one key for one upload."""

from datetime import UTC, datetime, timedelta

import pytest

from tremble.errors import Conflict
from tremble.store import instant, saves
from tremble.store.engine import Store, Transaction
from tremble.store.saves import Info, Version

ANNA, BERT = "a" * 16, "b" * 16
NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)


def version(number: int, at: datetime = NOW, kind: str = "settings") -> Version:
    return Version(Info(kind, number, at, "d" * 32), f'{{"n":{number}}}')


def test_versions(store: Store) -> None:
    """The newest version is the present one; each is found by number, of its player alone."""
    for new in (version(1), version(2), version(1, kind="slot-a")):
        store.write(saves.add, ANNA, new).result()

    assert store.read(saves.latest, ANNA, "settings") == version(2)
    assert store.read(saves.find, ANNA, "settings", 1) == version(1)
    assert store.read(saves.find, ANNA, "settings", 3) is None
    assert store.read(saves.latest, BERT, "settings") is None
    assert [info.version for info in store.read(saves.history, ANNA, "settings")] == [2, 1]
    present = store.read(saves.present, ANNA)
    assert [(info.type, info.version) for info in present] == [("settings", 2), ("slot-a", 1)]


def test_no_version_is_overwritten(store: Store) -> None:
    """A version that is there stays, and who writes it again is told."""
    store.write(saves.add, ANNA, version(1)).result()

    with pytest.raises(Conflict):
        store.write(saves.add, ANNA, version(1, NOW + timedelta(days=1))).result()

    assert store.read(saves.latest, ANNA, "settings") == version(1)


def test_thirty_versions_or_thirty_days(store: Store) -> None:
    """Of 40 days with 3 versions each: the newest 30, and the last of each of the past 30 days."""
    start = NOW - timedelta(days=39)

    def fill(tx: Transaction) -> None:
        for number in range(120):
            at = start + timedelta(days=number // 3, minutes=number % 3)
            saves.add(tx, ANNA, version(number + 1, at))

    store.write(fill).result()

    kept = [info.version for info in store.read(saves.history, ANNA, "settings")]
    newest = list(range(120, 90, -1))
    last_of_days = [day * 3 for day in range(30, 10, -1)]
    assert kept == newest + last_of_days


def test_old_versions_stay(store: Store) -> None:
    """Who comes back after a year finds the newest 30 versions."""
    long_ago = NOW - timedelta(days=365)

    def fill(tx: Transaction) -> None:
        for number in range(29):
            saves.add(tx, ANNA, version(number + 1, long_ago))
        saves.add(tx, ANNA, version(30, NOW))

    store.write(fill).result()

    assert len(store.read(saves.history, ANNA, "settings")) == 30


def test_uploads(store: Store) -> None:
    """An upload is known by its key for thirty days, to its player alone."""
    at = instant.to_store(NOW)
    store.write(saves.note_upload, ANNA, "k1", "settings", "digest", at).result()

    assert store.read(saves.uploaded, ANNA, "k1") == ("settings", "digest")
    assert store.read(saves.uploaded, BERT, "k1") is None
    later = at + saves.KEPT_UPLOADS + 1
    store.write(saves.note_upload, ANNA, "k2", "settings", "digest", later).result()
    assert store.read(saves.uploaded, ANNA, "k1") is None
    assert store.read(saves.uploaded, ANNA, "k2") is not None


def test_erase(store: Store) -> None:
    """Nothing is left of the saves of a player who is erased; others keep theirs."""
    for player in (ANNA, BERT):
        store.write(saves.add, player, version(1)).result()
        store.write(saves.note_upload, player, "k1", "settings", "digest", 0).result()

    store.write(saves.erase, ANNA).result()

    assert store.read(saves.present, ANNA) == []
    assert store.read(saves.uploaded, ANNA, "k1") is None
    assert len(store.read(saves.present, BERT)) == 1
