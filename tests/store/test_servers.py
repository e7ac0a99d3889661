"""The master list as it is kept: heartbeats count once, probes list, silence ends."""

import pytest
from beats import beat

from tremble.store import instant, servers
from tremble.store.engine import Store
from tremble.store.servers import Change, Server, Source

NOW = 1_767_268_800_000_000
A = Source("a" * 16, "anna", "192.0.2.1:4433", 2)
B = Source("b" * 16, "anna", "192.0.2.1:4434", 2)


@pytest.fixture
def hear(store: Store):
    def hear(source=A, at=1, now=NOW, most=20, **more):
        return store.write(servers.hear, source, beat(at, **more), now, most).result()

    return hear


def states(store: Store, source=A) -> list[str]:
    return [change.state for change in store.read(servers.changes, source.server_id)]


def test_listed_once_it_has_answered(store: Store, hear) -> None:
    """From then on heartbeats keep it there, and bring what is new."""
    first = hear()
    assert isinstance(first, Server)
    assert (first.state, first.info.players) == ("unprobed", 0)
    assert store.read(servers.listed) == []

    assert store.write(servers.probed, A.server_id, A.address, NOW + 1, 12.5).result() == "listed"
    second = hear(at=2, now=NOW + 2, players=3)

    assert store.read(servers.listed) == [second]
    assert (second.state, second.info.players, second.ping_ms) == ("listed", 3, 12.5)
    assert second.first_seen_at == instant.from_store(NOW)
    assert store.read(servers.changes, A.server_id) == [
        Change(instant.from_store(NOW + 1), "listed"),
        Change(instant.from_store(NOW), "unprobed"),
    ]


def test_a_heartbeat_counts_once(store: Store, hear) -> None:
    """The same again, or an older one, changes nothing; not even once the server is gone."""
    hear(at=5)
    hear(at=6, leaving=True)

    assert hear(at=5) == hear(at=6) == "replayed"
    assert states(store) == ["gone", "unprobed"]


def test_another_address_is_probed_anew(store: Store, hear) -> None:
    """An answer from the old one comes too late."""
    hear()
    moved = Source(A.server_id, "anna", "192.0.2.9:4433", 2)
    store.write(servers.probed, A.server_id, A.address, NOW, 1.0).result()

    assert hear(moved, at=2).state == "unprobed"
    assert store.write(servers.probed, A.server_id, A.address, NOW, 1.0).result() is None
    assert store.read(servers.listed) == []


def test_who_does_not_answer_leaves_the_list(store: Store, hear) -> None:
    """Until it answers again."""
    hear()
    for ping in (3.0, None, 4.0):
        store.write(servers.probed, A.server_id, A.address, NOW, ping).result()

    assert states(store) == ["listed", "unreachable", "listed", "unprobed"]


def test_silence_ends(store: Store, hear) -> None:
    """Who sent nothing for long is gone, and after a month forgotten."""
    hear()
    hear(B, now=NOW + 10)
    assert not store.read(servers.any_silent, NOW)
    assert store.read(servers.any_silent, NOW + 10)

    assert store.write(servers.end_silent, NOW + 10, NOW + 20).result() == [A.server_id]
    assert not store.read(servers.any_silent, NOW + 10)
    assert states(store) == ["gone", "unprobed"]
    assert hear(at=2, now=NOW + 30).state == "unprobed"
    store.write(servers.end_silent, NOW + 40, NOW + 40).result()
    store.write(servers.end_silent, NOW, NOW + 100 * instant.DAY).result()
    assert store.read(servers.find, A.server_id) is None
    assert states(store) == []


def test_an_owner_has_so_many(hear) -> None:
    """One more takes the place of one that is gone; the operator's own are not counted."""
    hear(most=1)
    assert hear(B, most=1) == "too_many"
    hear(A, at=2, most=1, leaving=True)
    assert hear(B, most=1).state == "unprobed"
    assert hear(A, at=3, most=1) == "too_many"

    assert hear(Source("c" * 16, "", "192.0.2.3:1", 2), most=0).state == "unprobed"


def lost(store: Store, now: int) -> list[str]:
    return [found.server.server_id for found in store.read(servers.lost, now)]


def probe(store: Store, at: int, ping: float | None, source=A) -> None:
    store.write(servers.probed, source.server_id, source.address, at, ping).result()


def test_who_leaves_the_list_without_a_goodbye_is_lost(store: Store, hear) -> None:
    """Not who was never in it, nor who said goodbye; for a day, or until it is back."""
    hear()
    hear(B)
    probe(store, NOW, 1.0)
    store.write(servers.end_silent, NOW + 1, NOW + 75).result()

    [found] = store.read(servers.lost, NOW + 80)
    assert (found.server.server_id, found.left_at) == (A.server_id, instant.from_store(NOW + 75))
    assert lost(store, NOW + 75 + instant.DAY) == []
    assert store.read(servers.states) == {"unprobed": 0, "listed": 0, "unreachable": 0, "gone": 2}
    hear(at=2, now=NOW + 90)
    assert lost(store, NOW + 91) == []
    probe(store, NOW + 92, 1.0)
    hear(at=3, now=NOW + 93, leaving=True)
    assert lost(store, NOW + 94) == []


def test_who_does_not_answer_twice_is_lost(store: Store, hear) -> None:
    """One probe without an answer is none yet; who never answered was never there."""
    hear()
    hear(B)
    probe(store, NOW, 1.0)
    probe(store, NOW, None, B)
    probe(store, NOW + 1, None)
    assert lost(store, NOW + 2) == []

    probe(store, NOW + 2, None)
    probe(store, NOW + 2, None, B)

    assert lost(store, NOW + 3) == [A.server_id]
    probe(store, NOW + 4, 1.0)
    assert lost(store, NOW + 5) == []
