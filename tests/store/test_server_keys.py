"""Server keys: enrolled once, revoked at an instant that is never put off."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stores import wipe

from tremble import token
from tremble.store import instant, server_keys
from tremble.store.engine import Store

PUBLIC = token.public_key(bytes(range(32)))
IDENT = token.server_id(PUBLIC)


def test_enrolled_once(store: Store) -> None:
    """A key is enrolled once, also after it was revoked."""
    assert store.write(server_keys.enrol, PUBLIC, "arena", 1, None).result()
    assert not store.write(server_keys.enrol, PUBLIC, "other", 2, None).result()
    assert store.write(server_keys.revoke, IDENT, 3).result()
    assert not store.write(server_keys.enrol, PUBLIC, "other", 4, None).result()

    [found] = store.read(server_keys.every)
    assert (found.server_id, found.public, found.name) == (IDENT, PUBLIC.hex(), "arena")
    assert found.revoked_at == instant.from_store(3)
    assert not store.write(server_keys.revoke, "0" * 16, 5).result()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 10**15), min_size=1, max_size=5))
def test_never_put_off(store: Store, instants: list[int]) -> None:
    """However often a key is revoked, it is from the earliest instant on."""
    wipe(store)
    store.write(server_keys.enrol, PUBLIC, "arena", 1, None).result()

    for at in instants:
        store.write(server_keys.revoke, IDENT, at).result()

    found = store.read(server_keys.find, IDENT)
    assert found is not None
    assert found.revoked_at == instant.from_store(min(instants))
