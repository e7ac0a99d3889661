"""The replay of a match: its inputs, and hashes of the world to check them by.

A file is the four bytes "TRP1" and blocks, little-endian:
  u8 kind   u32 bytes as packed   u32 bytes unpacked   zlib
  "H" once  JSON of header.Header: the match as it began to count
  "T" ...   records; one may begin in a block and end in the next
  "E" once  JSON of header.Ending; missing if the match did not end
A record begins with a varint; its low two bits say which it is, the rest is *n*:
  0 TICK    n: a bit for each slot whose input is not as in the tick before. For each of them, lowest
            first: u8 of the CHANGED bits, then what they announce: i8 forward, i8 side, varint yaw,
            varint pitch (both zigzag, differences), u8 buttons, u8 weapon, u8 steps back (rewind.py)
  1 JOIN    n: slot; 8 bytes player id, u8 bot, u8 length and UTF-8 of the name
  2 LEAVE   n: slot
  3 HASH    8 bytes: sim.state.state_hash after the tick before
JOIN and LEAVE come between the ticks between which they happened. A varint has seven bits a byte,
lowest first, the eighth says that more follow.
"""

import zlib
from typing import Final

import msgspec
from librt.strings import BytesWriter

from tremble.errors import ReplayError
from tremble.match.header import Ending, Header
from tremble.match.tally import Who
from tremble.sim.rewind import LEAST, MOST
from tremble.sim.state import MAX_PLAYERS, Usercmd

MAGIC: Final = b"TRP1"
BLOCK_HEAD: Final = 9
HEADER: Final = 72  # H
RECORDS: Final = 84  # T
ENDING: Final = 69  # E

# Records
TICK: Final = 0
JOIN: Final = 1
LEAVE: Final = 2
HASH: Final = 3
END: Final = 4  # no record: there is none left

# CHANGED bits
FORWARD: Final = 1
SIDE: Final = 2
YAW: Final = 4
PITCH: Final = 8
BUTTONS: Final = 16
WEAPON: Final = 32
BACK: Final = 64
ABSENT: Final = 128  # from now on there is no command, or one again

#: Ticks between two hashes.
HASH_EVERY: Final = 60
#: Longest block, unpacked, and longest replay: a day of a full arena is not near it.
MAX_BLOCK: Final = 1 << 20
MAX_RECORDS: Final = 64 << 20


class Recorder:
    """Writes records; they wait until take()."""

    def __init__(self) -> None:
        self.ticks = 0
        self._out = BytesWriter()
        self._last = [Usercmd() for _ in range(MAX_PLAYERS)]
        self._absent = [True] * MAX_PLAYERS
        self._backs = [0] * MAX_PLAYERS

    def tick(self, commands: list[Usercmd | None], backs: list[int]) -> None:
        """Note the inputs of a tick, by slot."""
        self.ticks += 1
        flags: list[int] = []
        changed = 0
        for slot in range(MAX_PLAYERS):
            found = self._changes(slot, commands[slot], backs[slot])
            flags.append(found)
            if found:
                changed |= 1 << slot
        self._varint(changed << 2 | TICK)
        if changed == 0:
            return
        for slot in range(MAX_PLAYERS):
            if flags[slot]:
                self._input(slot, flags[slot], commands[slot], backs[slot])

    def join(self, slot: int, who: Who) -> None:
        """Note that *who* plays in *slot* from now on."""
        name = who.name.encode()
        self._varint(slot << 2 | JOIN)
        self._out.write(bytes.fromhex(who.player_id))
        self._out.append(1 if who.bot else 0)
        self._out.append(len(name))
        self._out.write(name)

    def leave(self, slot: int) -> None:
        """Note that nobody plays in *slot* any more."""
        self._varint(slot << 2 | LEAVE)

    def hash(self, value: int) -> None:
        """Note the hash of the world (64 bits, unsigned) after the last tick."""
        self._varint(HASH)
        self._out.write(value.to_bytes(8, "little"))

    def __len__(self) -> int:
        """Bytes that wait."""
        return len(self._out)

    def take(self) -> bytes:
        """Return what waits; nothing waits then."""
        found = self._out.getvalue()
        self._out = BytesWriter()
        return found

    def _changes(self, slot: int, command: Usercmd | None, back: int) -> int:
        """Return the CHANGED bits of *slot*."""
        found = BACK if back != self._backs[slot] else 0
        if (command is None) != self._absent[slot]:
            found |= ABSENT
        if command is None:
            return found
        last = self._last[slot]
        if command is last:
            return found
        if command.forward != last.forward:
            found |= FORWARD
        if command.side != last.side:
            found |= SIDE
        if command.yaw != last.yaw:
            found |= YAW
        if command.pitch != last.pitch:
            found |= PITCH
        if command.buttons != last.buttons:
            found |= BUTTONS
        if command.weapon != last.weapon:
            found |= WEAPON
        return found

    def _input(self, slot: int, flags: int, command: Usercmd | None, back: int) -> None:
        """Write what has changed in *slot*."""
        out = self._out
        out.append(flags)
        if command is not None:
            last = self._last[slot]
            if flags & FORWARD:
                out.append(command.forward & 255)
            if flags & SIDE:
                out.append(command.side & 255)
            if flags & YAW:
                turn = (command.yaw - last.yaw + 32768 & 65535) - 32768
                self._varint(zigzag(turn))
            if flags & PITCH:
                self._varint(zigzag(command.pitch - last.pitch))
            if flags & BUTTONS:
                out.append(command.buttons)
            if flags & WEAPON:
                out.append(command.weapon)
            self._last[slot] = command
        if flags & BACK:
            out.append(back)
            self._backs[slot] = back
        self._absent[slot] = command is None

    def _varint(self, value: int) -> None:
        while value >= 128:
            self._out.append(value & 127 | 128)
            value >>= 7
        self._out.append(value)


def zigzag(value: int) -> int:
    """Return *value* as one that is not negative: 0, -1, 1, -2 become 0, 1, 2, 3."""
    return -2 * value - 1 if value < 0 else 2 * value


def block(kind: int, data: bytes) -> bytes:
    """Return *data* as a block, packed; *data* is at most MAX_BLOCK."""
    packed = zlib.compress(data, 6)
    head = bytes([kind]) + len(packed).to_bytes(4, "little") + len(data).to_bytes(4, "little")
    return head + packed


def beginning(header: Header) -> bytes:
    """Return the start of a file: the magic bytes and *header*."""
    return MAGIC + block(HEADER, msgspec.json.encode(header))


def ending(end: Ending) -> bytes:
    """Return the last block."""
    return block(ENDING, msgspec.json.encode(end))


class Replay:
    """A replay in memory; *end* is None if the match did not come to its end."""

    def __init__(self, header: Header, records: bytes, end: Ending | None) -> None:
        self.header = header
        self.records = records
        self.end = end


def read(data: bytes) -> Replay:
    """Return the replay in *data*. Raises ReplayError."""
    if data[:4] != MAGIC:
        raise ReplayError("not a replay: it does not start with TRP1")
    header: Header | None = None
    end: Ending | None = None
    records: list[bytes] = []
    size = 0
    at = 4
    while at < len(data):
        kind = data[at]
        found, at = read_block(data, at)
        if end is not None or (kind == HEADER) != (header is None):
            raise ReplayError(f"block {chr(kind)!r} of the replay is not where it belongs")
        if kind == HEADER:
            header = read_header(found)
        elif kind == RECORDS:
            records.append(found)
            size += len(found)
        elif kind == ENDING:
            end = read_ending(found)
        else:
            raise ReplayError(f"the replay has a block of the unknown kind {kind}")
        if size > MAX_RECORDS:
            raise ReplayError(f"the replay is longer than {MAX_RECORDS} bytes unpacked")
    if header is None:
        raise ReplayError("the replay ends before its header")
    return Replay(header, b"".join(records), end)


def read_block(data: bytes, at: int) -> tuple[bytes, int]:
    """Return the block at byte *at*, unpacked, and where it ends. Raises ReplayError."""
    start = at + BLOCK_HEAD
    packed = int.from_bytes(data[at + 1 : at + 5], "little")
    size = int.from_bytes(data[at + 5 : start], "little")
    if start + packed > len(data):
        raise ReplayError("the replay is cut short")
    if size > MAX_BLOCK:
        raise ReplayError(f"the replay has a block of {size} bytes; {MAX_BLOCK} are allowed")
    unpacker = zlib.decompressobj()
    try:
        found = unpacker.decompress(data[start : start + packed], size + 1)
    except zlib.error as error:
        raise ReplayError(f"the replay is damaged: {error}") from None
    if len(found) != size or not unpacker.eof or unpacker.unused_data:
        raise ReplayError("the replay is damaged: a block is not as long as it says")
    return found, start + packed


def read_header(data: bytes) -> Header:
    try:
        return msgspec.json.decode(data, type=Header)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ReplayError(f"the header of the replay is wrong: {error}") from None


def read_ending(data: bytes) -> Ending:
    try:
        return msgspec.json.decode(data, type=Ending)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ReplayError(f"the end of the replay is wrong: {error}") from None


class Records:
    """Reads records one after the other; after next() the fields that go with it are set."""

    def __init__(self, data: bytes) -> None:
        self.commands: list[Usercmd | None] = [None] * MAX_PLAYERS  # TICK
        self.backs = [0] * MAX_PLAYERS  # TICK
        self.slot = 0  # JOIN, LEAVE
        self.who = Who("", "", False)  # JOIN
        self.hash = 0  # HASH
        self._data = data
        self._at = 0
        self._last = [Usercmd() for _ in range(MAX_PLAYERS)]

    def next(self) -> int:
        """Read one record; return TICK, JOIN, LEAVE, HASH, or END. Raises ReplayError."""
        if self._at == len(self._data):
            return END
        head = self._varint()
        kind = head & 3
        if kind == TICK:
            self._tick(head >> 2)
        elif kind == HASH:
            self.hash = int.from_bytes(self._bytes(8), "little")
        else:
            self.slot = head >> 2
            if self.slot >= MAX_PLAYERS:
                raise ReplayError(f"the replay names slot {self.slot}")
            if kind == JOIN:
                self._join()
        return kind

    def _tick(self, changed: int) -> None:
        if changed >= 1 << MAX_PLAYERS:
            raise ReplayError("the replay has inputs of a slot that does not exist")
        slot = 0
        while changed:
            if changed & 1:
                self._input(slot)
            changed >>= 1
            slot += 1

    def _input(self, slot: int) -> None:
        flags = self._byte()
        absent = (self.commands[slot] is None) != (flags & ABSENT != 0)
        if not absent:
            self._last[slot] = self._command(self._last[slot], flags)
        if flags & BACK:
            back = self._byte()
            if back and not LEAST <= back <= MOST:
                raise ReplayError(f"the replay takes a shot back by {back} steps")
            self.backs[slot] = back
        self.commands[slot] = None if absent else self._last[slot]

    def _command(self, last: Usercmd, flags: int) -> Usercmd:
        """Return the command that comes after *last*."""
        found = Usercmd(0, last.forward, last.side, last.yaw, last.pitch, last.buttons, last.weapon)
        if flags & FORWARD:
            found.forward = self._signed()
        if flags & SIDE:
            found.side = self._signed()
        if flags & YAW:
            found.yaw = (last.yaw + self._zigzag()) & 65535
        if flags & PITCH:
            found.pitch = last.pitch + self._zigzag()
        if flags & BUTTONS:
            found.buttons = self._byte()
        if flags & WEAPON:
            found.weapon = self._byte()
        if not -16384 <= found.pitch <= 16384 or found.weapon > 15:
            raise ReplayError("the replay has an input that is out of range")
        return found

    def _join(self) -> None:
        player_id = self._bytes(8).hex()
        bot = self._byte() == 1
        try:
            name = self._bytes(self._byte()).decode()
        except UnicodeDecodeError:
            raise ReplayError("the replay has a name that is not UTF-8") from None
        if not 1 <= len(name) <= 32 or "\0" in name:
            raise ReplayError("the replay has a name that is empty or too long")
        self.who = Who(player_id, name, bot)

    def _bytes(self, count: int) -> bytes:
        found = self._data[self._at : self._at + count]
        if len(found) != count:
            raise ReplayError("the replay ends within a record")
        self._at += count
        return found

    def _byte(self) -> int:
        at = self._at
        if at >= len(self._data):
            raise ReplayError("the replay ends within a record")
        self._at = at + 1
        return self._data[at]

    def _signed(self) -> int:
        value = self._byte()
        if value == 128:
            raise ReplayError("the replay has an input that is out of range")
        return value - 256 if value > 128 else value

    def _varint(self) -> int:
        value = 0
        shift = 0
        while shift <= 28:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
        raise ReplayError("the replay has a number that is too long")

    def _zigzag(self) -> int:
        value = self._varint()
        return -(value + 1 >> 1) if value & 1 else value >> 1
