"""server/figures.py: what is counted while people play."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from memory import Game
from results import result
from rooms import room

from tremble.metrics import Distribution, Family
from tremble.net import messages
from tremble.server import figures
from tremble.server.outbox import Outbox


def told(game: Game, outbox: Outbox | None = None) -> dict[tuple[str, ...], float | Distribution]:
    """Every sample of a server, as it arrives at another process."""
    sent = msgspec.json.encode(figures.families(game.server, outbox))
    families = msgspec.json.decode(sent, type=list[Family])
    return {(f.name, *s.labels): s.value for f in families for s in f.samples}


def test_people_phases_and_traffic() -> None:
    """One player and one who watches: both are counted, and every byte of theirs."""
    game = Game(room())
    game.client("one", messages.JOIN_BOT)
    game.client("two", messages.JOIN_SPECTATE)
    game.tick(60)
    game.server.measure_pings()
    found = told(game)

    assert found["tremble_players",] == 2
    assert found["tremble_bots",] == found["tremble_spectators",] == 1
    assert found["tremble_arena_phase", "0", "warmup"] == 1
    assert found["tremble_arena_phase", "0", "live"] == 0
    assert found["tremble_events_total", "join"] == 2
    up = [data for _, way, data in game.carried if way == "up"]
    assert found["tremble_received_datagrams_total", "game"] == len(up)
    assert found["tremble_received_bytes_total", "game"] == sum(map(len, up))
    round_trips = found["tremble_round_trip_seconds",]
    assert isinstance(round_trips, Distribution) and round_trips.count == 2


def test_who_is_put_out_is_counted_by_reason() -> None:
    """A third does not fit on a server for two."""
    game = Game(room(), max_players=2)
    for name in ("one", "two", "three"):
        game.client(name)
        game.tick(20)

    assert told(game)["tremble_put_out_total", "full"] == 1


def test_garbage_is_counted() -> None:
    """What is no ENet has a reason, a question its own count."""
    game = Game(room())
    game.socket.inbox += [(b"x", b"a:1"), (b"\xff\xff\xff\xffW", b"a:1")]
    game.tick()
    found = told(game)

    assert found["tremble_dropped_datagrams_total", "malformed"] == 1
    assert found["tremble_received_datagrams_total", "query"] == 1


def test_outbox_tells_depth_and_age(tmp_path: Path) -> None:
    """What waits is as old as the end of its match, across a restart too."""
    old = datetime.now(UTC) - timedelta(hours=1)
    outbox = Outbox(tmp_path / "outbox.db", None, bytes(range(32)))
    outbox.put(msgspec.structs.replace(result(1), ended_at=old))
    outbox.close(0)
    outbox = Outbox(tmp_path / "outbox.db", None, bytes(range(32)))
    found = told(Game(room()), outbox)
    outbox.close(0)

    assert found["tremble_outbox_results",] == 1
    assert 3600 <= found["tremble_outbox_oldest_seconds",] < 3700
    assert found["tremble_outbox_failing",] == 0
