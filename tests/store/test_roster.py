"""The roster: what it finds is what the store holds, whatever came, changed or went."""

import pytest
from results import line, player_id, result

from tremble import ledger
from tremble.store import accounts, players, roster, search
from tremble.store.engine import Store
from tremble.store.roster import Roster


def names(store: Store, by: Roster, word: str) -> list[str]:
    return [player.username for player in store.read(by.players_named, word, 10)]


def test_follows(store: Store) -> None:
    """Names that came, changed or went since the roster was loaded are those that it finds."""
    ledger.post(store, result(1, line(1, 1, name="Anna"), line(2, 2, name="Bert")))
    by = Roster(store)
    assert names(store, by, "ann") == ["Anna"]

    ledger.post(store, result(2, line(1, 1, name="Carla"), line(3, 2, name="Änne"), after_s=600))
    ledger.post(store, result(3, line(2, 1, name="old Bert"), line(3, 2, name="x"), after_s=-600))
    assert names(store, by, "ann") == ["Änne"]
    assert names(store, by, "carl") == ["Carla"]
    assert names(store, by, "bert") == ["Bert"]

    store.write(players.rename, player_id(2), "Dora").result()
    store.write(accounts.erase, player_id(1), 2**60).result()
    assert [names(store, by, word) for word in ("bert", "dora", "carl")] == [[], ["Dora"], []]


def test_many(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too many to put in order those who played last are there; a large record is loaded beside."""
    monkeypatch.setattr(roster, "MOST", 3)
    monkeypatch.setattr(roster, "QUICK", 5)
    monkeypatch.setattr(roster, "PIECE", 2)
    monkeypatch.setattr(search, "LATELY", 1)
    for n in range(1, 9):
        two = line(n, 1, name=f"wolf {n}"), line(n + 10, 2, name=f"bear {n}")
        ledger.post(store, result(n, *two, after_s=600 * n))
    by = Roster(store)

    assert names(store, by, "wolf")[:2] == ["wolf 8", "wolf 7"]
    while by._order is None:
        names(store, by, "wolf")
    assert names(store, by, "wolf") == ["wolf 8", "wolf 3", "wolf 2", "wolf 1"]
    assert names(store, by, "BEAR 5") == ["bear 5"]
    assert names(store, by, "") == [
        f"{who} {n}" for n in range(8, 3, -1) for who in ("wolf", "bear")
    ]
