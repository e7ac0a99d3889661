"""Memory that outlives a process: its last two checkpoints and what has come in since.

    page      state of the game process, see WORDS
    2 slots   u64 number, u64 bytes, u32 CRC-32 of them, the checkpoint, then its journal:
              u32 bytes, u32 CRC-32, record; u64 `end` of the page says up to where it is whole

A checkpoint goes into the slot that is not in use, its number last of all: whenever the process is
killed, one of the two is whole. If the newer one is damaged the older and both journals lead to the same.
The memory is anonymous (memfd_create): it has no name, and is gone with the last process that has it.
"""

import mmap
import os
import sys
from contextlib import suppress
from struct import Struct
from zlib import crc32

from tremble.errors import TrembleError

#: Bytes of a slot. Only what is written takes memory; a full server of 256 needs about 3 MB.
SLOT_BYTES = 1 << 26
#: What a single round can add at most to a journal: 8 batches of 128 datagrams, and their addresses.
MAX_RECORD = 1 << 22
PAGE = 4096
SIZE = PAGE + 2 * SLOT_BYTES

#: u64 words of the page, by their place.
TURNS = 0  # rounds begun: stands still in a process that hangs
USED = 1  # 1 + the slot in use; 0: there is nothing to go on from
ENDS = (2, 3)  # where the journal of each slot ends
DONE = 4  # rounds of the newest journal that were sent
TRIAL = 5  # what a process that goes on tries: see keeper.py
TRIAL_OF = 6  # and with whom: a place, a client's number, an arena's
TAKEOVERS = 7  # so far
PLAYERS = 8  # people and bots in the arenas
STANDBY = 9  # 1: another process is ready to go on
#: f64 times of the last takeovers, the newest first; where they begin, and how many.
TIMES = 64 * 8
REMEMBERED = 5

_U64 = Struct("<Q")
_HEAD = Struct("<QQI")
_RECORD = Struct("<II")
_TIMES = Struct(f"<{REMEMBERED}d")


class MemoryFault(TrembleError):
    """The memory cannot be made, or holds nothing that can be used."""


def available() -> bool:
    """Say whether this system has such memory."""
    return sys.platform == "linux" and hasattr(os, "memfd_create")


def create() -> int:
    """Return the file descriptor of fresh memory, to be inherited. Raises MemoryFault."""
    try:
        fd = os.memfd_create("tremble")
        os.ftruncate(fd, SIZE)
    except OSError as error:
        raise MemoryFault(f"no memory for a standby: {error.strerror}") from None
    return fd


class Memory:
    """The memory behind *fd*. One process writes, the supervisor reads single words."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.map = mmap.mmap(fd, SIZE)
        self._at = 0  # where the next record goes
        self._end = 0  # end of the slot in use
        self._journal = ENDS[0]  # the word that says where its journal ends

    def close(self) -> None:
        """Let go of it; others may still have it."""
        with suppress(BufferError):
            self.map.close()

    def word(self, place: int) -> int:
        """Return the word at *place*."""
        found: int = _U64.unpack_from(self.map, 8 * place)[0]
        return found

    def set(self, place: int, value: int) -> None:
        """Set the word at *place*."""
        _U64.pack_into(self.map, 8 * place, value)

    def clear(self) -> None:
        """There is nothing to go on from."""
        self.set(USED, 0)
        self.set(TRIAL, 0)
        self.set(PLAYERS, 0)

    def keep(self, checkpoint: bytes) -> None:
        """Put *checkpoint* in place of the older one. Raises MemoryFault if it is too long."""
        if len(checkpoint) + PAGE > SLOT_BYTES - 2 * MAX_RECORD:
            raise MemoryFault(f"a checkpoint of {len(checkpoint)} bytes is too long")
        used = self.word(USED)
        slot = 1 if used == 1 else 0
        number = _U64.unpack_from(self.map, start_of(1 - slot))[0] + 1 if used else 1
        start = start_of(slot)
        _HEAD.pack_into(self.map, start, number, len(checkpoint), crc32(checkpoint))
        body = start + _HEAD.size
        self._at = body + len(checkpoint)
        self._end = start + SLOT_BYTES
        self.map[body : self._at] = checkpoint
        self._journal = ENDS[slot]
        self.set(self._journal, self._at)
        self.set(DONE, 0)
        self.set(USED, slot + 1)  # from here on it counts

    def append(self, record: bytes) -> bool:
        """Add *record* to the journal; False if there is no room for it."""
        end = self._at + _RECORD.size + len(record)
        if end > self._end:
            return False
        self.map[self._at : end] = _RECORD.pack(len(record), crc32(record)) + record
        self._at = end
        self.set(self._journal, end)
        return True

    def load(self) -> list[tuple[bytes, list[bytes]]]:
        """Return checkpoints with the records of the rounds that came after each, the newest first.

        Those of the newer slot have come after the older checkpoint too. Damaged ones are left out.
        """
        used = self.word(USED)
        if not used:
            return []
        newer = used - 1
        number, checkpoint, records = self._read(newer)
        found = [(checkpoint, records)] if checkpoint is not None else []
        before, older, earlier = self._read(1 - newer)
        if older is not None and 0 < before == number - 1:
            found.append((older, earlier + records))
        return found

    def _read(self, slot: int) -> tuple[int, bytes | None, list[bytes]]:
        """Return number, checkpoint (None: damaged) and journal of *slot*."""
        start = start_of(slot)
        number, size, crc = _HEAD.unpack_from(self.map, start)
        body = start + _HEAD.size
        if size > SLOT_BYTES - _HEAD.size:
            return number, None, []
        checkpoint: bytes | None = self.map[body : body + size]
        if checkpoint is not None and crc32(checkpoint) != crc:
            checkpoint = None
        end = min(self.word(ENDS[slot]), start + SLOT_BYTES)
        return number, checkpoint, self._records(body + size, end)

    def _records(self, at: int, end: int) -> list[bytes]:
        """Return the records from *at* to *end*, up to the first that is damaged."""
        found = []
        while at + _RECORD.size <= end:
            size, crc = _RECORD.unpack_from(self.map, at)
            at += _RECORD.size
            record = self.map[at : at + size]
            if at + size > end or crc32(record) != crc:
                break
            found.append(record)
            at += size
        return found

    def note_takeover(self, now: float) -> int:
        """Count a takeover at *now*; return how many there were in the last 10 s, this one too."""
        self.set(TAKEOVERS, self.word(TAKEOVERS) + 1)
        times = [now, *_TIMES.unpack_from(self.map, TIMES)[: REMEMBERED - 1]]
        _TIMES.pack_into(self.map, TIMES, *times)
        return sum(1 for time in times if time > 0.0 and now - time <= 10.0)


def start_of(slot: int) -> int:
    """Return where *slot* begins."""
    return PAGE + slot * SLOT_BYTES
