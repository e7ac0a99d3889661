"""Notes of moderators: kept, taken away, and gone with the player."""

from tremble.store import accounts, audit, notes
from tremble.store.audit import By
from tremble.store.engine import Store

BY = By("operator:mo", "::1", 5_000_000)


def test_kept_and_taken_away(store: Store) -> None:
    """Newest first; what was done is noted, the text is not."""
    first = store.write(notes.add, BY, "a" * 16, "mo", "aims\nwell").result()
    second = store.write(notes.add, BY, "a" * 16, "anna", "talked to").result()

    assert [(n.seq, n.author, n.text) for n in store.read(notes.of_player, "a" * 16)] == [
        (second, "anna", "talked to"),
        (first, "mo", "aims\nwell"),
    ]
    assert not store.write(notes.remove, BY, "b" * 16, first).result()
    assert store.write(notes.remove, BY, "a" * 16, first).result()
    assert not store.write(notes.remove, BY, "a" * 16, first).result()
    entries = store.read(audit.pages, 10)
    assert [e.action for e in entries] == ["remove-note", "note", "note"]
    assert "aims" not in str(entries)


def test_gone_with_the_player(store: Store) -> None:
    """An erasure takes them too."""
    store.write(notes.add, BY, "a" * 16, "mo", "text").result()
    store.write(accounts.erase, "a" * 16, 6_000_000).result()

    assert store.read(notes.of_player, "a" * 16) == []
