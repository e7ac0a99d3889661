"""The headless client: joins, plays, and knows what the server knows, on good links and bad."""

from random import Random

import pytest
from frames import Walk, plain_level
from memory import QUICK, Game
from rooms import entity, room

from tremble.client.client import GONE, PLAYING, Client
from tremble.match.match import MatchSettings
from tremble.net import fields, messages
from tremble.net.link import LinkQuality
from tremble.net.messages import CHANNEL_RELIABLE, CHANNEL_SNAPSHOT, JOIN_SPECTATE
from tremble.net.snapshot import Encoder, view
from tremble.net.usercmds import MAX_COUNT
from tremble.sim.state import EV_JUMP, Event, Usercmd, World

BAD = LinkQuality(loss=0.1, duplication=0.05, delay=0.02, jitter=0.03, reordering=0.05)
LONG = MatchSettings(time_limit_s=600.0, warmup_s=1.0, countdown_s=0.5)


def arena():
    """Return a floor with two places to enter."""
    spawns = [entity("info_player_deathmatch", origin=f"{x} 0 24") for x in (-200, 200)]
    return room(entities=spawns)


def alone():
    """Return a client without a server, as if it played."""
    client = Client(b"server", "A", bytes(16), 0, 1, 0.0)
    client.state = PLAYING
    return client


def test_a_client_joins_and_is_told_all():
    """Welcome, its slot, the others, the phase and the scoreboard."""
    game = Game(arena(), settings=QUICK)
    one, two = game.client("one"), game.client("two")
    for _ in range(30):
        one.usercmd(Usercmd())
        two.usercmd(Usercmd())
        game.tick()

    assert (one.state, two.state) == (PLAYING, PLAYING)
    assert one.welcome.map == "room"
    assert {one.slot, two.slot} == {0, 1}
    assert {info.name for info in one.players.values()} == {"one", "two"}
    assert one.phase is not None
    assert {line.slot for line in two.scores} == {0, 1}
    assert one.frame.tick == two.frame.tick == game.arena.world.tick
    assert (one.undecodable, two.undecodable) == (0, 0)


def test_a_spectator_has_no_slot_until_it_asks_for_one():
    """JOIN_SPECTATE watches; spectate(False) queues."""
    game = Game(arena(), settings=QUICK)
    watcher = game.client("watcher", JOIN_SPECTATE)
    game.tick(20)
    before = watcher.slot
    watcher.spectate(False)
    game.tick(20)

    assert (before, watcher.slot) == (-1, 0)


def test_whoever_is_refused_knows_why():
    """The reason comes before the end of the connection."""
    game = Game(arena(), settings=QUICK, max_players=0)
    client = game.client("one")
    game.tick(60)

    assert client.refused.code == messages.REFUSED_FULL
    assert client.state == GONE


def test_leaving_frees_the_slot():
    """The server hears the goodbye, the client that it was heard."""
    game = Game(arena(), settings=QUICK)
    client = game.client("one")
    game.tick(20)
    client.leave(game.now)
    game.tick(20)

    assert client.state == GONE
    assert game.arena.empty


@pytest.mark.parametrize("channel", [CHANNEL_RELIABLE, CHANNEL_SNAPSHOT])
@pytest.mark.parametrize("data", [b"", b"\x80", b"\xff" * 50])
def test_what_cannot_be_read_is_counted(channel, data):
    """Nothing is raised and nothing changes."""
    client = alone()
    client.hear(channel, data)

    assert client.undecodable == 1
    assert client.snapshot is None


def test_commands_are_repeated_until_executed():
    """At most 15, newest first; a snapshot takes away those it says are done."""
    client, walk, encoder = alone(), Walk(1), Encoder()
    for _ in range(20):
        client.usercmd(Usercmd(0))
    whole = [command.tick for command in client.commands]
    encoder.add(walk.next()[0])
    client.hear(CHANNEL_SNAPSHOT, encoder.encode(0, 0, walk.world.tick, 17, 0)[0])

    assert whole == list(range(20, 20 - MAX_COUNT, -1))
    assert [command.tick for command in client.commands] == [20, 19, 18]


def test_the_newest_commands_are_repeated_anyway():
    """Three in each datagram, however fast the server is: a burst of loss costs none."""
    client, walk, encoder = alone(), Walk(1), Encoder()
    for _ in range(20):
        client.usercmd(Usercmd(0))
    encoder.add(walk.next()[0])
    client.hear(CHANNEL_SNAPSHOT, encoder.encode(0, 0, walk.world.tick, 20, 0)[0])
    client.usercmd(Usercmd(0))

    assert [command.tick for command in client.commands] == [21, 20, 19]


def test_events_that_come_with_a_later_snapshot_are_not_lost():
    """A snapshot too full for the newest events does not make the client take them as told."""
    client, encoder = alone(), Encoder()
    world = World(plain_level(), 1)
    for count in (40, 40, 5):
        world.tick += 1
        encoder.add(view(world, [Event(EV_JUMP, a=i % 16) for i in range(count)]))
    first, told_to, _ = encoder.encode(0, 0, 0, 0, 0)
    client.hear(CHANNEL_SNAPSHOT, first)
    world.tick += 1
    encoder.add(view(world, []))
    client.hear(CHANNEL_SNAPSHOT, encoder.encode(0, 0, told_to, 0, 0)[0])

    assert [tick for tick, _ in client.take_events()] == [1] * 40 + [2] * 40 + [3] * 5
    assert client.take_events() == []


@pytest.mark.parametrize("seed", range(2))
def test_on_a_bad_link_a_client_sees_what_happens_each_once(seed):
    """A tenth lost each way, doubled, late and out of order: frames are the server's, events come once."""
    game, dice = Game(arena(), settings=LONG, quality=BAD), Random(seed)
    clients = [game.client("one"), game.client("two")]
    said, same = {}, 0
    for i in range(900):
        for client in clients:
            client.usercmd(
                Usercmd(0, 127, dice.randint(-127, 127), dice.randrange(65536), 0, i // 20 % 4, 0)
            )
        game.tick()
        frames = game.arena.encoder.frames
        newest = game.arena.encoder.newest
        said[newest.tick] = [told.kind for told in newest.told if told.kind != fields.PRIVATE_EVENT]
        for client in clients:
            if client.frame is not None and client.slot == client.snapshot.slot:
                theirs = frames[client.frame.tick]
                others = [p for s, p in enumerate(theirs.players) if s != client.slot]
                mine = [p for s, p in enumerate(client.frame.players) if s != client.slot]
                assert mine == others
                assert client.frame.own[client.slot] == theirs.own[client.slot]
                same += 1

    assert same > 1000
    begun = min(tick for tick in said if said[tick]) + 60
    for client in clients:
        heard = {}
        for tick, event in client.take_events():
            if event.kind != fields.PRIVATE_EVENT:
                heard.setdefault(tick, []).append(event.kind)
        assert client.undecodable == 0
        settled = [t for t in said if said[t] and begun < t < client.frame.tick - 30]
        assert len(settled) > 80
        assert {t: heard.get(t) for t in settled} == {t: said[t] for t in settled}
