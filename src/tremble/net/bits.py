"""Bits of a message, lowest first: bit i of a message is bit i % 8 of byte i // 8.

The writer gathers into one integer, so that a ready-made run of bits (an entity's delta, shared by
all clients on the same baseline) is appended in one operation.
"""

from tremble.errors import ProtocolError


class BitWriter:
    """Gathers values of given widths; `value` holds the first `count` bits of the message."""

    def __init__(self) -> None:
        self.value = 0
        self.count = 0

    def write(self, value: int, bits: int) -> None:
        """Append the *bits* low bits of *value*; *value* must fit (0 <= value < 2**bits)."""
        self.value |= value << self.count
        self.count += bits

    def write_signed(self, value: int, bits: int) -> None:
        """Append *value* in two's complement; -2**(bits-1) <= value < 2**(bits-1)."""
        self.value |= (value & ((1 << bits) - 1)) << self.count
        self.count += bits

    def to_bytes(self) -> bytes:
        """Return the message; the last byte is filled up with zero bits."""
        return self.value.to_bytes((self.count + 7) >> 3, "little")


class BitReader:
    """Reads values back in the order in which they were written."""

    def __init__(self, data: bytes) -> None:
        self.value = int.from_bytes(data, "little")
        self.left = len(data) * 8

    def read(self, bits: int) -> int:
        """Return the next *bits* bits. Raises ProtocolError past the end."""
        if bits > self.left:
            raise ProtocolError("message ends too early")
        found = self.value & ((1 << bits) - 1)
        self.value >>= bits
        self.left -= bits
        return found

    def read_signed(self, bits: int) -> int:
        """Return the next *bits* bits as a two's complement number."""
        found = self.read(bits)
        return found - (1 << bits) if found >> (bits - 1) else found

    def finish(self) -> None:
        """Raise ProtocolError unless only the zero bits of the last byte are left."""
        if self.left > 7 or self.value:
            raise ProtocolError("message has bytes after its end")
