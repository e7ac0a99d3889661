"""server/arena.py: people, matches and snapshots on one level, over a link in memory."""

from memory import SERVER_ID, Game
from rooms import arena, entity, room

from tremble.match.match import INTERMISSION, LIVE, PHASE_NAMES, WARMUP, MatchSettings
from tremble.match.modes import MODES
from tremble.net.fields import numbers
from tremble.net.messages import JOIN_BOT, JOIN_SPECTATE
from tremble.server import arena as arenas
from tremble.sim.state import ALIVE, EV_FRAG, Event, Usercmd

SPAWNS = [entity("info_player_deathmatch", origin=f"{200 * i} 0 24") for i in range(8)]


def game(**how) -> Game:
    return Game(room(entities=SPAWNS), **how)


def until(played: Game, phase: int, limit: int = 300) -> None:
    """Tick until the arena is in *phase*."""
    for _ in range(limit):
        if played.arena.match.phase == phase:
            return
        played.tick()
    raise AssertionError(f"never came to {PHASE_NAMES[phase]}")


def frag(played: Game, attacker: int, victim: int) -> None:
    """Let the match count a frag, as if the world had seen it."""
    played.arena.match.advance(played.arena.world, [Event(EV_FRAG, attacker, victim)])


def test_two_who_join_play() -> None:
    """Two clients get slots, learn each other's names and the phase, and receive snapshots."""
    played = game()
    ann, bob = played.client("ann"), played.client("bob", JOIN_BOT)

    played.tick(30)

    assert (ann.slot, bob.slot) == (0, 1)
    assert {p.name: p.flags for p in ann.players.values()} == {"ann": 0, "bob": JOIN_BOT}
    assert ann.players == bob.players
    assert ann.phase == bob.phase
    assert ann.frame is not None and ann.frame.players[1] is not None
    assert bob.frame is not None and bob.frame.own[1] is not None
    assert ann.undecodable == bob.undecodable == 0


def test_usercmds_move_the_player() -> None:
    """What a client asks for happens in the world, and the client is shown it."""
    played = game()
    ann, _ = played.client("ann"), played.client("bob")
    until(played, LIVE)
    before = played.arena.world.players[0].pos

    for _ in range(60):
        ann.usercmd(Usercmd(forward=127, yaw=16384))
        played.tick()

    after = played.arena.world.players[0].pos
    assert after[1] - before[1] > 200.0
    assert ann.frame is not None
    told = ann.frame.own[0]
    assert told is not None
    own = numbers(told)
    assert abs(own[2] / 64 - after[1]) < 6.0
    assert len(ann.commands) < 5


def test_match_ends_with_a_result_and_goes_on() -> None:
    """The result is posted once, when the match ends; then the same two play the next one."""
    played = game()
    ann, bob = played.client("ann"), played.client("bob", JOIN_BOT)
    until(played, LIVE)
    first = played.arena.match.match_id
    for _ in range(3):
        frag(played, 0, 1)

    until(played, INTERMISSION)
    played.tick(2)
    told = ann.match_over
    until(played, LIVE)

    assert len(played.results) == 1
    result = played.results[0]
    assert (result.match_id, result.server_id, result.board) == (first, SERVER_ID, "duel-bots")
    assert [(p.name, p.bot, p.won) for p in result.players] == [
        ("ann", False, True), ("bob", True, False),
    ]  # fmt: skip
    assert told is not None and told.match_id == first and told.winner == 0
    assert played.arena.match.match_id != first
    assert (ann.slot, bob.slot) == (0, 1)
    assert [line.score for line in ann.scores] == [0, 0]


def test_third_waits_and_then_plays_the_winner() -> None:
    """A third client watches a duel, and takes the loser's slot after it."""
    played = game()
    played.client("ann"), played.client("bob")
    played.tick(10)
    cyd = played.client("cyd")
    played.tick(10)
    waiting = (cyd.slot, cyd.queue, cyd.snapshots > 0)
    until(played, LIVE)
    for _ in range(3):
        frag(played, 1, 0)

    until(played, INTERMISSION)
    until(played, LIVE)

    assert waiting == (-1, 1, True)
    assert cyd.slot == 0
    assert {p.name for p in cyd.players.values()} == {"bob", "cyd"}


def test_spectator_sees_without_playing() -> None:
    """Who joins to watch gets snapshots of the others, no slot and no place in the queue."""
    played = game()
    played.client("ann")
    eve = played.client("eve", JOIN_SPECTATE)

    played.tick(30)

    assert (eve.slot, eve.queue) == (-1, 0)
    assert eve.frame is not None and eve.frame.players[0] is not None
    assert eve.frame.own == [None] * 16


def test_spectate_message_leaves_and_returns() -> None:
    """A player may stop to watch and queue again; snapshots stay decodable through it."""
    played = game()
    ann = played.client("ann")
    played.tick(30)

    ann.spectate(True)
    played.tick(10)
    watched = (ann.slot, played.arena.world.players[0].life != ALIVE)
    ann.spectate(False)
    played.tick(10)

    assert watched == (-1, True)
    assert ann.slot == 0
    assert ann.undecodable == 0


def test_leaver_forfeits_a_live_duel() -> None:
    """Closing the connection in a live duel gives the other the match."""
    played = game()
    ann, _ = played.client("ann"), played.client("bob")
    until(played, LIVE)

    ann.leave(played.now)
    played.tick(5)

    assert [(r.ended_by, r.players[0].name) for r in played.results] == [("forfeit", "bob")]


def test_chat_reaches_everybody() -> None:
    """What one says all hear, without control characters, under the speaker's name."""
    played = game()
    ann, bob = played.client("ann"), played.client("bob")
    played.tick(10)

    ann.say("  good\x07 game\n ")
    played.tick(5)

    assert [(c.name, c.text) for c in bob.chat] == [("ann", "good game")]
    assert ann.chat == bob.chat


def test_empty_arena_starts_over() -> None:
    """When the last one has gone nothing of the match is left, and the server is idle."""
    played = game()
    ann = played.client("ann")
    played.tick(10)
    busy = played.server.idle

    ann.leave(played.now)
    played.tick(5)

    assert not busy
    assert played.server.idle
    assert played.arena.world.tick == 0


def test_failure_ends_the_match_not_the_server(monkeypatch) -> None:
    """If our own code fails, the arena begins again with the same people and no result."""
    played = game()
    ann, bob = played.client("ann"), played.client("bob")
    until(played, LIVE)
    tick = played.arena.world.tick

    def broken(*_):
        raise RuntimeError("seeded fault")

    with monkeypatch.context() as patch:
        patch.setattr(arenas, "play", broken)
        played.tick()
    until(played, LIVE)
    played.tick(10)

    assert played.server.failures == 1
    assert played.results == []
    assert sorted((ann.slot, bob.slot)) == [0, 1]
    assert played.arena.world.tick > tick
    assert ann.frame is not None and ann.frame.tick > played.arena.world.tick - 6


def test_arenas_fill_one_after_the_other() -> None:
    """With two arenas the third player does not wait: it opens the second."""
    played = game(arenas=2)
    clients = [played.client(f"p{i}") for i in range(4)]

    played.tick(20)

    assert [c.slot for c in clients] == [0, 1, 0, 1]
    assert [len(a.members.members) for a in played.arenas] == [2, 2]


def test_level_changes_at_once_while_nothing_counts() -> None:
    """In warmup the new level is played from the next tick; everybody stays, is told, and is seated."""
    played = game(settings=MatchSettings(warmup_s=60.0))
    ann, bob = played.client("ann"), played.client("bob")
    eve = played.client("eve", JOIN_SPECTATE)
    played.tick(30)
    tick = played.arena.world.tick

    at_once = played.arena.change_level(arena(), MODES["ffa"])
    played.tick(30)

    assert at_once
    assert (played.arena.level.name, played.arena.match.phase) == ("arena_01", WARMUP)
    assert played.arena.world.tick > tick
    for client in (ann, bob, eve):
        assert client.welcome is not None
        assert (client.welcome.map, client.welcome.mode) == ("arena_01", "ffa")
        assert client.welcome.map_digest == arena().digest
        assert client.frame is not None and client.frame.tick > played.arena.world.tick - 6
        assert client.undecodable == 0
    assert (ann.slot, bob.slot, eve.slot) == (0, 1, -1)
    assert ann.refused is None


def test_level_waits_for_the_end_of_a_match() -> None:
    """A match that counts is played to its end, with its result on its own level; then comes the next."""
    played = game()
    ann, bob = played.client("ann"), played.client("bob")
    until(played, LIVE)

    at_once = played.arena.change_level(arena(), MODES["duel"])
    played.tick(5)
    before = played.arena.level.name
    for _ in range(3):
        frag(played, 0, 1)
    until(played, INTERMISSION)
    until(played, LIVE)

    assert (at_once, before) == (False, "room")
    assert [result.map for result in played.results] == ["room"]
    assert played.arena.level.name == "arena_01"
    assert played.arena.matches == 1
    assert {ann.slot, bob.slot} == {0, 1}


def test_winner_stays_through_a_change_of_level() -> None:
    """Who waited plays next on the new level, and the loser waits."""
    played = game()
    ann, bob = played.client("ann"), played.client("bob")
    played.tick(10)
    cyd = played.client("cyd")
    until(played, LIVE)
    played.arena.change_level(arena(), MODES["duel"])
    for _ in range(3):
        frag(played, 1, 0)

    until(played, INTERMISSION)
    until(played, LIVE)

    assert (ann.slot, ann.queue) == (-1, 1)
    assert {bob.slot, cyd.slot} == {0, 1}
    assert {p.name for p in ann.players.values()} == {"bob", "cyd"}


def test_fewer_slots_send_the_last_to_the_queue() -> None:
    """From free-for-all to duel: the first two keep playing, the others wait."""
    played = game(mode="ffa", settings=MatchSettings(warmup_s=60.0))
    clients = [played.client(f"p{i}") for i in range(4)]
    played.tick(20)

    played.arena.change_level(room(entities=SPAWNS), MODES["duel"])
    played.tick(20)

    assert [(c.slot, c.queue) for c in clients] == [(0, 0), (1, 0), (-1, 1), (-1, 2)]
    assert all(sorted(c.players) == [0, 1] for c in clients)


def test_rotation_is_asked_after_each_match() -> None:
    """What the rotation names is played after the match; None plays the same again."""
    played = game()
    asked = iter([None, (arena(), MODES["duel"])])
    played.arena.rotation = lambda: next(asked)
    played.client("ann"), played.client("bob")
    seen = []

    for _ in range(2):
        until(played, LIVE)
        seen.append(played.arena.level.name)
        for _ in range(3):
            frag(played, 0, 1)
        until(played, INTERMISSION)
    until(played, LIVE)

    assert [*seen, played.arena.level.name] == ["room", "room", "arena_01"]


def test_empty_arena_takes_the_next_level() -> None:
    """A change that waits for the end of a match happens when the last one leaves."""
    played = game()
    clients = [played.client("ann"), played.client("bob")]
    until(played, LIVE)
    played.arena.change_level(arena(), MODES["ffa"])

    for client in clients:
        client.leave(played.now)
    played.tick(10)

    assert played.server.idle
    assert (played.arena.level.name, played.arena.mode.name) == ("arena_01", "ffa")
