"""Voiding as operators do it: what was foretold comes true, is noted, and can be taken back."""

from results import line, match_id, player_id, result
from stores import dump

from tremble import ledger
from tremble.store import audit, rebuild, voiding
from tremble.store.audit import By
from tremble.store.engine import Store

BY = By("operator:mo", "::1", 77)


def nothing() -> None:
    """Takes no step."""


def play(store: Store) -> None:
    for number in range(6):
        other = line(2 + number % 3, 2)
        ledger.post(store, result(number, line(1, 1), other, after_s=3600 * number))


def test_a_match_is_voided_and_restored(store: Store) -> None:
    """The moves are those of the preview, the audit has both acts, and after all it is as before."""
    play(store)
    before = dump(store)
    target = match_id(1)
    ids = store.read(voiding.named, "void", target)
    assert ids == [target]
    foretold = store.read(rebuild.preview, ids, nothing)

    moved = voiding.carry_out(store, BY, "void", target, ids, nothing)
    back = voiding.carry_out(store, BY, "restore", target, ids, nothing)

    assert foretold == moved != []
    assert sorted((m.player_id, m.after, m.before) for m in back) == sorted(
        (m.player_id, m.before, m.after) for m in moved
    )
    noted = [(e.actor, e.action, e.target, e.after) for e in store.read(audit.pages, 10)]
    assert noted == [
        ("operator:mo", act, target, {"matches": [target]}) for act in ("restore", "void")
    ]
    assert [r for r in dump(store)["rating_history"]] == [r for r in before["rating_history"]]


def test_all_of_a_player(store: Store, monkeypatch) -> None:
    """Each batch has its entry; an unknown match is none."""
    play(store)
    monkeypatch.setattr(voiding, "BATCH", 4)
    ids = store.read(voiding.named, "void", player_id(1))
    assert ids is not None and len(ids) == 6

    voiding.carry_out(store, BY, "void", player_id(1), ids, nothing)

    assert store.read(voiding.named, "void", player_id(1)) == []
    assert store.read(voiding.named, "restore", player_id(1)) == ids
    assert store.read(voiding.named, "void", match_id(99)) is None
    entries = store.read(audit.pages, 10, audit.NEWEST, player_id(1))
    assert [len(e.after["matches"]) for e in entries if e.after] == [2, 4]
