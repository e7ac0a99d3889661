"""The audit: entries in order, newest first, by page and by target."""

import random

import pytest

from tremble.store import audit, audit_targets
from tremble.store.audit import By
from tremble.store.engine import Store, Transaction

BY = By("key:1", "192.0.2.1", 1_000_000)


def test_pages(store: Store) -> None:
    """Each entry is numbered and comes back as it was written."""
    for number in range(5):
        state = {"number": number}
        store.write(audit.note, BY, "ban", f"target {number % 2}", None, state).result()

    first = store.read(audit.pages, 2)
    rest = store.read(audit.pages, 10, first[-1].seq)
    on = store.read(audit.pages, 10, audit.NEWEST, "target 1")

    assert [entry.after for entry in first + rest] == [{"number": n} for n in (4, 3, 2, 1, 0)]
    assert [entry.seq for entry in on] == [4, 2]
    assert (on[0].actor, on[0].origin, on[0].action, on[0].before) == (
        "key:1", "192.0.2.1", "ban", None,
    )  # fmt: skip
    assert on[0].at.timestamp() == 1.0


def test_forget(store: Store) -> None:
    """Who is erased leaves entries that say what was done, and nothing of who it was."""
    store.write(audit.note, BY, "ban", "a", {"x": 1}, {"y": 2}).result()
    store.write(audit.note, BY, "ban", "b", None, {"y": 2}).result()

    store.write(audit.forget, "a").result()

    other, forgotten = store.read(audit.pages, 10)
    assert (forgotten.before, forgotten.after, forgotten.action) == (None, None, "ban")
    assert other.after == {"y": 2}


@pytest.mark.parametrize("most", [0, audit.MAX_KINDS])
def test_found(store: Store, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """What is found by words, in pages, is what a look at every entry finds, whichever way is taken."""
    monkeypatch.setattr(audit, "MAX_KINDS", most)
    monkeypatch.setattr(audit_targets, "MAX_TARGETS", most)
    monkeypatch.setattr(audit, "LOOKED", 25)
    dice = random.Random(5)
    actors, actions = ["key:Anna", "key:b", "cli:anna", "100%"], ["ban.add", "ban.lift", "note"]
    targets = ["a" * 16, "ab" * 8, "duel_1", "duel_12"]

    def write(tx: Transaction) -> None:
        for number in range(60):
            by = By(dice.choice(actors), "192.0.2.1", number)
            audit.note(tx, by, dice.choice(actions), dice.choice(targets))

    store.write(write).result()
    every = store.read(audit.pages, 100)

    for actor in ("", "anna", "KEY", "%", "nobody"):
        for action in ("", "ban", "note", "x"):
            for target in (
                "",
                "a" * 16,
                "duel_12",
                "UEL",
                "l_1",
                "el",
                "2",
                "bab",
                "uel_2",
                "z",
                "%",
                "_",
            ):
                words = (actor.lower(), action, target.lower())
                wanted = [
                    one.seq
                    for one in every
                    if words[0] in one.actor.lower()
                    and words[1] in one.action
                    and (words[2] in one.target)
                ]
                assert seqs(store, 7, *words) == wanted, words


def seqs(store: Store, limit: int, *words: str) -> list[int]:
    """Return the numbers of all entries that are found, page by page."""
    found: list[int] = []
    before: int | None = audit.NEWEST
    while before is not None:
        some, before = store.read(audit.found, limit, before, *words)
        assert len(some) <= limit
        found += [one.seq for one in some]
    return found
