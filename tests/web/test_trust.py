"""Trust follows the files: added, it counts at once; removed, it is over."""

from pathlib import Path

import pytest
from clients import PRIVATE, SERVER_ID, trust

from tremble import token
from tremble.store import instant, server_keys
from tremble.store.engine import Store
from tremble.web import trust as trust_module
from tremble.web.problems import Problem
from tremble.web.trust import Trust

SIGNATURE = token.sign(PRIVATE, b"body")


def refused(trusted: Trust, server: str | None, signature: str | None = SIGNATURE) -> str:
    with pytest.raises(Problem) as problem:
        trusted.check(server, signature, b"body")
    return problem.value.body.code


def test_added_and_removed(tmp_path: Path, store: Store) -> None:
    """A key that is added later counts, and one that is removed does not."""
    trusted = Trust(tmp_path / "keys" / "servers", store)
    assert refused(trusted, SERVER_ID) == "unknown_server"

    trust(tmp_path)
    assert trusted.check(SERVER_ID, SIGNATURE, b"body") == SERVER_ID

    (tmp_path / "keys" / "servers" / f"{SERVER_ID}.pub").unlink()
    assert refused(trusted, SERVER_ID) == "unknown_server"


def test_changed(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was read long after it was written counts as it is now: with another key, without any."""
    trust(tmp_path)
    path = tmp_path / "keys" / "servers" / f"{SERVER_ID}.pub"
    content = path.read_text()
    trusted = Trust(path.parent, store)
    monkeypatch.setattr(trust_module, "SETTLED_NS", -(2**62))

    assert trusted.check(SERVER_ID, SIGNATURE, b"body") == SERVER_ID
    assert SERVER_ID in trusted._kept
    path.write_text("00" * 32)
    assert refused(trusted, SERVER_ID) == "unknown_server"
    path.write_text(content)
    assert trusted.check(SERVER_ID, SIGNATURE, b"body") == SERVER_ID
    path.unlink()
    assert refused(trusted, SERVER_ID) == "unknown_server"


@pytest.mark.parametrize("content", ["", "zz", "00" * 31, "00" * 32, "é"])
def test_bad_key(tmp_path: Path, store: Store, content: str) -> None:
    """A file that holds no key, or that of another server, trusts nobody."""
    (tmp_path / f"{SERVER_ID}.pub").write_text(content)

    assert refused(Trust(tmp_path, store), SERVER_ID) == "unknown_server"


@pytest.mark.parametrize("named", ["../../etc/passwd", "/etc/passwd", "A" * 16, "0" * 17, "\x00"])
def test_odd_names(tmp_path: Path, store: Store, named: str) -> None:
    """What is no server id never becomes a file name."""
    assert refused(Trust(tmp_path, store), named) == "unknown_server"


def test_missing(tmp_path: Path, store: Store) -> None:
    """Without either header it is unsigned."""
    assert refused(Trust(tmp_path, store), None) == "unsigned"
    assert refused(Trust(tmp_path, store), SERVER_ID, None) == "unsigned"


def test_enrolled(tmp_path: Path, store: Store) -> None:
    """A server enrolled in the store is trusted until it is revoked, whatever the files say."""
    trusted = Trust(tmp_path / "keys" / "servers", store)
    public = token.public_key(PRIVATE)
    assert store.write(server_keys.enrol, public, "arena", 1, None).result()
    assert trusted.check(SERVER_ID, SIGNATURE, b"body") == SERVER_ID
    trust(tmp_path)

    assert store.write(server_keys.revoke, SERVER_ID, instant.DAY).result()

    assert refused(trusted, SERVER_ID) == "unknown_server"


def test_rotated(tmp_path: Path, store: Store) -> None:
    """A key that is to be revoked later is trusted until then, and that is never put off."""
    trusted = Trust(tmp_path, store)
    later = 4_102_444_800_000_000
    store.write(server_keys.enrol, token.public_key(PRIVATE), "arena", 1, None).result()

    store.write(server_keys.revoke, SERVER_ID, later).result()
    assert trusted.check(SERVER_ID, SIGNATURE, b"body") == SERVER_ID
    store.write(server_keys.revoke, SERVER_ID, 5).result()
    store.write(server_keys.revoke, SERVER_ID, later).result()

    assert refused(trusted, SERVER_ID) == "unknown_server"
