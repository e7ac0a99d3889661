"""Snapshots: both ends come to hold the same frame, and every event arrives once."""

import os
import subprocess
import sys
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from frames import Walk, frames, plain_level, worst_frame
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tremble.errors import ProtocolError
from tremble.net import messages, snapshot, usercmds
from tremble.net.session import Session
from tremble.net.snapshot import MAX_BODY, MAX_BYTES, MAX_EVENTS, RING, Decoder, Encoder, view
from tremble.sim.state import ALIVE, EV_FRAG, EV_HIT, EV_JUMP, EV_LAND, Event, Usercmd, World


def shown(frame, slot):
    """Return *frame* as whoever has *slot* is told it."""
    players = [None if i == slot else values for i, values in enumerate(frame.players)]
    own = frame.own[slot] if slot >= 0 else None
    return frame.tick, players, own, frame.projectiles, frame.items


def encoder_of(*told):
    encoder = Encoder()
    for frame in told:
        encoder.add(frame)
    return encoder


@given(st.data(), st.integers(-1, 15), st.integers(1, 63))
def test_what_is_encoded_is_decoded_against_the_same_baseline(data, slot, age):
    """Any frame comes back, in full and against any baseline of age 1 to 63."""
    base = data.draw(frames(100))
    frame = data.draw(frames(100 + age, base))
    encoder, decoder = encoder_of(base), Decoder()
    first = decoder.decode(encoder.encode(slot, 0, 0, 70000, -9)[0])
    encoder.add(frame)
    written, _, full = encoder.encode(slot, 100, 0, 70001, 9)

    second = decoder.decode(written)
    assert not full
    assert shown(first.frame, slot) == shown(base, slot)
    assert shown(second.frame, slot) == shown(frame, slot)
    assert (first.usercmd, first.lead, first.full) == (70000 & 0xFFFF, -8, True)
    assert (second.usercmd, second.lead, second.full) == (70001 & 0xFFFF, 7, False)


@pytest.mark.parametrize("age", [0, RING, RING + 5])
def test_a_baseline_out_of_the_ring_is_not_used(age):
    """The tick itself, and what is RING ticks old or older, give a snapshot in full."""
    walk = Walk(3)
    encoder = Encoder()
    for _ in range(RING + 10):
        encoder.add(walk.next()[0])
    tick = walk.world.tick - age if age else 0

    assert encoder.encode(0, tick, walk.world.tick, 0, 0)[2]
    assert len(encoder.frames) == RING


def test_a_snapshot_without_its_baseline_is_left():
    """decode() returns None, and the next one in full is read."""
    walk = Walk(4)
    encoder, decoder = Encoder(), Decoder()
    encoder.add(walk.next()[0])
    known = walk.world.tick
    encoder.add(walk.next()[0])

    assert decoder.decode(encoder.encode(0, known, known, 0, 0)[0]) is None
    assert decoder.decode(encoder.encode(0, 0, known, 0, 0)[0]).full


@given(st.binary(max_size=200))
@example(b"")
@example(bytes((snapshot.SNAPSHOT,)))
def test_any_bytes_give_a_snapshot_or_a_protocol_error(data):
    """Nothing else is ever raised."""
    for head in (b"", bytes((snapshot.SNAPSHOT, 9, 0, 0, 0, 0))):
        try:
            Decoder().decode(head + data)
        except ProtocolError:
            continue


@settings(max_examples=60)
@given(st.integers(0, 1000), st.integers(1, 63), st.data())
def test_changed_bytes_give_a_snapshot_or_a_protocol_error(seed, age, data):
    """Flipped bits and cuts of a delta are survived, and its baseline stays usable."""
    walk = Walk(seed)
    encoder, decoder = Encoder(), Decoder()
    encoder.add(walk.next()[0])
    known = walk.world.tick
    decoder.decode(encoder.encode(0, 0, 0, 0, 0)[0])
    for _ in range(age):
        encoder.add(walk.next()[0])
    whole = encoder.encode(0, known, known, 0, 0)[0]
    broken = bytearray(whole)
    at = data.draw(st.integers(40, len(whole) * 8 - 1))
    broken[at // 8] ^= 1 << at % 8
    cut = data.draw(st.integers(0, len(whole)))
    for bad in (bytes(broken), whole[:cut]):
        try:
            decoder.decode(bad)
        except ProtocolError:
            continue

    assert shown(decoder.decode(whole).frame, 0) == shown(encoder.newest, 0)


@pytest.mark.parametrize("slot", [-1, 0, 15])
@pytest.mark.parametrize("seed", range(5))
def test_the_largest_snapshot_fits_a_datagram(slot, seed):
    """16 players, 64 projectiles at extremes and many events: at most 1,188 bytes, in full or not."""
    encoder = encoder_of(worst_frame(999, seed, 0), worst_frame(1000, seed + 1, 500))
    full, _, _ = encoder.encode(slot, 0, 999, 0, 0)
    delta, _, _ = encoder.encode(slot, 999, 999, 0, 0)

    body = encoder.body(encoder.newest, None, slot, 0, 0)
    assert body.count <= MAX_BODY
    assert MAX_BYTES - 14 <= len(full) <= MAX_BYTES
    assert len(delta) <= MAX_BYTES
    assert Decoder().decode(full).events


def test_a_client_that_acknowledges_nothing_gets_few_snapshots_and_all_in_full():
    """One in six ticks, from the first on; an acknowledgement then brings one a tick."""
    session = Session(1, 0.0)
    session.join("id", "name", False)
    walk, encoder = Walk(5), Encoder()
    sent = []
    for _ in range(60):
        encoder.add(walk.next()[0])
        if session.due(walk.world.tick):
            _, told_to, full = encoder.encode(0, session.acked, session.told_to, 0, 0)
            session.note_sent(walk.world.tick, told_to, full)
            sent.append((walk.world.tick, full))

    ticks = [tick for tick, _ in sent]
    assert all(full for _, full in sent)
    assert [b - a for a, b in pairwise(ticks)] == [6] * 9
    session.hear(messages.CHANNEL_USERCMD, usercmds.encode([Usercmd(1)], ticks[-1]), 0.0)
    assert session.acked == ticks[-1]
    assert session.due(walk.world.tick + 1)


class Reader:
    """A client's end: holds the newest frame and every event it was told."""

    def __init__(self):
        self.decoder = Decoder()
        self.newest = None
        self.events = []
        self.events_to = 0
        self.commands = 0

    def hear(self, data):
        found = self.decoder.decode(data)
        if found is None or (self.newest and found.frame.tick <= self.newest.frame.tick):
            return
        self.newest = found
        for tick, event in found.events:
            if tick > self.events_to:
                self.events.append((tick, event.value))
        if found.events:
            self.events_to = max(self.events_to, found.events[-1][0])

    def acknowledgement(self):
        self.commands += 1
        held = self.newest.frame.tick if self.newest else 0
        return usercmds.encode([Usercmd(self.commands)], held)


def carry(link, packet, dice, now):
    """Put *packet* on *link* if it is not lost, perhaps twice, each to arrive when it may."""
    while dice.random() < 0.75:
        link.append((now + dice.choice((1, 1, 2, 3, 9)), dice.random(), packet))
        if dice.random() < 0.8:
            return


def arrived(link, now):
    """Remove and return what has arrived on *link*."""
    found = sorted(entry for entry in link if entry[0] <= now)
    link[:] = [entry for entry in link if entry[0] > now]
    return [packet for _, _, packet in found]


@pytest.mark.parametrize("slot", [0, 1, 2, -1])
@pytest.mark.parametrize("seed", range(4))
def test_over_a_bad_link_both_ends_come_to_hold_the_same(seed, slot):
    """With a quarter lost, and doubled and late packets, every frame held is the server's own, and
    each event arrives once, in order."""
    dice, walk = Random(seed), Walk(seed)
    encoder, reader = Encoder(), Reader()
    session = Session(1, 0.0)
    session.join("id", "name", False)
    session.take_slot(slot)
    down, up, said, held = [], [], [], []
    session.told_to = walk.world.tick
    for now in range(600):
        frame, events = walk.next()
        encoder.add(frame)
        for data in arrived(up, now):
            session.hear(messages.CHANNEL_USERCMD, data, now / 60)
        said += [(frame.tick, e.value) for e in events if e.kind != EV_HIT or slot in (0, 1)]
        lost = 100 <= now < 200  # the whole ring goes by without a word
        if session.due(frame.tick):
            data, told_to, full = encoder.encode(slot, session.acked, session.told_to, 0, 0)
            session.note_sent(frame.tick, told_to, full)
            if not lost:
                carry(down, data, dice, now)
        for data in arrived(down, now):
            reader.hear(data)
            if reader.newest and reader.newest.frame.tick in encoder.frames:
                theirs = encoder.frames[reader.newest.frame.tick]
                held.append(shown(reader.newest.frame, slot) == shown(theirs, slot))
        if not lost:
            carry(up, reader.acknowledgement(), dice, now)

    assert session.garbage == 0
    assert len(held) > 250 and all(held)
    gap = walk.world.tick - 600 + 100
    before = [e for e in said if e[0] < gap - 5]
    after = [e for e in said if gap + 105 < e[0] < walk.world.tick - 30]
    assert [e for e in reader.events if e[0] < gap - 5] == before
    assert [e for e in reader.events if gap + 105 < e[0] < walk.world.tick - 30] == after
    assert len(set(reader.events)) == len(reader.events)
    assert len(before) > 40 and len(after) > 100


def test_events_that_do_not_fit_come_with_the_next_snapshot():
    """Events of a tick go together; the ticks that did not fit follow once the others are known."""
    encoder, decoder = Encoder(), Decoder()
    world = World(plain_level(), 1)
    for _ in range(3):
        world.tick += 1
        encoder.add(view(world, [Event(EV_JUMP, a=i, value=0) for i in range(30)]))
    first, told_to, _ = encoder.encode(0, 0, 0, 0, 0)
    second, all_told, _ = encoder.encode(0, 0, told_to, 0, 0)

    assert [t for t, _ in decoder.decode(first).events] == [1] * 30 + [2] * 30
    assert (told_to, all_told) == (2, 3)
    assert [t for t, _ in decoder.decode(second).events] == [3] * 30


def test_a_tick_with_too_many_events_does_not_hold_up_the_next():
    """Of a tick with more events than a snapshot holds, the first are told and the rest left out."""
    encoder = Encoder()
    world = World(plain_level(), 1)
    for count in (MAX_EVENTS + 20, 1):
        world.tick += 1
        encoder.add(view(world, [Event(EV_JUMP, a=0)] * count))
    data, told_to, _ = encoder.encode(0, 0, 0, 0, 0)

    assert len(Decoder().decode(data).events) == MAX_EVENTS
    assert told_to == 1
    assert len(Decoder().decode(encoder.encode(0, 0, told_to, 0, 0)[0]).events) == 1


@pytest.mark.parametrize(("slot", "hears"), [(2, True), (3, True), (4, False), (-1, False)])
@pytest.mark.parametrize("attacker", [2, -1])
def test_a_hit_is_told_to_attacker_and_victim_alone(slot, hears, attacker):
    """Nobody else learns how much life somebody has lost, whoever or whatever hurt."""
    encoder = Encoder()
    world = World(plain_level(), 1)
    world.tick = 1
    encoder.add(view(world, [Event(EV_HIT, a=attacker, b=3, value=50)]))

    found = Decoder().decode(encoder.encode(slot, 0, 0, 0, 0)[0]).events
    assert len(found) == (hears and slot in (attacker, 3))


def test_the_values_of_an_event_come_back_clamped():
    """Players, numbers and places arrive; what is out of range arrives as the bound."""
    encoder = Encoder()
    world = World(plain_level(), 1)
    world.tick = 9
    encoder.add(
        view(
            world,
            [
                Event(EV_FRAG, a=-1, b=15, means=6, pos=(-8192.4, 8191.9, 1e6)),
                Event(EV_LAND, a=3, value=5000, pos=(-0.5, 0.5, 0.0)),
            ],
        )
    )

    (_, frag), (tick, land) = Decoder().decode(encoder.encode(0, 0, 0, 0, 0)[0]).events
    assert (frag.a, frag.b, frag.means, frag.pos) == (-1, 15, 6, (-8192.0, 8191.0, 8191.0))
    assert (tick, land.a, land.value, land.pos) == (9, 3, 4095, (-1.0, 0.0, 0.0))


def test_clients_on_one_baseline_share_the_work():
    """What is the same for two slots is written once."""
    walk = Walk(6)
    encoder = encoder_of(walk.next()[0], walk.next()[0])
    known = walk.world.tick - 1
    encoder.encode(0, known, known, 0, 0)
    shared = encoder.newest.cache[known]
    encoder.encode(-1, known, known, 0, 0)

    assert encoder.newest.cache == {known: shared}


def test_a_player_who_has_gone_is_not_in_the_frame():
    """Only players in the world travel."""
    world = World(plain_level(), 1)
    world.players[4].life = ALIVE

    assert [i for i, p in enumerate(view(world, []).players) if p is not None] == [4]


def digest() -> str:
    """Return a digest of the snapshots and usercmds of a seeded game."""
    found = blake2b()
    walk, encoder, dice = Walk(11, 16, 30), Encoder(), Random(12)
    for tick in range(300):
        encoder.add(walk.next()[0])
        now = walk.world.tick
        for slot in (-1, 0, 7):
            acked = max(0, now - dice.randint(0, 70))
            found.update(encoder.encode(slot, acked, acked, tick, 0)[0])
        found.update(usercmds.encode([Usercmd(tick + 1, tick % 127, -3, tick * 7, -tick, 1, 2)], 1))
    return found.hexdigest()


def test_compiled_and_uncompiled_write_the_same_bytes():
    """A process that runs the sources as they stand writes what this one writes."""
    environment = os.environ | {"TREMBLE_PURE": "1"}
    code = (
        "import sys; sys.path[:0] = [sys.argv[1], sys.argv[2]];"
        "import test_snapshot; print(test_snapshot.digest())"
    )
    here = Path(__file__).parent
    other = subprocess.run(
        [sys.executable, "-c", code, str(here), str(here.parent)],
        env=environment, capture_output=True, text=True, timeout=280, check=True,
    )  # fmt: skip

    assert other.stdout.strip() == digest()
