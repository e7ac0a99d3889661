"""What operators do: each act has its entry, and what did not happen has none."""

from datetime import UTC, datetime
from typing import Any

from stores import dump

from tremble import token
from tremble.store import accounts, audit, operators
from tremble.store.accounts import Account
from tremble.store.audit import By
from tremble.store.bans import Ban
from tremble.store.engine import Store

BY = By("cli:root", "host", 5_000_000)
PLAYER = "8f14e45fceea167a"
AT = datetime.fromtimestamp(5, UTC)
OLD, NEW = (token.public_key(bytes([number] * 32)) for number in (1, 2))


def do(store: Store, act: Any, *args: Any) -> Any:
    return store.write(act, BY, *args).result()


def entries(store: Store) -> list[tuple[str, str, Any, Any]]:
    """Return what stands in the audit, oldest first."""
    found = store.read(audit.pages, 100)[::-1]
    return [(entry.action, entry.target, entry.before, entry.after) for entry in found]


def test_bans(store: Store) -> None:
    """A ban, the one that takes its place, and its end, each with what was before."""
    for reason in ("spam", "aimbot"):
        do(store, operators.ban, Ban(PLAYER, AT, None, reason))
    assert do(store, operators.unban, PLAYER)
    assert not do(store, operators.unban, PLAYER)

    found = entries(store)
    reasons = [[state and state["reason"] for state in entry[2:]] for entry in found]
    assert reasons == [[None, "spam"], ["spam", "aimbot"], ["aimbot", None]]
    assert [entry[:2] for entry in found] == [("ban", PLAYER), ("ban", PLAYER), ("unban", PLAYER)]


def test_servers(store: Store) -> None:
    """A server is enrolled, rotated in one step or not at all, and revoked."""
    old, new = token.server_id(OLD), token.server_id(NEW)
    assert do(store, operators.rotate_server, old, NEW, 9) == "unknown"
    assert do(store, operators.enrol_server, OLD, "eu-1")
    assert not do(store, operators.enrol_server, OLD, "eu-1")
    assert do(store, operators.rotate_server, old, OLD, 9) == "known"
    assert do(store, operators.rotate_server, old, NEW, 9).name == "eu-1"
    assert do(store, operators.revoke_server, new)
    assert not do(store, operators.revoke_server, "0" * 16)

    found = entries(store)
    assert [entry[:2] for entry in found] == [
        ("enrol-server", old), ("rotate-server", old), ("revoke-server", new),
    ]  # fmt: skip
    assert found[2][3]["revoked_at"] == "1970-01-01T00:00:05Z"


def test_keys_and_users(store: Store) -> None:
    """Keys and users are told by name, never by a secret or its digest."""
    digest = token.digest("secret")
    do(store, operators.add_key, "id", digest, "bot", ["players:ban"])
    assert do(store, operators.revoke_key, "id")
    assert not do(store, operators.revoke_key, "id")
    new = Account(PLAYER, None, "anna", "hash", AT)
    assert do(store, operators.create_user, new) is None
    assert do(store, operators.create_user, new) == "already_registered"

    rows = repr(dump(store)["audit"])
    assert [entry[0] for entry in entries(store)] == ["token", "revoke-token", "create-user"]
    assert digest not in rows
    assert "hash" not in rows


def test_erase(store: Store) -> None:
    """An erasure is noted; what earlier entries told of the player is gone."""
    do(store, operators.create_user, Account(PLAYER, None, "anna", "hash", AT))
    assert do(store, operators.erase, PLAYER)
    assert not do(store, operators.erase, "0" * 16)

    assert entries(store) == [
        ("create-user", PLAYER, None, None),
        ("erase", PLAYER, None, None),
    ]
    assert store.read(accounts.find, PLAYER) is None


def test_all_or_nothing(store: Store) -> None:
    """An act that fails leaves neither itself nor an entry."""
    try:
        do(store, operators.add_key, "id", None, "bot", [])
    except Exception:
        assert entries(store) == []
        assert dump(store)["api_key"] == []
    else:
        raise AssertionError("a key without a digest was taken")
