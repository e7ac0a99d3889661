"""API keys: good for their scopes until they are revoked."""

from tremble.store import api_keys
from tremble.store.engine import Store

IDENT = "f" * 32


def test_holds_until_revoked(store: Store) -> None:
    """The right digest of a key has its scopes, no other has; revoked it has none for good."""
    store.write(api_keys.add, IDENT, "digest", "bot", ["players:ban"], 1).result()

    assert store.read(api_keys.scopes, IDENT, "digest") == ["players:ban"]
    assert store.read(api_keys.scopes, IDENT, "other") is None
    assert store.read(api_keys.scopes, "0" * 32, "digest") is None
    assert store.write(api_keys.revoke, IDENT, 2).result()
    assert store.read(api_keys.scopes, IDENT, "digest") is None
    assert not store.write(api_keys.revoke, IDENT, 3).result()
    assert "digest" not in repr(store.read(api_keys.every))
