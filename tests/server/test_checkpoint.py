"""server/checkpoint.py: a server made of a checkpoint goes on as the one that was packed."""

import pickle
import random
from inspect import signature

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory import Game, MemorySocket
from rooms import arena, entity, room

from tremble.match.match import MatchSettings
from tremble.match.modes import MODES
from tremble.match.tally import Who
from tremble.net.link import LinkQuality
from tremble.net.messages import JOIN_SPECTATE, Challenge, Join
from tremble.net.snapshot import Told
from tremble.server import checkpoint
from tremble.server.checkpoint import (
    ADMISSION,
    ARENA,
    CLIENTS,
    HOUSE,
    KINDS,
    SERVER,
    CheckpointError,
)
from tremble.server.fairness import Fairness
from tremble.server.leave import Leave
from tremble.server.loop import GameServer
from tremble.server.options import Rotation
from tremble.sim.state import Usercmd, state_hash

LEVEL = arena()
ROOM = room(entities=[entity("info_player_deathmatch", origin=f"{200 * i} 0 24") for i in range(8)])
LONG = MatchSettings(60.0, 0, 0.1, 0.1, 2.0, 0.2)


def game(quality: LinkQuality | None = None, place=LEVEL, **how) -> Game:
    """A game whose matches have ids that come the same again."""
    found = Game(place, quality=quality, **how)
    for each in found.arenas:
        each.new_id = lambda: found.server.house.draws.match_id()
    return found


def play(played: Game, dice: random.Random, ticks: int) -> None:
    """Let the clients run, turn and shoot for *ticks*."""
    for _ in range(ticks):
        for client in played.clients.values():
            if dice.random() < 0.9:
                yaw, pitch = dice.randrange(65536), dice.randrange(-2000, 2000)
                buttons, weapon = dice.randrange(4), dice.randrange(3)
                client.usercmd(Usercmd(0, 127, 0, yaw, pitch, buttons, weapon))
        played.tick()


def packed_into(played: Game, **how) -> Game:
    """Another server, made of a checkpoint of the first."""
    other = game(**how)
    checkpoint.unpack(checkpoint.pack(played.server), other.server)
    return other


class Tapped(MemorySocket):
    """The socket of a server, that notes what it hears and sends in a tick."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[bytes, bytes]] = []
        self.sent: list[tuple[bytes, bytes]] = []

    def receive(self) -> list[tuple[bytes, bytes]]:
        found = super().receive()
        self.heard += found
        return found

    def send(self, datagrams: list[tuple[bytes, bytes]]) -> int:
        self.sent += datagrams
        return super().send(datagrams)


def same_from_here(played: Game, other: Game, dice: random.Random, ticks: int) -> None:
    """Give both servers the same datagrams for *ticks*: they send the same, to the byte."""
    tap = Tapped()
    tap.inbox = played.socket.inbox
    played.socket = played.server.socket = tap
    for _ in range(ticks):
        tap.heard, tap.sent = [], []
        play(played, dice, 1)
        other.socket.inbox = tap.heard
        if other.server.idle:
            other.server.attend(played.now)
        else:
            other.server.tick(played.now)
        assert other.socket.outbox == tap.sent
        other.socket.outbox = []
    for a, b in zip(played.arenas, other.arenas, strict=True):
        assert state_hash(a.world) == state_hash(b.world)
        assert vars_of(a.match.tallies) == vars_of(b.match.tallies)


def vars_of(tallies) -> dict:
    return {slot: (line.who.name, line.score, line.shots) for slot, line in tallies.items()}


@settings(max_examples=12)
@given(
    st.integers(0, 1 << 30), st.integers(1, 5), st.integers(0, 90), st.sampled_from((0.0, 0.1, 0.3))
)
def test_it_goes_on_the_same(seed: int, players: int, before: int, loss: float) -> None:
    """Wherever a server is packed, what is made of it sends the same as it does from then on."""
    dice = random.Random(seed)
    quality = LinkQuality(loss=loss, delay=0.03, jitter=0.02, duplication=loss)
    played = game(quality, mode="ffa", settings=LONG)
    for i in range(players):
        played.client(f"p{i}", JOIN_SPECTATE if i == 4 else 0)
    play(played, dice, before)

    other = packed_into(played, mode="ffa", settings=LONG)

    same_from_here(played, other, dice, 45)


def test_match_goes_on_and_ends_the_same() -> None:
    """Packed in the middle of a match: its end, its result and the next match's id are the same."""
    dice = random.Random(3)
    brief = MatchSettings(1.0, 0, 0.1, 0.1, 0.2, 0.2)
    played = game(mode="duel", settings=brief, place=ROOM, arenas=2)
    for i in range(5):
        played.client(f"p{i}")
    play(played, dice, 60)
    for each in played.arenas:
        assert each.match.counts
        each.match.tallies[0].score = 1

    other = packed_into(played, mode="duel", settings=brief, place=ROOM, arenas=2)
    same_from_here(played, other, dice, 150)

    assert len(played.results) >= 2
    told = [(r.match_id, r.ended_by, r.players) for r in played.results]
    assert told == [(r.match_id, r.ended_by, r.players) for r in other.results]


def full_server() -> Game:
    """A server with something in all that a checkpoint holds."""
    played = game(mode="duel", settings=LONG, place=ROOM)
    for name in ("ann", "bob", "eve"):
        played.client(name)
    play(played, random.Random(1), 40)
    house, here = played.server.house, played.arena
    house.muted.add("x")
    house.admission.tickets.used[b"nonce"] = 7
    house.admission.tickets.since = 5
    house.drain.begin(1.0, 2.0, "rest")
    house.leave = Leave("now", 1.0, None, "away")
    played.server.clients.gate.lockout.failed("10.0.0.1", 1.0)
    here.fairness = Fairness()
    here.rotation = Rotation([(ROOM, MODES["ffa"])], 1, random.Random(1))
    here.next_up = ROOM, MODES["ffa"]
    return played


def test_all_of_the_house_is_kept() -> None:
    """Mutes, drain, a planned restart, the lock-out, the rotation: all come back."""
    played = full_server()

    other = packed_into(played, mode="duel", settings=LONG, place=ROOM)

    house, here = other.server.house, other.arena
    assert house.muted == {"x"}
    assert house.admission.tickets.used == {b"nonce": 7}
    assert house.admission.tickets.since == 5
    assert (house.drain.on, house.drain.until, house.drain.reason) == (True, 3.0, "rest")
    assert house.leave is not None and house.leave.reason == "away"
    assert "10.0.0.1" in other.server.clients.gate.lockout.by_address
    assert here.rotation is not None and here.rotation() == (ROOM, MODES["ffa"])
    assert here.next_up is not None and here.next_up[0] is ROOM
    assert other.server.clients.by_number[1].arena is here
    assert other.server.clients.by_number[1].session is here.sessions[1]


@pytest.mark.parametrize(
    ("of", "table"),
    [
        (lambda s: s, SERVER),
        (lambda s: s.clients, CLIENTS),
        (lambda s: s.house, HOUSE),
        (lambda s: s.house.admission, ADMISSION),
        (lambda s: s.arenas[0], ARENA),
    ],
)
def test_no_attribute_is_forgotten(of, table) -> None:
    """Each attribute of what a process makes itself is packed, or left out on purpose."""
    kept, left = table

    assert sorted(vars(of(game().server))) == sorted((*kept, *left))


def test_every_attribute_of_a_kind_is_packed() -> None:
    """What an object of a known class remembers is in the checkpoint, also what was added today."""
    server: GameServer = full_server().server
    session = server.arenas[0].sessions[1]

    names = checkpoint.attributes(session)

    assert set(names) >= {"acked", "told_to", "inputs", "datagrams", "since"}
    values = tuple(getattr(session, name) for name in names)
    assert checkpoint.packs_whole(session)(session)[2] == values
    for kind, values in checkpoint.VALUES.items():
        assert values == tuple(signature(kind).parameters), kind
        if kind not in (Join, Challenge):  # whose fields are their parameters
            thing = kind(*sample(kind))
            assert set(checkpoint.attributes(thing)) == set(values)
            assert tuple(getattr(thing, name) for name in values) == sample(kind)
    assert all(kind.__module__.startswith("tremble.") for kind in KINDS)


def test_lists_that_grow_are_packed_as_they_grow() -> None:
    """Over many checkpoints each holds all rows, and a list that was thinned is packed anew."""
    played = full_server()
    growing = checkpoint.Growing()
    notes = played.arena.witness.notes
    assert notes is not None
    for i in range(100):
        notes.samples.append((i, 1, 2, 3, 4))
        notes.kills.append((i, 0, 1, 2, 3, 4, 5, 6, 7, 8))
        if i == 50:
            notes.samples = notes.samples[::2]
        data = checkpoint.pack(played.server, (), growing)
    other = game(mode="duel", settings=LONG, place=ROOM)
    checkpoint.unpack(data, other.server)

    found = other.arena.witness.notes
    assert found is not None
    assert (found.samples, found.kills) == (notes.samples, notes.kills)
    assert len(growing.known) == 3


def sample(kind: type) -> tuple:
    """Values that are all different, for an object of *kind*."""
    return {
        Usercmd: (1, 2, 3, 4, 5, 6, 7, 8),
        Told: (1, (b"abcd", 9), True, 2, 3),
        Who: ("id", "name", True),
    }[kind]


def test_what_is_not_known_is_a_fault_with_a_name() -> None:
    """An object of a class without a place in the tables is not packed in silence."""
    played = game()
    played.server.house.leave = object()  # type: ignore[assignment]

    with pytest.raises(CheckpointError, match=r"builtins\.object is not known"):
        checkpoint.pack(played.server)


def test_damaged_and_foreign_bytes_change_nothing() -> None:
    """Cut bytes, other arenas and names outside the tables are refused, and all stays as it was."""
    played = full_server()
    data = checkpoint.pack(played.server)
    other = game(mode="duel", settings=LONG, place=ROOM)
    before = checkpoint.pack(other.server)

    for bad in (b"", data[:-1], data[: len(data) // 2], pickle.dumps(random.random, 5)):
        with pytest.raises(CheckpointError):
            checkpoint.unpack(bad, other.server)
    with pytest.raises(CheckpointError):
        checkpoint.unpack(data, game(arenas=2, place=ROOM).server)

    assert len(checkpoint.pack(other.server)) == len(before)
    assert other.server.idle
