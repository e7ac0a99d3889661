"""server/telemetry.py: results go out with what only the server knows."""

from itertools import pairwise
from types import SimpleNamespace

from memory import Game
from rooms import entity, room

from tremble import ledger
from tremble.match.match import INTERMISSION, LIVE, PHASE_NAMES, MatchSettings
from tremble.result import Telemetry
from tremble.server import arena as arenas
from tremble.server import telemetry
from tremble.server.telemetry import CpuTime
from tremble.sim.state import EV_FRAG, Event

SPAWNS = [entity("info_player_deathmatch", origin=f"{200 * i} 0 24") for i in range(8)]
LONG = MatchSettings(frag_limit=3, warmup_s=0.1, countdown_s=0.1, intermission_s=0.2)


def until(game: Game, phase: int) -> None:
    """Tick until the arena is in *phase*."""
    for _ in range(300):
        if game.arena.match.phase == phase:
            return
        game.tick()
    raise AssertionError(f"never came to {PHASE_NAMES[phase]}")


def frag(game: Game, attacker: int, victim: int) -> None:
    """Let the match count a frag, as if the world had seen it."""
    game.arena.match.advance(game.arena.world, [Event(EV_FRAG, attacker, victim)])


def told(game: Game, number: int = -1) -> Telemetry:
    """Return the telemetry of a result, which the record would accept."""
    found = game.results[number]
    ledger.check(found)
    assert found.telemetry is not None
    return found.telemetry


def end(game: Game, winner: int = 0, loser: int = 1) -> None:
    """Let the match end by frags."""
    for _ in range(3):
        frag(game, winner, loser)
    until(game, INTERMISSION)
    game.tick()


def test_result_has_telemetry() -> None:
    """Players in order of place, where they came in, how they stood, over which line."""
    game = Game(room(entities=SPAWNS), settings=LONG)
    game.arena.witness.region = "europe"
    game.client("ann"), game.client("bob")
    until(game, LIVE)
    began = game.arena.world.tick
    for session in game.arena.sessions.values():
        session.ping_ms, session.loss = 10 * session.slot + 20, 0.25
    game.tick(125)
    spent = game.arena.world.tick - began
    end(game, 1, 0)

    found = told(game)

    assert [line.name for line in game.results[0].players] == ["bob", "ann"]
    assert [one.ping_ms for one in found.players] == [30, 20]
    assert [(one.joined_tick, one.left_tick, one.loss) for one in found.players] == [
        (0, -1, 0.25)
    ] * 2
    assert all(0.0 < one.waited_s < 1.0 and one.spawn >= 0 for one in found.players)
    assert (found.region, found.sample_ticks, found.truncated) == ("europe", 60, False)
    assert [row[:2] for row in found.samples] == [(60, 1), (60, 0), (120, 1), (120, 0)]
    assert spent >= 120


def test_waiting_counts_from_the_match_before() -> None:
    """Who has just played has waited since then, who was in the queue since entering."""
    game = Game(room(entities=SPAWNS), settings=LONG)
    game.client("ann"), game.client("bob")
    until(game, LIVE)
    game.client("cyd")
    game.tick(240)
    end(game)
    until(game, LIVE)
    end(game)

    waited = {
        line.name: one.waited_s
        for line, one in zip(game.results[1].players, told(game).players, strict=True)
    }

    assert waited["ann"] < 1.0
    assert 4.0 < waited["cyd"] < 5.0


def test_coming_back_is_one_line() -> None:
    """Who stops to watch and plays on in the same match has one line, with what was done before."""
    game = Game(room(entities=SPAWNS), mode="ffa", settings=LONG)
    ann, _, _ = game.client("ann"), game.client("bob"), game.client("cyd")
    until(game, LIVE)
    frag(game, 0, 1)
    ann.spectate(True)
    game.tick(30)
    ann.spectate(False)
    game.tick(30)
    frag(game, 0, 1)
    frag(game, 0, 2)
    game.tick()

    found = told(game)

    first = game.results[0].players[0]
    assert (first.name, first.kills, first.left, first.won) == ("ann", 3, False, True)
    assert [(one.joined_tick, one.left_tick) for one in found.players] == [(0, -1)] * 3


def test_lost_matches_are_told_once(monkeypatch) -> None:
    """A match that a fault of ours ended is counted in the next result, and not again."""
    game = Game(room(entities=SPAWNS), settings=LONG)
    game.client("ann"), game.client("bob")
    until(game, LIVE)

    def broken(*_):
        raise RuntimeError("seeded fault")

    with monkeypatch.context() as patch:
        patch.setattr(arenas, "play", broken)
        game.tick()
    for _ in range(2):
        until(game, LIVE)
        end(game)

    assert [told(game, n).crashes for n in (0, 1)] == [1, 0]


def test_cpu_time_is_shared_by_people(monkeypatch) -> None:
    """Each second's time of the process goes to the arenas by the people in them, all of it."""
    times = iter([100.0, 100.5, 101.0])
    monkeypatch.setattr(telemetry, "process_time", lambda: next(times))
    crowd, few, empty = (
        SimpleNamespace(members=SimpleNamespace(members=range(n)), witness=telemetry.Witness())
        for n in (3, 1, 0)
    )
    spent = CpuTime()
    spent.share([crowd, few, empty])
    spent.share([crowd, empty])

    assert [one.witness.cpu_s for one in (crowd, few, empty)] == [0.375 + 0.5, 0.125, 0.0]


def test_cpu_time_of_a_match_is_its_own() -> None:
    """What an arena spent before the match is not in its telemetry."""
    game = Game(room(entities=SPAWNS), settings=LONG)
    game.client("ann"), game.client("bob")
    found = []
    for before, during in pairwise((5.0, 2.0, 3.0)):
        game.arena.witness.cpu_s += before
        until(game, LIVE)
        game.arena.witness.cpu_s += during
        end(game)
        found.append(told(game).cpu_s)

    assert found == [2.0, 3.0]
