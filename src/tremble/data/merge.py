"""Saves that merge: the state behind a document, the same code on the device and on the server.

    record(save, before, after)    what the player did on this device goes in
    merge(a, b)                    two copies become one, whichever came first and however often
    show(save)                     the document, for the game to read

`merge` is commutative, associative and idempotent, so copies that have met in any order, late or
twice are equal. Every part of a save only ever grows:

sums        path -> device -> counted there          greater per device; shown: the sum
maxima      path -> value                            greater
earliest    id -> stamp, match                       union, the lesser
registers   path -> clock, value (null: removed)     later clock
rows        key -> order, clock, value               later order, then clock; capped, newest kept
copies      dot -> whole file of a free slot         both, unless one replaced the other
seen        device -> number of its newest copy      greater
tips        device -> mark of its newest upload      greater

Clocks are hybrid logical clocks: never behind what was seen, so a device whose own clock is a year
off cannot undo what was written after it.
"""

import math
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from tremble.data import fields
from tremble.data.documents import MAX_COUNT, DataType, Document
from tremble.data.fields import ROW_CAPS, Fields
from tremble.errors import TrembleError

T = TypeVar("T")

#: The newest uploads by which a device is known; more than fail in a row before it asks anew.
MAX_TAGS = 16
#: Copies of a slot that stand side by side until the player picks one.
MAX_COPIES = 8

#: Who writes when a save is restored.
SERVER = "server"

#: Random, made when the game is installed; SERVER for what a restore writes.
Device = Annotated[str, Meta(pattern="^([0-9a-f]{32}|server)$")]
SaveType = Annotated[
    str,
    Meta(
        pattern="^(player_stats|settings|leaderboard|match_history|terminal_state|performance_data"
        "|slot-[a-z0-9_-]{1,32})$"
    ),
]
Path = Annotated[str, Meta(min_length=1, max_length=300)]
Whole = Annotated[int, Meta(ge=0, le=MAX_COUNT)]
Amount = Annotated[float, Meta(ge=0, le=MAX_COUNT)]
Text = Annotated[str, Meta(max_length=64)]
#: Milliseconds since 1970, writings within them, device.
Clock = tuple[Whole, Whole, Device]
Dot = Annotated[str, Meta(pattern=r"^([0-9a-f]{32}|server):[0-9]{1,15}$")]
Tag = Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]


class Register(Struct, frozen=True, array_like=True):
    """A value and when it was written; null is a key that was removed."""

    at: Clock
    value: Any


class Row(Struct, frozen=True, array_like=True):
    """A row of a capped list (see fields.Row) and when it was written."""

    order: Text
    at: Clock
    value: Any


class Copy(Struct, frozen=True, array_like=True):
    """The whole content of a free slot, as one device wrote it."""

    at: Clock
    content: bytes


class Tip(Struct, frozen=True, array_like=True):
    """The newest uploads of a device: the number of the newest, and a random tag of each."""

    number: Whole
    tags: Annotated[tuple[Tag, ...], Meta(min_length=1, max_length=MAX_TAGS)]


class Save(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The state of one document or one free slot (see the module)."""

    type: SaveType
    format: Literal[1] = 1
    clock: tuple[Whole, Whole] = (0, 0)
    sums: dict[Path, dict[Device, Amount]] = field(default_factory=dict)
    maxima: dict[Path, Amount] = field(default_factory=dict)
    earliest: dict[Path, tuple[Text, Text]] = field(default_factory=dict)
    registers: dict[Path, Register] = field(default_factory=dict)
    rows: dict[Path, Row] = field(default_factory=dict)
    copies: dict[Dot, Copy] = field(default_factory=dict)
    seen: dict[Device, Whole] = field(default_factory=dict)
    tips: dict[Device, Tip] = field(default_factory=dict)


class Shrunk(TrembleError):
    """Something that must only grow would be lost; the message names it."""


class Own(NamedTuple):
    """What one device alone has added to a save: its counters, and its number of copies."""

    sums: Mapping[str, float]
    copies: int


ENCODER = msgspec.json.Encoder(order="deterministic")
DECODER = msgspec.json.Decoder(Save)


def encode(save: Save) -> bytes:
    """Return *save* as JSON; equal saves give equal bytes."""
    return ENCODER.encode(save)


def decode(content: bytes) -> Save:
    """Return the save in *content*; raises msgspec.DecodeError or ValidationError."""
    return DECODER.decode(content)


def data_type_of(save: Save) -> DataType | None:
    """Return which document *save* is of; None for a free slot."""
    return None if save.type.startswith("slot-") else DataType(save.type)


# Merging ------------------------------------------------------------------------------------------


def merge(a: Save, b: Save) -> Save:
    """Return all that is in *a* or *b*. Raises ValueError for saves of two types."""
    if a.type != b.type:
        raise ValueError(f"a save of {a.type} cannot be merged with one of {b.type}")
    return Save(
        type=a.type,
        clock=max(a.clock, b.clock),
        sums=union(a.sums, b.sums, lambda x, y: union(x, y, max)),
        maxima=union(a.maxima, b.maxima, max),
        earliest=union(a.earliest, b.earliest, min),
        registers=union(a.registers, b.registers, later_register),
        rows=capped(a.type, union(a.rows, b.rows, later_row)),
        copies=merge_copies(a, b),
        seen=union(a.seen, b.seen, max),
        tips=union(a.tips, b.tips, later_tip),
    )


def union(a: dict[str, T], b: dict[str, T], pick: Callable[[T, T], T]) -> dict[str, T]:
    """Return the entries of both; *pick* chooses for a key that both have."""
    both = dict(a)
    for key, value in b.items():
        both[key] = pick(both[key], value) if key in both else value
    return both


def later_register(a: Register, b: Register) -> Register:
    if a.at != b.at:
        return a if a.at > b.at else b
    # Only a cloned device writes twice at one time: any choice will do that all make alike.
    return a if ENCODER.encode(a.value) >= ENCODER.encode(b.value) else b


def later_row(a: Row, b: Row) -> Row:
    if (a.order, a.at) != (b.order, b.at):
        return a if (a.order, a.at) > (b.order, b.at) else b
    return a if ENCODER.encode(a.value) >= ENCODER.encode(b.value) else b


def later_tip(a: Tip, b: Tip) -> Tip:
    return max(a, b, key=lambda tip: (tip.number, tip.tags))


def capped(kind: str, rows: dict[str, Row]) -> dict[str, Row]:
    """Return the newest of *rows*: as many as a save of that type keeps."""
    cap = ROW_CAPS.get(DataType(kind), 0) if rows else 0
    if len(rows) <= cap:
        return rows
    return dict(by_order(rows)[len(rows) - cap :])


def by_order(rows: Mapping[str, Row]) -> list[tuple[str, Row]]:
    """Return *rows* from the oldest to the newest."""
    return sorted(rows.items(), key=lambda item: (item[1].order, item[1].at, item[0]))


def merge_copies(a: Save, b: Save) -> dict[str, Copy]:
    """Return the copies of both that neither side replaced: what it has seen and has no more."""
    kept = {}
    for dot in a.copies.keys() | b.copies.keys():
        mine, other = a.copies.get(dot), b.copies.get(dot)
        if mine is not None and other is not None:
            kept[dot] = max(mine, other, key=lambda copy: (copy.at, copy.content))
        elif mine is not None and not has_seen(b, dot):
            kept[dot] = mine
        elif other is not None and not has_seen(a, dot):
            kept[dot] = other
    return kept


def has_seen(save: Save, dot: str) -> bool:
    device, _, number = dot.partition(":")
    return int(number) <= save.seen.get(device, 0)


def check_growth(before: Save, after: Save) -> None:
    """Raise Shrunk if *after* lacks anything of *before*: the last guard in front of the store.

    Whatever *after* was made by: nothing may be lost, so *before* must already be inside of it.
    """
    both = merge(before, after)
    if both == after:
        return
    whole, raw = msgspec.to_builtins(both), msgspec.to_builtins(after)
    for part in Save.__struct_fields__:
        if whole.get(part) != raw.get(part):
            raise Shrunk(f"{before.type}: {first_difference(part, whole.get(part), raw.get(part))}")


def first_difference(part: str, whole: Any, found: Any) -> str:
    """Say where *found* has less than *whole*."""
    if isinstance(whole, dict):
        for key, value in sorted(whole.items()):
            if not isinstance(found, dict) or found.get(key) != value:
                return f"{part} of {key!r} would be lost or go back"
    return f"{part} would be lost or go back"


# Writing on a device ------------------------------------------------------------------------------


class Pen:
    """Gives each writing of one device its clock: later than all the save has seen."""

    def __init__(self, save: Save, device: str, now_ms: int) -> None:
        self.device = device
        wall, count = save.clock
        self.clock = (now_ms, 0) if now_ms > wall else (wall, count + 1)

    def next(self) -> Clock:
        wall, count = self.clock
        self.clock = (wall, count + 1)
        return wall, count, self.device


def record(save: Save, before: Document, after: Document, device: str, now_ms: int) -> Save:
    """Return *save* with what *device* changed from the document *before* to *after*.

    *before* is what the game had read, which may be older than *save*. *now_ms*: milliseconds since
    1970, however wrong. A counter that went down is left as it is.
    """
    old, new = fields.split(before), fields.split(after)
    pen = Pen(save, device, now_ms)
    sums = {path: dict(by_device) for path, by_device in save.sums.items()}
    for path, total in new.sums.items():
        grown = total - old.sums.get(path, 0.0)
        if grown > 0:
            mine = sums.setdefault(path, {})
            mine[device] = min(mine.get(device, 0.0) + grown, float(MAX_COUNT))
    maxima = {path: float(value) for path, value in new.maxima.items() if value > 0}
    registers = write_registers(old, new, pen)
    rows = {
        key: Row(row.order, pen.next(), row.value)
        for key, row in new.rows.items()
        if old.rows.get(key) != row
    }
    written = Save(
        type=save.type,
        maxima=maxima,
        earliest=dict(new.earliest),
        registers=registers,
        rows=rows,
        clock=pen.clock if registers or rows else save.clock,
    )
    return merge(msgspec.structs.replace(save, sums=sums), written)


def write_registers(old: Fields, new: Fields, pen: Pen) -> dict[str, Register]:
    """Return a register for each value that *new* has otherwise than *old*, or no more."""
    written = {}
    for path in sorted(old.registers.keys() | new.registers.keys()):
        value = new.registers.get(path)
        if value != old.registers.get(path):
            written[path] = Register(pen.next(), value)
    return written


def put_copy(save: Save, content: bytes, device: str, now_ms: int) -> Save:
    """Return the slot *save* with *content* in place of all copies that it holds now."""
    pen = Pen(save, device, now_ms)
    number = save.seen.get(device, 0) + 1
    return msgspec.structs.replace(
        save,
        copies={f"{device}:{number}": Copy(pen.next(), content)},
        seen={**save.seen, device: number},
        clock=pen.clock,
    )


def copies_of(save: Save) -> list[Copy]:
    """Return the copies in the slot, newest first; more than one if devices wrote side by side."""
    return sorted(save.copies.values(), key=lambda copy: (copy.at, copy.content), reverse=True)


def show(save: Save) -> Document:
    """Return the document that *save* amounts to. Raises fields.BadSave, TypeError for a slot."""
    data_type = data_type_of(save)
    if data_type is None:
        raise TypeError(f"{save.type} is a free slot: it has copies, not a document")
    return fields.join(
        data_type,
        Fields(
            sums={path: math.fsum(counted.values()) for path, counted in save.sums.items()},
            maxima=dict(save.maxima),
            earliest=dict(save.earliest),
            registers={
                path: register.value
                for path, register in save.registers.items()
                if register.value is not None
            },
            rows={key: fields.Row(row.order, row.value) for key, row in by_order(save.rows)},
        ),
    )


def restored(save: Save, old: Save, now_ms: int) -> Save:
    """Return *save* with registers, rows and slot copies as in its *old* version, written anew.

    What only grows stays as it is: no device could be talked out of it anyway.
    """
    pen = Pen(save, SERVER, now_ms)
    registers = {
        path: Register(pen.next(), old.registers[path].value if path in old.registers else None)
        for path in sorted(save.registers.keys() | old.registers.keys())
    }
    rows = {key: Row(row.order, pen.next(), row.value) for key, row in by_order(old.rows)}
    copies, seen = dict(save.copies), dict(save.seen)
    if old.copies:
        copies = {}
        for copy in reversed(copies_of(old)):
            seen[SERVER] = seen.get(SERVER, 0) + 1
            copies[f"{SERVER}:{seen[SERVER]}"] = Copy(pen.next(), copy.content)
    written = Save(type=save.type, clock=pen.clock, registers=registers, rows=rows)
    return merge(msgspec.structs.replace(save, copies=copies, seen=seen), written)


# Clones -------------------------------------------------------------------------------------------


def seal(save: Save, device: str, tag: str) -> Save:
    """Return *save* marked as a new upload of *device*; *tag* is 16 random hex digits."""
    tip = save.tips.get(device)
    number, tags = (tip.number, tip.tags) if tip else (0, ())
    sealed = Tip(number + 1, (tag, *tags)[:MAX_TAGS])
    return msgspec.structs.replace(save, tips={**save.tips, device: sealed})


def agreed(a: Tip, b: Tip) -> int | None:
    """Return the newest upload that both know alike; None if they have none in common."""
    for number in range(min(a.number, b.number), 0, -1):
        mine, other = a.number - number, b.number - number
        if mine >= len(a.tags) or other >= len(b.tags):
            return None
        if a.tags[mine] == b.tags[other]:
            return number
    return None


def is_clone(mine: Tip | None, theirs: Tip | None) -> bool:
    """Say whether *theirs*, found on the server, was uploaded by another under the device's id.

    An id lives twice after a disk was copied, and once too often after one was set back. Uploads of
    one device form one chain, so the server's must be inside of its own.
    """
    if theirs is None:
        return False
    return mine is None or agreed(mine, theirs) != theirs.number


def diverged(a: Tip, b: Tip) -> bool:
    """Say whether two made uploads under one id: neither tip goes on from the other.

    An old upload that comes late is no clone's: its tip is inside of the newer one.
    """
    return agreed(a, b) != min(a.number, b.number)


def own(save: Save, device: str) -> Own:
    """Return what *device* alone has added to *save*."""
    sums = {path: by[device] for path, by in save.sums.items() if device in by}
    return Own(sums, save.seen.get(device, 0))


def fork(save: Save, base: Own, device: str, new_device: str) -> Save:
    """Return *save* with all that *device* added since *base* under *new_device* instead.

    *base* is what it had added at the newest upload on which it and the server agree. The rest was
    never taken by the server, so under the new id it counts once.
    """
    sums = {path: dict(by) for path, by in save.sums.items()}
    for by_path, by in sums.items():
        known = base.sums.get(by_path, 0.0)
        grown = by.pop(device, 0.0) - known
        if known:
            by[device] = known
        if grown > 0:
            by[new_device] = grown
    renamed = save.seen.get(device, 0) - base.copies
    seen = {other: number for other, number in save.seen.items() if other != device}
    if base.copies:
        seen[device] = base.copies
    if renamed > 0:
        seen[new_device] = renamed
    copies = {}
    for dot, copy in save.copies.items():
        owner, _, number = dot.partition(":")
        mine = owner == device and int(number) > base.copies
        copies[f"{new_device}:{int(number) - base.copies}" if mine else dot] = copy
    tips = {other: tip for other, tip in save.tips.items() if other != device}
    return msgspec.structs.replace(save, sums=sums, copies=copies, seen=seen, tips=tips)
