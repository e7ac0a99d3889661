"""server/keeper.py: another process goes on where one has ended, as if nothing had been."""

import os
import random
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from memory import Game
from rooms import entity, room

from tremble.client.client import Client as Player
from tremble.match import replay
from tremble.match.match import MatchSettings
from tremble.match.playback import verify
from tremble.server import keeper, memory
from tremble.server.keeper import HEARING, PLAYING, RECEIVING, Keeper
from tremble.server.memory import DONE, TRIAL, Memory
from tremble.server.replays import Replays
from tremble.shelf import Room, Shelf
from tremble.sim.state import Usercmd, state_hash

pytestmark = pytest.mark.skipif(not memory.available(), reason="memfd_create is Linux's")

ROOM = room(entities=[entity("info_player_deathmatch", origin=f"{200 * i} 0 24") for i in range(8)])
BRIEF = MatchSettings(1.5, 0, 0.1, 0.1, 1.0, 0.2)


class Killed(BaseException):
    """Stands for kill -9: nothing of ours catches it."""


class Lives:
    """A game whose server process can be killed and taken over, with its clients unaware."""

    def __init__(self, directory: Path, **how) -> None:
        self.directory = directory
        self.how = how
        self.fd = memory.create()
        self.played = Game(ROOM, **how)
        self.recorders: list[Replays] = []
        self.keeper = self.attach(self.played, True)
        self.dice = random.Random(5)

    def attach(self, played: Game, afresh: bool) -> Keeper:
        """Give the server of *played* replays and a keeper."""
        server = played.server
        recorder = Replays(Shelf(self.directory, Room()), played.results.append, afresh)
        self.recorders.append(recorder)
        for each in played.arenas:
            each.new_id = lambda: server.house.draws.match_id()
            each.replays = recorder
        server.post = recorder.post
        return Keeper(Memory(self.fd), server, self.directory, deque())

    def client(self, name: str) -> Player:
        return self.played.client(name)

    def play(self, ticks: int) -> None:
        """The clients run and shoot; the keeper keeps after each round."""
        for _ in range(ticks):
            for client in self.played.clients.values():
                yaw, buttons = self.dice.randrange(65536), self.dice.randrange(4)
                client.usercmd(Usercmd(forward=127, yaw=yaw, buttons=buttons))
            self.played.tick()
            self.keeper.keep(self.played.now)

    def take_over(self) -> Keeper:
        """The process is gone; another goes on in its place, on the same socket."""
        old = self.played
        fresh = Game(ROOM, **self.how)
        fresh.results = old.results
        found = self.attach(fresh, False)
        fresh.socket.inbox, fresh.socket.outbox = old.socket.inbox, []
        fresh.clients, fresh.links, fresh.now = old.clients, old.links, old.now
        self.played, self.keeper = fresh, found
        found.go_on()
        for data, address in fresh.socket.outbox:
            fresh.carry(address, "down", data)
        fresh.socket.outbox = []
        return found

    def close(self) -> None:
        for recorder in self.recorders[::-1]:
            recorder.close()
        os.close(self.fd)


@pytest.fixture
def lives(tmp_path: Path) -> Iterator[Lives]:
    found = Lives(tmp_path, mode="duel", settings=BRIEF)
    yield found
    found.close()


def begun(lives: Lives, count: int = 2) -> list[Player]:
    """Clients in a match that counts."""
    clients = [lives.client(f"p{i}") for i in range(count)]
    while not lives.played.arena.match.counts:
        lives.play(1)
    return clients


def test_clients_do_not_notice(lives: Lives) -> None:
    """Again and again another process goes on: same peers and sessions, same world, no reconnect."""
    clients = begun(lives)
    lives.played.arena.match.tallies[0].score = 5
    lives.played.server.touch()
    for ticks in (7, 31, 1, 12):
        lives.play(ticks)
        world = state_hash(lives.played.arena.world)
        peers = {n: c.peer.connect_id for n, c in lives.played.server.clients.by_number.items()}

        lives.take_over()

        assert state_hash(lives.played.arena.world) == world
        after = lives.played.server.clients.by_number
        assert {n: c.peer.connect_id for n, c in after.items()} == peers
        assert lives.played.arena.match.tallies[0].score == 5
    lives.play(5)
    assert [client.undecodable for client in clients] == [0, 0]
    assert all(client.frame.tick == lives.played.arena.world.tick for client in clients)
    assert lives.keeper.takeovers == 4


def written(recorder: Replays) -> None:
    """Wait until what *recorder* had to do is done."""
    done = threading.Event()
    recorder._inbox.put((done.set, ()))
    assert done.wait(60)


def test_match_ends_once_and_its_replay_is_whole(lives: Lives) -> None:
    """A match that lived in three processes has one result, with a replay that comes out the same."""
    clients = begun(lives)
    for _ in range(2):
        lives.play(20)
        lives.played.arena.recording.flush()
        lives.keeper.make(lives.played.now)
        lives.play(5)
        written(lives.recorders[-1])
        lives.take_over()
    match_id = lives.played.arena.match.match_id
    clients[1].leave(lives.played.now)
    lives.play(40)
    written(lives.recorders[-1])

    [result] = [r for r in lives.played.results if r.match_id == match_id]
    found = replay.read((lives.directory / f"{match_id}.trpl").read_bytes())
    assert result.replay is not None
    assert verify(found, ROOM) >= 50


def test_result_that_was_on_its_way_is_posted_again(lives: Lives) -> None:
    """The match ended, a checkpoint was made, and the process died before the result was on the disk."""
    begun(lives)
    lives.played.arena.match.tallies[0].score = 1
    while not lives.keeper.unwritten:
        lives.play(1)
    lives.keeper.make(lives.played.now)
    [match_id] = lives.keeper.unwritten

    lives.take_over()
    written(lives.recorders[-1])
    assert match_id in {result.match_id for result in lives.played.results}

    lives.keeper.written.append(match_id)
    lives.keeper.make(lives.played.now)
    assert lives.keeper.unwritten == {}


def dies(lives: Lives, of: object, name: str, fatal) -> None:
    """The server dies in the call *name* of objects like *of* that is *fatal*, live and once more."""
    kind = type(of)
    own = getattr(kind, name)

    def call(self: object, *arguments: object) -> object:
        if fatal(self, *arguments):
            raise Killed
        return own(self, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind, name, call)
        with pytest.raises(Killed):
            lives.play(3)
        with pytest.raises(Killed):
            lives.take_over()


def test_round_that_was_cut_off_is_done(lives: Lives) -> None:
    """Killed after a round had begun: the next process does and sends it, its clients miss nothing."""
    clients = begun(lives)
    lives.play(10)
    tick = lives.played.arena.world.tick
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(lives.played.server), "send", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            lives.play(1)

    lives.take_over()
    lives.play(2)

    assert lives.played.arena.world.tick == tick + 3
    assert all(client.frame.tick == tick + 3 for client in clients)
    assert Memory(lives.fd).word(DONE) <= 2


def test_client_that_kills_twice_is_dropped(lives: Lives) -> None:
    """Its datagrams go to quarantine, it is put out, the others play on."""
    clients = begun(lives)
    clients[1].say("poison")
    dies(lives, lives.played.server.clients, "heard", lambda *a: b"poison" in a[3])
    assert Memory(lives.fd).word(TRIAL) == HEARING

    lives.take_over()

    assert len(list((lives.directory / "quarantine").glob("*.bin"))) >= 1
    lives.play(30)
    assert len(lives.played.server.clients.by_number) == 1
    assert Memory(lives.fd).word(TRIAL) == keeper.NOTHING


def test_arena_that_kills_twice_starts_over(lives: Lives) -> None:
    """With everybody in it, and nobody put out."""
    begun(lives)
    match_id = lives.played.arena.match.match_id
    fatal = lives.played.arena.world.tick + 2
    dies(lives, lives.played.arena, "tick", lambda arena, _: arena.world.tick == fatal)
    assert Memory(lives.fd).word(TRIAL) == PLAYING

    lives.take_over()
    lives.play(10)

    assert lives.played.arena.match.match_id != match_id
    assert len(lives.played.arena.sessions) == 2


def test_too_many_takeovers_end_it(lives: Lives) -> None:
    """The fifth within 10 s begins afresh."""
    begun(lives)
    for _ in range(4):
        assert lives.take_over().took_s > 0.0
    assert lives.take_over().took_s == 0.0
    assert lives.played.server.idle


def test_full_journal_makes_a_checkpoint(lives: Lives) -> None:
    """When a journal has no room left there is a checkpoint first, and nothing is missing."""
    begun(lives)
    made = sum(lives.keeper.times.counts)
    lives.keeper.memory._end = lives.keeper.memory._at + 10

    lives.play(1)
    world = state_hash(lives.played.arena.world)
    lives.take_over()

    assert sum(lives.keeper.times.counts) >= 1
    assert made >= 1
    assert state_hash(lives.played.arena.world) == world


def test_no_checkpoint_is_told_and_nothing_is_gone_on_from(lives: Lives) -> None:
    """What cannot be packed is no reason to stop: the next process begins afresh."""
    begun(lives)
    lives.played.server.house.leave = object()  # type: ignore[assignment]
    lives.played.server.touch()
    lives.play(3)

    assert lives.take_over().took_s == 0.0


def test_quarantine_is_bounded(tmp_path: Path) -> None:
    """The newest stay."""
    for number in range(30):
        keeper.quarantine(tmp_path / "q", [bytes([number])])

    kept = sorted((tmp_path / "q").glob("*.bin"))
    assert len(kept) == keeper.QUARANTINED
    assert kept[-1].read_bytes() == bytes([29])


def test_culprit_of_a_datagram(lives: Lives) -> None:
    """Of a datagram the address is known by its place in the round."""
    heard = [(b"a", b"10.0.0.1:1"), (b"b", b"10.0.0.1:2")]

    assert lives.keeper.culprit(RECEIVING, 1, heard) == b"10.0.0.1:2"
    assert lives.keeper.culprit(RECEIVING, 2, heard) == b""
    with suppress(OSError):
        assert lives.keeper.culprit(keeper.NOTHING, 0, heard) == b""
    assert datetime.now(UTC) > lives.played.server.utc
