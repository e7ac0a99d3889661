"""Bits of a message, lowest first: bit i of a message is bit i % 8 of byte i // 8.

Compiled, both ends work on machine words; a ready-made run of bits (what all clients on the same baseline
are told) is appended four bytes at a time. Masks are 32 ones shifted down: compiled,
a literal 1 shifted up by 32 would be a C int, and gone.
"""

from typing import Final

from librt.strings import BytesWriter, read_i32_le, read_i64_le, write_i32_le
from mypy_extensions import i32, i64

from tremble.errors import ProtocolError

#: A run of bits: whole words of four bytes, the last filled up with zeros, and how many bits count.
Bits = tuple[bytes, int]

#: So that eight bytes can be read at any place of a message.
PADDING: Final = bytes(8)


class BitWriter:
    """Gathers values of given widths; `count` bits so far."""

    def __init__(self) -> None:
        self.count: i64 = 0
        self._words = BytesWriter()
        self._rest: i64 = 0  # the bits that do not fill a word yet
        self._held: i64 = 0  # how many those are, 0 to 31

    def write(self, value: i64, bits: i64) -> None:
        """Append the *bits* (1 to 32) low bits of *value*; *value* must fit: 0 <= value < 2**bits."""
        self._rest |= value << self._held
        self._held += bits
        self.count += bits
        if self._held >= 32:
            self._write_word(self._rest & 0xFFFFFFFF)
            self._rest >>= 32
            self._held -= 32

    def _write_word(self, word: i64) -> None:
        if word >= 0x80000000:
            word -= 0x100000000
        write_i32_le(self._words, i32(word))

    def write_signed(self, value: i64, bits: i64) -> None:
        """Append *value* in two's complement; -2**(bits-1) <= value < 2**(bits-1)."""
        full: i64 = 0xFFFFFFFF
        self.write(value & (full >> (32 - bits)), bits)

    def append(self, run: Bits) -> None:
        """Append a ready-made run of bits."""
        data = run[0]
        left: i64 = run[1]
        at: i64 = 0
        full: i64 = 0xFFFFFFFF
        while left > 0:
            bits = left if left < 32 else 32
            self.write(i64(read_i32_le(data, at)) & (full >> (32 - bits)), bits)
            at += 4
            left -= bits

    def append_part(self, data: bytes, at: i64, end: i64) -> None:
        """Append bits *at* to *end* of *data*, which must go on for 8 bytes behind them."""
        full: i64 = 0xFFFFFFFF
        while at < end:
            bits = end - at if end - at < 32 else 32
            self.write((read_i64_le(data, at >> 3) >> (at & 7)) & (full >> (32 - bits)), bits)
            at += bits

    def to_bytes(self) -> bytes:
        """Return the message; the last byte is filled up with zero bits. Ends the writing."""
        size = (self.count + 7) >> 3
        self._end()
        self._words.truncate(size)
        return self._words.getvalue()

    def run(self) -> Bits:
        """Return what was written as a run for append(). Ends the writing."""
        self._end()
        return self._words.getvalue(), self.count

    def _end(self) -> None:
        if self._held > 0:
            self._write_word(self._rest)
            self._held = 0


class BitReader:
    """Reads values back in the order in which they were written."""

    def __init__(self, data: bytes) -> None:
        self._data = data + PADDING
        self._at: i64 = 0
        self._end: i64 = len(data) * 8

    def read(self, bits: i64) -> i64:
        """Return the next *bits* bits (1 to 32). Raises ProtocolError past the end."""
        at = self._at
        if at + bits > self._end:
            raise ProtocolError("message ends too early")
        self._at = at + bits
        full: i64 = 0xFFFFFFFF
        return (read_i64_le(self._data, at >> 3) >> (at & 7)) & (full >> (32 - bits))

    def read_signed(self, bits: i64) -> i64:
        """Return the next *bits* bits as a two's complement number."""
        found = self.read(bits)
        full: i64 = 0xFFFFFFFF
        return found - (full >> (32 - bits)) - 1 if found >> (bits - 1) else found

    @property
    def left(self) -> i64:
        """Bits not read yet."""
        return self._end - self._at

    def finish(self) -> None:
        """Raise ProtocolError unless only the zero bits of the last byte are left."""
        left = self._end - self._at
        if left > 7 or (left > 0 and self.read(left) != 0):
            raise ProtocolError("message has bytes after its end")
