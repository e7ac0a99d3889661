"""Snapshots: what one client is told about one tick, against the last snapshot it has acknowledged.

  8  message id 128
 32  tick
  6  age: ticks back to the baseline; 0: no baseline, everything is written in full
 16  low bits of the tick of the last usercmd executed (0: none yet)
  4  lead: usercmds waiting less those wanted, signed; below 0 the client should run a little faster
  1  own: 1 if the receiver has a slot; then 4 bits slot and the OWN values
  5  number of players; each: 4 bits slot, PLAYER values      (the receiver itself is left out)
  7  number of projectiles; each: 6 bits id, PROJECTILE values
  1  items changed; then 64 bits, lowest first: item i lies there to be taken
  6  number of events; each: 4 bits kind, 6 bits age in ticks, the values of EVENT

With a baseline each entity that was in it has 1 bit first: 0 its values are exactly as predicted,
1 they follow as a delta; an entity that was not in it is written in full.

Events go oldest first, all those of a tick or none, and are repeated until a snapshot that held them is
acknowledged: a reader takes those of later ticks than the last it took. Of a tick that alone is more
than a snapshot holds, the rest is left out.
"""

from typing import Final

from mypy_extensions import i64

from tremble.errors import ProtocolError
from tremble.net import fields
from tremble.net.bits import PADDING, BitReader, Bits, BitWriter
from tremble.net.delta import (
    as_predicted,
    read_delta,
    read_full,
    read_predicted,
    write_delta,
    write_full,
)
from tremble.net.fields import Field, Values
from tremble.sim.state import MAX_PLAYERS, MAX_PROJECTILES, Event, World

SNAPSHOT: Final = 128
#: Frames kept by both ends; a baseline is at most this many ticks old.
RING: Final = 64
#: Longest snapshot in bytes: 1,200 less ENet's header and command head (4 + 8).
MAX_BYTES: Final = 1188
#: Longest snapshot in bits without its events: the largest in full, which leaves 112 bytes for events.
MAX_BODY: Final = 8600
#: Most events in one snapshot.
MAX_EVENTS: Final = 63


class Told:
    """An event as it travels: its bits without the age; if *private* for the slots *a* and *b* alone."""

    def __init__(self, kind: int, bits: Bits, private: bool, a: int, b: int) -> None:
        self.kind = kind
        self.bits = bits
        self.private = private
        self.a = a
        self.b = b

    def is_for(self, slot: int) -> bool:
        """Say whether whoever has *slot* (-1: none) is told of it."""
        return not self.private or (slot >= 0 and (slot == self.a or slot == self.b))


class Frame:
    """One tick in the integers that travel; None stands for an entity that is not there."""

    def __init__(self, tick: int) -> None:
        self.tick = tick
        self.players: list[Values | None] = [None] * MAX_PLAYERS
        self.own: list[Values | None] = [None] * MAX_PLAYERS
        self.projectiles: list[Values | None] = [None] * MAX_PROJECTILES
        self.items = 0
        self.told: list[Told] = []
        self.cache: dict[int, Shared] = {}  # by tick of the baseline, 0: none


def view(world: World, events: list[Event]) -> Frame:
    """Return *world* and the *events* of its last tick as they travel."""
    frame = Frame(world.tick)
    for player in world.players:
        if fields.seen(player):
            frame.players[player.slot] = fields.player_values(player)
            frame.own[player.slot] = fields.own_values(player)
    for i in range(len(world.projectiles)):
        projectile = world.projectiles[i]
        if projectile.active:
            frame.projectiles[i] = fields.projectile_values(projectile)
    for i in range(len(world.items)):
        if world.items[i].available:
            frame.items |= 1 << i
    for event in events:
        if event.kind in fields.EVENT:
            frame.told.append(tell(event))
    return frame


def tell(event: Event) -> Told:
    """Return *event* as it travels."""
    out = BitWriter()
    for letter in fields.EVENT[event.kind]:
        bits = fields.EVENT_BITS[letter]
        if letter == "a":
            out.write(fields.clamp(event.a + 1, 0, 31), bits)
        elif letter == "b":
            out.write(fields.clamp(event.b + 1, 0, 127), bits)
        elif letter == "v" or letter == "y":
            out.write(fields.clamp(event.value, 0, (1 << bits) - 1), bits)
        elif letter == "m":
            out.write(event.means & 7, bits)
        else:
            pos = event.pos if letter == "p" else event.end
            out.write_signed(fields.steps(pos[0], 1, bits), bits)
            out.write_signed(fields.steps(pos[1], 1, bits), bits)
            out.write_signed(fields.steps(pos[2], 1, bits), bits)
    private = event.kind == fields.PRIVATE_EVENT
    return Told(event.kind, out.run(), private, event.a, event.b)


def write_entity(
    out: BitWriter, table: list[Field], values: Values, base: Values | None, age: i64
) -> None:
    """Append one entity's *values*: in full, or against *base* if there is a baseline."""
    if base is None:
        write_full(out, table, values)
    elif as_predicted(table, base, values, age):
        out.write(0, 1)
    else:
        out.write(1, 1)
        write_delta(out, table, base, values, age)


class Shared:
    """What *frame* tells all clients on the baseline *base*: players, projectiles, items, as one run.

    The player of a slot is the bits from starts[slot] to starts[slot + 1]; none if it is not there.
    """

    def __init__(self, frame: Frame, base: Frame | None) -> None:
        self.players = 0
        self.starts: list[int] = []
        out = BitWriter()
        age = 0 if base is None else frame.tick - base.tick
        for slot in range(MAX_PLAYERS):
            self.starts.append(out.count)
            values = frame.players[slot]
            if values is not None:
                self.players += 1
                out.write(slot, 4)
                before = None if base is None else base.players[slot]
                write_entity(out, fields.PLAYER, values, before, age)
        self.starts.append(out.count)
        write_projectiles(out, frame, base, age)
        write_items(out, frame, base)
        data, self.end = out.run()
        self.data = data + PADDING

    def write(self, out: BitWriter, slot: int) -> None:
        """Append it for the client in *slot* (-1: it only watches), who is left out."""
        if slot < 0:
            out.write(self.players, 5)
            out.append_part(self.data, 0, self.end)
            return
        start, after = self.starts[slot], self.starts[slot + 1]
        out.write(self.players - 1 if after > start else self.players, 5)
        out.append_part(self.data, 0, start)
        out.append_part(self.data, after, self.end)


class Encoder:
    """Writes snapshots of one world for all its clients, and keeps the last RING frames.

    Clients on the same baseline share most of their bits.
    """

    def __init__(self) -> None:
        self.frames: dict[int, Frame] = {}
        self.newest = Frame(0)

    def add(self, frame: Frame) -> None:
        """Make *frame* the one that encode() tells of."""
        self.frames[frame.tick] = frame
        self.frames.pop(frame.tick - RING, None)
        self.newest = frame

    def baseline(self, tick: int) -> Frame | None:
        """Return the frame of *tick* if a client may still be written against it."""
        if tick <= 0 or self.newest.tick - tick >= RING:
            return None
        return self.frames.get(tick)

    def encode(
        self, slot: int, acked: int, told_to: int, usercmd: int, lead: int
    ) -> tuple[bytes, int, bool]:
        """Return the snapshot for the client in *slot* (-1: it only watches).

        *acked* is the tick of the last snapshot it has (0: none), *told_to* the tick up to which it
        knows all events, *usercmd* the tick of its last usercmd executed. Returns the bytes, the tick up
        to which it will know all events once it has them, and whether it was written in full.
        """
        frame = self.newest
        base = self.baseline(acked)
        out = self.body(frame, base, slot, usercmd, lead)
        if base is not None and out.count > MAX_BODY:
            base = None
            out = self.body(frame, None, slot, usercmd, lead)
        known = self.write_events(out, slot, told_to)
        return out.to_bytes(), known, base is None

    def body(
        self, frame: Frame, base: Frame | None, slot: int, usercmd: int, lead: int
    ) -> BitWriter:
        """Return all of a snapshot but its events."""
        out = BitWriter()
        age = 0 if base is None else frame.tick - base.tick
        out.write(SNAPSHOT, 8)
        out.write(frame.tick, 32)
        out.write(age, 6)
        out.write(usercmd & 0xFFFF, 16)
        out.write_signed(fields.clamp(lead, -8, 7), 4)
        write_own(out, frame, base, slot, age)
        self.shared(frame, base).write(out, slot)
        return out

    def shared(self, frame: Frame, base: Frame | None) -> Shared:
        """Return what all clients on *base* are told of *frame*."""
        tick = 0 if base is None else base.tick
        found = frame.cache.get(tick)
        if found is None:
            found = Shared(frame, base)
            frame.cache[tick] = found
        return found

    def write_events(self, out: BitWriter, slot: int, told_to: int) -> int:
        """Append the events after tick *told_to* that fit; return the tick up to which all are told."""
        now = self.newest.tick
        chosen: list[Told] = []
        ticks: list[int] = []
        room = MAX_BYTES * 8 - 6 - out.count
        known = now
        for tick in range(max(told_to + 1, now - RING + 1), now + 1):
            frame = self.frames.get(tick)
            if frame is None or not frame.told:
                continue
            before = len(chosen)
            whole, room = choose(frame.told, slot, room, chosen)
            if not whole and before > 0:
                del chosen[before:]
                known = tick - 1
                break
            ticks.extend([tick] * (len(chosen) - before))
        out.write(len(chosen), 6)
        for i in range(len(chosen)):
            told = chosen[i]
            out.write(told.kind, 4)
            out.write(now - ticks[i], 6)
            out.append(told.bits)
        return known


def choose(told: list[Told], slot: int, room: int, chosen: list[Told]) -> tuple[bool, int]:
    """Append to *chosen* those of *told* that are for *slot*, as long as there is room for their bits.

    Returns whether that was all of them, and the room that is left.
    """
    for event in told:
        if not event.is_for(slot):
            continue
        size = 10 + event.bits[1]
        if len(chosen) == MAX_EVENTS or size > room:
            return False, room
        chosen.append(event)
        room -= size
    return True, room


def write_own(out: BitWriter, frame: Frame, base: Frame | None, slot: int, age: i64) -> None:
    """Append what the client in *slot* is told of itself."""
    values = frame.own[slot] if slot >= 0 else None
    if values is None:
        out.write(0, 1)
        return
    out.write(1, 1)
    out.write(slot, 4)
    before = None if base is None else base.own[slot]
    write_entity(out, fields.OWN, values, before, age)


def write_projectiles(out: BitWriter, frame: Frame, base: Frame | None, age: i64) -> None:
    """Append the number of projectiles and all of them."""
    out.write(MAX_PROJECTILES - frame.projectiles.count(None), 7)
    for i in range(MAX_PROJECTILES):
        values = frame.projectiles[i]
        if values is not None:
            out.write(i, 6)
            before = None if base is None else base.projectiles[i]
            write_entity(out, fields.PROJECTILE, values, before, age)


def write_items(out: BitWriter, frame: Frame, base: Frame | None) -> None:
    """Append which items lie there, unless they are as in *base*."""
    if base is not None and base.items == frame.items:
        out.write(0, 1)
        return
    out.write(1, 1)
    out.write(frame.items & 0xFFFFFFFF, 32)
    out.write(frame.items >> 32, 32)


class Snapshot:
    """A decoded snapshot: the frame, and what is meant for the receiver alone."""

    def __init__(self, frame: Frame, usercmd: int, lead: int, slot: int, full: bool) -> None:
        self.frame = frame
        self.usercmd = usercmd
        self.lead = lead
        self.slot = slot
        self.full = full
        self.events: list[tuple[int, Event]] = []


class Decoder:
    """Reads snapshots; keeps the last RING frames as baselines."""

    def __init__(self) -> None:
        self.frames: dict[int, Frame] = {}
        self.newest = 0

    def decode(self, data: bytes) -> Snapshot | None:
        """Return the snapshot in *data*; None if its baseline is not held. Raises ProtocolError."""
        bits = BitReader(data)
        if bits.read(8) != SNAPSHOT:
            raise ProtocolError("not a snapshot")
        tick = bits.read(32)
        age = bits.read(6)
        base = self.frames.get(tick - age) if age else None
        if age and base is None:
            return None
        frame = Frame(tick)
        usercmd = bits.read(16)
        lead = bits.read_signed(4)
        slot = bits.read(4) if bits.read(1) else -1
        found = Snapshot(frame, usercmd, lead, slot, base is None)
        if slot >= 0:
            before = None if base is None else base.own[slot]
            frame.own[slot] = read_entity(bits, fields.OWN, before, age)
        for _ in range(bits.read(5)):
            other = bits.read(4)
            before = None if base is None else base.players[other]
            frame.players[other] = read_entity(bits, fields.PLAYER, before, age)
        for _ in range(bits.read(7)):
            i = bits.read(6)
            before = None if base is None else base.projectiles[i]
            frame.projectiles[i] = read_entity(bits, fields.PROJECTILE, before, age)
        if bits.read(1):
            frame.items = bits.read(32)
            frame.items |= int(bits.read(32)) << 32
        elif base is not None:
            frame.items = base.items
        read_events(bits, tick, found.events)
        bits.finish()
        self.keep(frame)
        return found

    def keep(self, frame: Frame) -> None:
        """Hold *frame* as a possible baseline and forget those that are too old."""
        self.frames[frame.tick] = frame
        self.newest = max(self.newest, frame.tick)
        for tick in list(self.frames):
            if tick <= self.newest - RING:
                del self.frames[tick]


def read_entity(bits: BitReader, table: list[Field], base: Values | None, age: int) -> Values:
    """Return one entity's values."""
    if base is None:
        return read_full(bits, table)
    if bits.read(1):
        return read_delta(bits, table, base, age)
    return read_predicted(table, base, age)


def read_events(bits: BitReader, tick: int, out: list[tuple[int, Event]]) -> None:
    """Append the events of a snapshot of *tick* to *out*, with their ticks."""
    for _ in range(bits.read(6)):
        kind = bits.read(4)
        if kind not in fields.EVENT:
            raise ProtocolError("unknown kind of event")
        when = tick - bits.read(6)
        event = Event(kind)
        for letter in fields.EVENT[kind]:
            width = fields.EVENT_BITS[letter]
            if letter == "a":
                event.a = bits.read(width) - 1
            elif letter == "b":
                event.b = bits.read(width) - 1
            elif letter == "v" or letter == "y":
                event.value = bits.read(width)
            elif letter == "m":
                event.means = bits.read(width)
            else:
                x = float(bits.read_signed(width))
                y = float(bits.read_signed(width))
                z = float(bits.read_signed(width))
                if letter == "p":
                    event.pos = (x, y, z)
                else:
                    event.end = (x, y, z)
        out.append((when, event))
