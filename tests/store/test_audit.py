"""The audit: entries in order, newest first, by page and by target."""

from tremble.store import audit
from tremble.store.audit import By
from tremble.store.engine import Store

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
