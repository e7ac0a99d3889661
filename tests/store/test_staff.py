"""Operators and their sessions: who is signed in, until when, and what ends it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

from msgspec import structs

from tremble.store import audit, staff
from tremble.store.audit import By
from tremble.store.engine import Store
from tremble.store.staff import Operator, Role

BY = By("cli:test", "here", 1)


def add(store: Store, name: str, role: Role = "admin") -> bool:
    new = Operator(name, f"hash of {name}", role, datetime(2026, 1, 1, tzinfo=UTC))
    return store.write(staff.add, BY, new).result()


def holder(store: Store, digest: str, now: int = 1) -> str | None:
    found = store.read(staff.holder, digest, now)
    return None if found is None else found.name


def test_first_is_made_once(store: Store) -> None:
    """Whoever comes second finds that there is one; each is in the audit."""
    new = Operator("admin", "hash", "admin", datetime(2026, 1, 1, tzinfo=UTC))

    assert store.read(staff.none_yet)
    assert store.write(staff.add_first, BY, new).result()
    assert not store.write(staff.add_first, BY, new).result()
    assert not add(store, "admin")
    assert store.read(staff.find, "admin") == new
    assert [e.action for e in store.read(audit.pages, 9)] == ["add-operator"]
    assert "hash" not in repr(store.read(audit.pages, 9))


def test_session_ends(store: Store) -> None:
    """After LIFE, by signing out, and of who has one too many the oldest."""
    add(store, "anna")
    store.write(staff.begin, "a", "anna", "::1", 1).result()

    assert holder(store, "a") == "anna"
    assert holder(store, "b") is None
    assert holder(store, "a", 1 + staff.LIFE) is None
    store.write(staff.end, "a").result()
    assert holder(store, "a") is None

    for number in range(staff.MAX_SESSIONS + 1):
        store.write(staff.begin, str(number), "anna", "::1", 10 + number).result()
    assert holder(store, "0", 40) is None
    assert holder(store, "1", 40) == "anna"


def test_what_changes_an_operator_ends_its_sessions(store: Store) -> None:
    """Another password or role, and its removal; not codes."""
    add(store, "admin")
    add(store, "anna", "viewer")
    changes = [
        (lambda: store.write(staff.set_totp, BY, "anna", "secret", 7).result(), "anna"),
        (lambda: store.write(staff.set_password, BY, "anna", "new").result(), None),
        (lambda: store.write(staff.set_role, BY, "anna", "moderator").result(), None),
        (lambda: store.write(staff.sign_out, BY, "anna").result(), None),
        (lambda: store.write(staff.set_disabled, BY, "anna", True).result(), None),
        (lambda: store.write(staff.remove, BY, "anna").result(), None),
    ]
    for number, (change, left) in enumerate(changes):
        store.write(staff.begin, str(number), "anna", "::1", 1).result()
        assert change()
        assert holder(store, str(number)) == left
    assert store.write(staff.set_role, BY, "anna", "viewer").result() == "unknown"


def test_who_comes_late_does_not_get_in(store: Store) -> None:
    """A password that was shown before the operator was changed begins no session after it."""
    add(store, "admin")
    add(store, "anna", "viewer")
    changes: list[Callable[[], object]] = [
        lambda: store.write(staff.set_password, BY, "anna", "new").result(),
        lambda: store.write(staff.set_role, BY, "anna", "moderator").result(),
        lambda: store.write(staff.set_disabled, BY, "anna", True).result(),
        lambda: store.write(staff.remove, BY, "anna").result(),
    ]
    for change in changes:
        store.write(staff.set_disabled, BY, "anna", False).result()
        shown = store.read(staff.find, "anna")
        assert shown is not None
        assert store.write(staff.sign_in, "early", shown, "::1", 1).result()
        assert change()
        assert not store.write(staff.sign_in, "late", shown, "::1", 1).result()
        assert holder(store, "early") is holder(store, "late") is None
    twin = structs.replace(shown, name="admin", disabled=False)
    assert not store.write(staff.sign_in, "late", twin, "::1", 1).result()


def test_two_admins_against_each_other(place: Path | str) -> None:
    """In two processes at the same moment: one of them stays, in whatever order they come."""
    acts = [
        lambda store, name: store.write(staff.set_role, BY, name, "viewer").result(),
        lambda store, name: store.write(staff.set_disabled, BY, name, True).result(),
        lambda store, name: store.write(staff.remove, BY, name).result(),
    ]
    with Store(place) as one, Store(place) as other, ThreadPoolExecutor(2) as threads:
        add(one, "anna")
        for act in acts:
            add(one, "bert")
            one.write(staff.set_role, BY, "anna", "admin").result()
            one.write(staff.set_disabled, BY, "anna", False).result()
            both = Barrier(2)

            def at_once(store: Store, name: str) -> str:
                both.wait(60)  # noqa: B023  called in this round alone
                return act(store, name)  # noqa: B023

            outcomes = [*threads.map(at_once, (one, other), ("anna", "bert"))]

            assert outcomes.count("last") == 1
            [left] = [
                who for who in one.read(staff.every) if who.role == "admin" and not who.disabled
            ]
            assert left.name == ("anna", "bert")[outcomes.index("last")]
            if left.name == "bert":
                add(one, "anna")
            one.write(staff.set_disabled, BY, "anna", False).result()
            one.write(staff.set_role, BY, "anna", "admin").result()
            one.write(staff.remove, BY, "bert").result()


def test_last_admin_stays(store: Store) -> None:
    """There is always one who may let others in."""
    add(store, "admin")

    assert store.write(staff.remove, BY, "admin").result() == "last"
    assert store.write(staff.set_role, BY, "admin", "viewer").result() == "last"
    assert store.write(staff.set_disabled, BY, "admin", True).result() == "last"
    add(store, "anna")
    assert store.write(staff.set_disabled, BY, "anna", True).result() == "changed"
    assert store.write(staff.remove, BY, "admin").result() == "last"
    assert store.write(staff.remove, BY, "nobody").result() == "unknown"
    assert store.write(staff.set_disabled, BY, "anna", False).result() == "changed"
    assert store.write(staff.remove, BY, "admin").result() == "removed"


def test_a_code_counts_once(store: Store) -> None:
    """A step that was used, and any before it, is refused."""
    add(store, "anna")

    assert [store.write(staff.use_step, "anna", step).result() for step in (5, 5, 4, 6)] == [
        True, False, False, True,
    ]  # fmt: skip


def test_roles_are_ordered() -> None:
    """Each may do what those before it may."""
    who = Operator("anna", "", "moderator", datetime(2026, 1, 1, tzinfo=UTC))

    assert [who.may(role) for role in staff.ROLES] == [True, True, False]
