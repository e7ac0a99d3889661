"""store/telemetry.py: kept as posted, read back in the order of the matches, naming nobody."""

import zlib
from datetime import timedelta

from msgspec import json
from results import START, line, match_id, player_id, result, telemetry
from stores import dump

from tremble import ledger
from tremble.store import accounts, instant, voids
from tremble.store import telemetry as kept
from tremble.store.engine import Store

ALWAYS = (instant.to_store(START), instant.to_store(START + timedelta(days=1)))


def post(store: Store, number: int, after_s: float, **fields) -> None:
    assert ledger.post(store, result(number, after_s=after_s, **fields))


def test_kept_as_posted(store: Store) -> None:
    """Telemetry comes back as it was posted, compressed; a match may have none."""
    told = telemetry(2, truncated=True)
    post(store, 1, 0, telemetry=told)
    post(store, 2, 60)

    assert store.read(kept.find, match_id(1)) == told
    assert store.read(kept.find, match_id(2)) is None
    assert store.read(kept.find, match_id(3)) is None
    [(_, body)] = dump(store)["match_telemetry"]
    assert zlib.decompress(body) == json.encode(told)


def test_pages_in_order(store: Store) -> None:
    """From *since* to before *until* in order of their ends, each once, whatever came in between."""
    for number, after_s in ((1, 300), (2, 100), (3, 200), (4, 300), (5, 900)):
        post(store, number, after_s, telemetry=telemetry(2, cpu_s=float(number)))
    post(store, 6, 250)
    since = instant.to_store(result(2, after_s=100).ended_at)
    until = instant.to_store(result(5, after_s=900).ended_at)

    first = store.read(kept.telemetry_since, since, until, limit=3)
    post(store, 7, 50, telemetry=telemetry(2))
    rest = store.read(kept.telemetry_since, since, until, first[-1].place, 3)

    assert [one.match.match_id for one in first] == [match_id(n) for n in (2, 3, 1)]
    assert [one.match.match_id for one in rest] == [match_id(4)]
    assert [one.telemetry.cpu_s for one in first + rest] == [2.0, 3.0, 1.0, 4.0]
    assert store.read(kept.telemetry_since, since, until, rest[-1].place, 3) == []


def test_players_stand_as_in_the_match(store: Store) -> None:
    """What telemetry says of player 1 is of the second line, also if that has the better place."""
    post(store, 1, 0, players=[line(4, 2), line(3, 1)], telemetry=telemetry(2))

    [found] = store.read(kept.telemetry_since, *ALWAYS)

    assert [one.player_id for one in found.match.players] == [player_id(4), player_id(3)]


def test_voided_matches_say_so(store: Store) -> None:
    """Void marks the match, and restoring it takes the mark away."""
    post(store, 1, 0, telemetry=telemetry(2))
    before = store.read(kept.telemetry_since, *ALWAYS)
    store.write(voids.void, match_id(1), "cheats", 1).result()
    voided = store.read(kept.telemetry_since, *ALWAYS)

    assert [one.match.voided for one in before + voided] == [False, True]


def test_erased_player_is_nowhere(store: Store) -> None:
    """After an erasure nothing of telemetry names the player: neither name nor id are in it."""
    name = "unmistakable"
    post(store, 1, 0, players=[line(1, 1, name=name), line(2, 2)], telemetry=telemetry(2))
    store.write(accounts.erase, player_id(1), ALWAYS[1]).result()

    [found] = store.read(kept.telemetry_since, *ALWAYS)

    body = json.encode(found.telemetry).decode()
    assert found.match.players[0].username == "erased"
    assert name not in repr(found) and name not in body
    assert player_id(1) not in body and player_id(2) not in body
