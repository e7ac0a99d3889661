"""The packets of an established ENet peer: checked, put in order, handed over as events.

Each function reads one command that is whole but for its payload. It returns where the next one
starts, MALFORMED if the command contradicts itself, or NO_ROOM if too much waits for the peer; both
end the datagram, and what was not acknowledged comes again.
"""

from typing import Final

from tremble.net.enet_channel import (
    PACKET_OVERHEAD,
    WINDOWS_AHEAD,
    Channel,
    Incoming,
    windows_ahead,
)
from tremble.net.enet_peer import (
    CONNECTED,
    MAX_PACKET,
    RECEIVED,
    RELIABLE,
    UNRELIABLE,
    UNSEQUENCED,
    UNSEQUENCED_BYTES,
    Event,
    Peer,
)
from tremble.net.enet_wire import (
    FRAGMENT_SIZE,
    SEND_FRAGMENT,
    SEND_RELIABLE,
    SEND_UNRELIABLE,
    SEND_UNSEQUENCED,
    Fragment,
    read_fragment,
    u16,
)

MALFORMED: Final = -1
NO_ROOM: Final = -2

#: Bytes that may wait for one peer, with PACKET_OVERHEAD each. The steps keep the cheaper kind from
#: starving the dearer: unreliable packets; reliable ones that are early; the one whose turn it is.
MAX_WAITING_UNRELIABLE: Final = 128 * 1024
MAX_WAITING_EARLY: Final = 256 * 1024
MAX_WAITING: Final = MAX_WAITING_EARLY + 2 * MAX_PACKET + 1024

UNSEQUENCED_WINDOW: Final = UNSEQUENCED_BYTES * 8
#: How many windows of unsequenced groups ahead are taken; the rest of the 65536 is the past.
UNSEQUENCED_WINDOWS_AHEAD: Final = 32


def receive_packet(peer: Peer, number: int, data: bytes, at: int, events: list[Event]) -> int:
    """Receive the SEND_ command *number* at *at* of *data*."""
    channel = data[at + 1]
    if channel >= peer.channels:
        return MALFORMED
    if number == SEND_UNSEQUENCED:
        return _receive_unsequenced(peer, channel, data, at, events)
    if number == SEND_UNRELIABLE:
        return _receive_unreliable(peer, channel, data, at, events)
    if number == SEND_RELIABLE:
        return _receive_reliable(peer, channel, data, at, events)
    fragment = read_fragment(data, at, MAX_PACKET)
    if fragment is None:
        return MALFORMED
    if number == SEND_FRAGMENT:
        result = _receive_fragment(peer, channel, fragment, events)
    else:
        result = _receive_unreliable_fragment(peer, channel, u16(data, at + 2), fragment, events)
    return result or at + FRAGMENT_SIZE + len(fragment.piece)


def may_acknowledge(peer: Peer, channel: int, sequence: int) -> bool:
    """Say whether *sequence* may be acknowledged: not if it was dropped for being too far ahead."""
    if channel >= peer.channels:
        return True
    ahead = windows_ahead(sequence, peer.lanes[channel].reliable)
    return ahead < WINDOWS_AHEAD or ahead > WINDOWS_AHEAD + 1


def _deliver(peer: Peer, channel: int, data: bytes, mode: int, events: list[Event]) -> None:
    # A peer that we are about to leave is acknowledged, but nobody listens any more.
    if peer.state == CONNECTED:
        peer.waiting += len(data) + PACKET_OVERHEAD
        events.append(Event(RECEIVED, peer, channel, data, 0, mode))


def _has_room(peer: Peer, cost: int, limit: int) -> bool:
    return peer.waiting + cost + PACKET_OVERHEAD <= limit


def _receive_unsequenced(
    peer: Peer, channel: int, data: bytes, at: int, events: list[Event]
) -> int:
    start = at + 8
    end = start + u16(data, at + 6)
    if end > len(data):
        return MALFORMED
    group = u16(data, at + 4)
    unwrapped = group + 0x10000 if group < peer.unsequenced_base else group
    limit = peer.unsequenced_base + UNSEQUENCED_WINDOW * UNSEQUENCED_WINDOWS_AHEAD
    if unwrapped >= limit:
        return end
    index = group % UNSEQUENCED_WINDOW
    if group - index != peer.unsequenced_base:
        peer.unsequenced_base = group - index
        peer.unsequenced_window = bytearray(UNSEQUENCED_BYTES)
    known = peer.unsequenced_window[index >> 3]
    bit = 1 << (index & 7)
    if known & bit:
        return end
    if not _has_room(peer, end - start, MAX_WAITING_UNRELIABLE):
        return NO_ROOM
    peer.unsequenced_window[index >> 3] = known | bit
    _deliver(peer, channel, data[start:end], UNSEQUENCED, events)
    return end


def _receive_unreliable(peer: Peer, channel: int, data: bytes, at: int, events: list[Event]) -> int:
    start = at + 8
    end = start + u16(data, at + 6)
    if end > len(data):
        return MALFORMED
    sequence = u16(data, at + 2)
    unreliable = u16(data, at + 4)
    lane = peer.lanes[channel]
    if not lane.accepts_unreliable(sequence, unreliable):
        return end
    if not _has_room(peer, end - start, MAX_WAITING_UNRELIABLE):
        return NO_ROOM
    if sequence == lane.reliable:
        lane.unreliable = unreliable
        _deliver(peer, channel, data[start:end], UNRELIABLE, events)
        if lane.held:
            _release(peer, channel, lane, events)
    elif sequence << 16 | unreliable not in lane.held:
        packet = Incoming(sequence, unreliable, data[start:end])
        lane.held[sequence << 16 | unreliable] = packet
        peer.waiting += packet.cost()
    return end


def _receive_reliable(peer: Peer, channel: int, data: bytes, at: int, events: list[Event]) -> int:
    start = at + 6
    end = start + u16(data, at + 4)
    if end > len(data):
        return MALFORMED
    sequence = u16(data, at + 2)
    lane = peer.lanes[channel]
    if not lane.accepts_reliable(sequence):
        return end
    its_turn = sequence == (lane.reliable + 1) & 0xFFFF
    limit = MAX_WAITING if its_turn else MAX_WAITING_EARLY
    if not _has_room(peer, end - start, limit):
        return NO_ROOM
    if its_turn:
        lane.advance(1)
        _deliver(peer, channel, data[start:end], RELIABLE, events)
        _deliver_ready(peer, channel, lane, events)
    else:
        packet = Incoming(sequence, 0, data[start:end])
        lane.waiting[sequence] = packet
        peer.waiting += packet.cost()
    return end


def _receive_fragment(peer: Peer, channel: int, fragment: Fragment, events: list[Event]) -> int:
    """Return 0 if the piece was taken or is known already."""
    lane = peer.lanes[channel]
    packet = lane.waiting.get(fragment.start)
    if packet is None:
        if not lane.accepts_reliable(fragment.start):
            return 0
        its_turn = fragment.start == (lane.reliable + 1) & 0xFFFF
        limit = MAX_WAITING if its_turn else MAX_WAITING_EARLY
        if not _has_room(peer, fragment.total + fragment.count, limit):
            return NO_ROOM
        packet = Incoming(fragment.start, 0, b"")
        packet.expect(fragment)
        lane.waiting[fragment.start] = packet
        peer.waiting += packet.cost()
    elif packet.count != fragment.count or len(packet.buffer) != fragment.total:
        return MALFORMED
    packet.add(fragment)
    if not packet.missing:
        _deliver_ready(peer, channel, lane, events)
    return 0


def _receive_unreliable_fragment(
    peer: Peer, channel: int, sequence: int, fragment: Fragment, events: list[Event]
) -> int:
    """Return 0 if the piece was taken, is known already or comes too late."""
    lane = peer.lanes[channel]
    if not lane.accepts_unreliable(sequence, fragment.start):
        return 0
    key = sequence << 16 | fragment.start
    packet = lane.held.get(key)
    if packet is None:
        oldest = lane.oldest_assembly()
        if oldest is not None:
            del lane.held[oldest.sequence << 16 | oldest.unreliable]
            peer.waiting -= oldest.cost()
        if not _has_room(peer, fragment.total + fragment.count, MAX_WAITING_UNRELIABLE):
            return NO_ROOM
        packet = Incoming(sequence, fragment.start, b"")
        packet.expect(fragment)
        lane.held[key] = packet
        peer.waiting += packet.cost()
    elif packet.count != fragment.count or len(packet.buffer) != fragment.total:
        return MALFORMED
    packet.add(fragment)
    if not packet.missing:
        _release(peer, channel, lane, events)
    return 0


def _deliver_ready(peer: Peer, channel: int, lane: Channel, events: list[Event]) -> None:
    if lane.waiting:
        for packet in lane.take_ready():
            peer.waiting -= packet.cost()
            _deliver(peer, channel, packet.data, RELIABLE, events)
    if lane.held:
        _release(peer, channel, lane, events)


def _release(peer: Peer, channel: int, lane: Channel, events: list[Event]) -> None:
    due, late = lane.release()
    for packet in due:
        peer.waiting -= packet.cost()
        _deliver(peer, channel, packet.data, UNRELIABLE, events)
    for packet in late:
        peer.waiting -= packet.cost()
