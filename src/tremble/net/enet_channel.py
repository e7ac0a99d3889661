"""One ENet channel: sequence numbers out, order and reassembly in.

A reliable packet is delivered once and in order. An unreliable one names the last reliable packet
sent before it: it waits for that one, and is dropped if a later one of the channel was delivered.

Sequence numbers are 16 bits and wrap. The 65536 numbers are 16 windows of 4096; the 7 windows from
the number that was last delivered are ahead, all others are the past. The sender keeps to 6.
"""

from typing import Final

from tremble.net.enet_wire import Fragment

WINDOWS: Final = 16
#: log2 of the numbers in a window.
WINDOW_BITS: Final = 12
#: How many windows from the last delivered number are taken (libenet: 8 free windows, less one).
WINDOWS_AHEAD: Final = 7
#: A new window may be opened only if no number of these windows ahead of it still waits for its
#: acknowledgement (libenet: 8 free windows and two of margin).
WINDOWS_FREE: Final = 10
#: Unreliable packets in pieces that one channel puts together at the same time. One is in flight
#: unless the link reorders; the oldest gives way.
MAX_ASSEMBLIES: Final = 4
#: What a waiting packet is taken to cost beside its bytes, so that empty ones are not free.
PACKET_OVERHEAD: Final = 64


def windows_ahead(sequence: int, current: int) -> int:
    """Return how many windows *sequence* lies ahead of *current*; for the past 9 and more."""
    window = sequence >> WINDOW_BITS
    if sequence < current:
        window += WINDOWS
    return window - (current >> WINDOW_BITS)


class Incoming:
    """A received packet that cannot be delivered yet: too early, or not whole."""

    def __init__(self, sequence: int, unreliable: int, data: bytes) -> None:
        self.sequence = sequence
        self.unreliable = unreliable
        self.data = data
        self.count = 0  # pieces of the packet; 0 if it came whole
        self.missing = 0
        self.buffer = bytearray()
        self.arrived = bytearray()

    def expect(self, fragment: Fragment) -> None:
        """Make room for the pieces of the packet that *fragment* belongs to."""
        self.count = fragment.count
        self.missing = fragment.count
        self.buffer = bytearray(fragment.total)
        self.arrived = bytearray(fragment.count)

    def add(self, fragment: Fragment) -> None:
        """Put the piece in place; after the last one `data` is the packet."""
        if self.arrived[fragment.number]:
            return
        self.arrived[fragment.number] = 1
        self.missing -= 1
        self.buffer[fragment.offset : fragment.offset + len(fragment.piece)] = fragment.piece
        if self.missing == 0:
            self.data = bytes(self.buffer)

    def cost(self) -> int:
        """Return what it counts against the bound on waiting data."""
        if self.count:
            return len(self.buffer) + self.count + PACKET_OVERHEAD
        return len(self.data) + PACKET_OVERHEAD


class Channel:
    """The state of one channel of one peer. `waiting` and `held` are empty on a quiet link."""

    def __init__(self) -> None:
        self.sent_reliable = 0  # the last number given out
        self.sent_unreliable = 0
        self.in_flight: list[int] = [0] * WINDOWS  # unacknowledged numbers by window
        self.reliable = 0  # the last number delivered
        self.unreliable = 0
        self.waiting: dict[int, Incoming] = {}  # reliable, by number
        self.held: dict[int, Incoming] = {}  # unreliable, by reliable and unreliable number

    def window_is_blocked(self, sequence: int) -> bool:
        """Say whether sending the new *sequence* would run too far ahead of the unacknowledged."""
        if sequence & ((1 << WINDOW_BITS) - 1):
            return False
        window = sequence >> WINDOW_BITS
        used = 0
        for ahead in range(WINDOWS_FREE):
            used += self.in_flight[(window + ahead) % WINDOWS]
        return used > 0

    def accepts_reliable(self, sequence: int) -> bool:
        """Say whether reliable *sequence* is new and not too far ahead."""
        if sequence == self.reliable or sequence in self.waiting:
            return False
        return windows_ahead(sequence, self.reliable) < WINDOWS_AHEAD

    def take_ready(self) -> list[Incoming]:
        """Remove and return the reliable packets whose turn has come, in order."""
        ready: list[Incoming] = []
        while self.waiting:
            sequence = (self.reliable + 1) & 0xFFFF
            first = self.waiting.get(sequence)
            if first is None or first.missing:
                break
            del self.waiting[sequence]
            self.advance(first.count)
            ready.append(first)
        return ready

    def advance(self, count: int) -> None:
        """Count a reliable packet of *count* pieces (0: it came whole) as delivered."""
        self.reliable = (self.reliable + (count or 1)) & 0xFFFF
        self.unreliable = 0

    def accepts_unreliable(self, sequence: int, unreliable: int) -> bool:
        """Say whether an unreliable packet is new, and neither late nor too far ahead."""
        if sequence == self.reliable:
            return unreliable > self.unreliable
        return windows_ahead(sequence, self.reliable) < WINDOWS_AHEAD

    def release(self) -> tuple[list[Incoming], list[Incoming]]:
        """Remove and return the held packets that are due, in order, and those that are late."""
        due: list[Incoming] = []
        late: list[Incoming] = []
        for key in sorted(self.held):
            packet = self.held[key]
            if packet.missing or packet.sequence != self.reliable:
                continue
            if packet.unreliable > self.unreliable:
                self.unreliable = packet.unreliable
                due.append(packet)
        for packet in due:
            del self.held[packet.sequence << 16 | packet.unreliable]
        for key in sorted(self.held):
            packet = self.held[key]
            if not self.accepts_unreliable(packet.sequence, packet.unreliable):
                late.append(packet)
                del self.held[key]
        return due, late

    def oldest_assembly(self) -> Incoming | None:
        """Return the packet in pieces that must give way to another; None while there is room."""
        found: Incoming | None = None
        assemblies = 0
        for packet in self.held.values():
            if packet.count:
                assemblies += 1
                if found is None:
                    found = packet
        return found if assemblies >= MAX_ASSEMBLIES else None
