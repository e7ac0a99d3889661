"""The whole state of an ENet host as bytes, for checkpoints. Little-endian, read by us alone.

    host     = version, fixed fields, sessions, free, half-open and accepted slots,
               living peers, dead peers that events speak of, events, replies
    peer     = fixed fields, window of unsequenced groups, then each with its count before it:
               acks, control, reliable, unreliable, unacked, channels, early packets
    command  = fixed fields, u32 length, bytes
    channel  = u16 x 4
    packet   = u8 channel, u8 mode, u16 x 2, u32 pieces, u32 missing, bytes, which pieces arrived

What follows from the rest is not stored: header, in_transit, the in-flight count of the windows.
"""

from struct import Struct, pack, unpack
from typing import Final

from tremble.net.enet_channel import WINDOW_BITS, Channel, Incoming
from tremble.net.enet_peer import (
    HALF_OPEN,
    RELIABLE,
    UNRELIABLE,
    UNSEQUENCED_BYTES,
    Event,
    Outgoing,
    Peer,
)
from tremble.net.enet_state import HostState
from tremble.net.enet_wire import CONTROL_CHANNEL

_VERSION: Final = b"ENP1"
# Time since ms 0, random state, settings, counters
_STATE: Final = Struct("<dQHB?11Q")
# The attributes of Peer that are plain numbers: which connection it is and where it stands,
_CONNECTION: Final = Struct("<HBqIIIHBBqHHIIBHHHqqq?qqqq")
# and what the link is like.
_LINK: Final = Struct("<?ddddddHHHqIIIIIIqqqqqd")
_COMMAND: Final = Struct("<IIqHHqq")
_PACKET: Final = Struct("<BBHHII")
_EVENT: Final = Struct("<IBBIB")
_U32: Final = Struct("<I")
#: A length or a count of 0, which most are: no need to pack it anew for each.
_NOTHING: Final = bytes(4)


class Reader:
    """Reads what the functions here wrote; ValueError when the bytes end too early."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        """Return the next *size* bytes."""
        end = self.at + size
        if end > len(self.data):
            raise ValueError(f"packed host ends at byte {len(self.data)}, {end} are needed")
        piece = self.data[self.at : end]
        self.at = end
        return piece

    def u32(self) -> int:
        """Return the next number of 32 bits."""
        return int.from_bytes(self.take(4), "little")

    def numbers(self) -> list[int]:
        """Return the next list of numbers of 32 bits."""
        return [self.u32() for _ in range(self.u32())]

    def finish(self) -> None:
        """Raise ValueError if anything is left."""
        if self.at != len(self.data):
            raise ValueError(f"packed host has {len(self.data) - self.at} bytes too many")

    def text(self) -> bytes:
        """Return the next bytes that have their length before them."""
        return self.take(self.u32())


def pack_host(host: HostState, now: float) -> bytes:
    """Return all of *host*."""
    out = [_VERSION, _pack_state(host, now)]
    # Events may still speak of peers that have lost their slot.
    dead: list[Peer] = []
    for event in host.events:
        if host.peers[event.peer.id] is not event.peer and event.peer not in dead:
            dead.append(event.peer)
    living = [peer for peer in host.peers if peer is not None]
    _write_numbers(out, host.sessions)
    _write_numbers(out, host.free)
    _write_numbers(out, [peer.id for peer in host.half_open.values()])
    _write_numbers(out, [peer.id for peer in host.accepted.values()])
    _write_peers(out, living)
    _write_peers(out, dead)
    _write_events(out, host.events, living + dead)
    _write_datagrams(out, host.replies)
    return b"".join(out)


def unpack_host(host: HostState, data: bytes, now: float) -> None:
    """Fill the fresh *host* with what pack_host wrote; its clock goes on from where it stood."""
    source = Reader(data)
    version = source.take(len(_VERSION))
    if version != _VERSION:
        raise ValueError(f"packed host begins with {version!r}, not {_VERSION!r}")
    _unpack_state(host, source, now)
    host.sessions = source.numbers()
    host.free = source.numbers()
    half_open = source.numbers()
    accepted = source.numbers()
    living = _read_peers(source, host.epoch)
    dead = _read_peers(source, host.epoch)
    host.peers = [None] * len(host.sessions)
    by_slot: dict[int, Peer] = {}
    for peer in living:
        host.peers[peer.id] = peer
        by_slot[peer.id] = peer
    for slot in half_open:
        host.half_open[by_slot[slot].address] = by_slot[slot]
    for slot in accepted:
        host.accepted[by_slot[slot].address] = by_slot[slot]
    host.events = _read_events(source, living + dead)
    host.replies = _read_datagrams(source)
    source.finish()


def _pack_state(host: HostState, now: float) -> bytes:
    return _STATE.pack(
        now - host.epoch,
        host.random,
        host.peer_limit,
        host.channel_limit,
        host.accepts,
        host.datagrams_in,
        host.datagrams_out,
        host.bytes_in,
        host.bytes_out,
        host.malformed,
        host.compressed_refused,
        host.unknown_peer,
        host.no_room,
        host.connects_refused,
        host.half_open_evicted,
        host.half_open_expired,
    )


def _unpack_state(host: HostState, source: Reader, now: float) -> None:
    (
        elapsed,
        host.random,
        host.peer_limit,
        host.channel_limit,
        host.accepts,
        host.datagrams_in,
        host.datagrams_out,
        host.bytes_in,
        host.bytes_out,
        host.malformed,
        host.compressed_refused,
        host.unknown_peer,
        host.no_room,
        host.connects_refused,
        host.half_open_evicted,
        host.half_open_expired,
    ) = _STATE.unpack(source.take(_STATE.size))
    host.epoch = now - elapsed


def _write_bytes(out: list[bytes], data: bytes) -> None:
    """Write *data* with its length before it."""
    if data:
        out.append(_U32.pack(len(data)))
        out.append(data)
    else:
        out.append(_NOTHING)


def _write_numbers(out: list[bytes], numbers: list[int]) -> None:
    """Write *numbers* of 32 bits with their count before them."""
    out.append(_U32.pack(len(numbers)) if numbers else _NOTHING)
    for number in numbers:
        out.append(_U32.pack(number))


def _write_datagrams(out: list[bytes], datagrams: list[tuple[bytes, bytes]]) -> None:
    """Write datagrams with their addresses."""
    out.append(_U32.pack(len(datagrams)))
    for datagram, address in datagrams:
        _write_bytes(out, datagram)
        _write_bytes(out, address)


def _read_datagrams(source: Reader) -> list[tuple[bytes, bytes]]:
    """Read what _write_datagrams wrote."""
    return [(source.text(), source.text()) for _ in range(source.u32())]


def _write_events(out: list[bytes], events: list[Event], peers: list[Peer]) -> None:
    """Write *events*, their peers as places in *peers*."""
    out.append(_U32.pack(len(events)))
    for event in events:
        place = peers.index(event.peer)
        out.append(_EVENT.pack(place, event.kind, event.channel, event.value, event.mode))
        _write_bytes(out, event.data)


def _read_events(source: Reader, peers: list[Peer]) -> list[Event]:
    """Read what _write_events wrote."""
    events: list[Event] = []
    for _ in range(source.u32()):
        fields = _EVENT.unpack(source.take(_EVENT.size))
        peer = peers[fields[0]]
        events.append(Event(fields[1], peer, fields[2], source.text(), fields[3], fields[4]))
    return events


def _write_peers(out: list[bytes], peers: list[Peer]) -> None:
    """Write *peers* with their count before them."""
    out.append(_U32.pack(len(peers)))
    for peer in peers:
        if peer.state != HALF_OPEN:
            _pack_peer(out, peer)
            continue
        # They hardly change, and a flood of them must not make each checkpoint dear.
        if not peer.packed:
            parts: list[bytes] = []
            _pack_peer(parts, peer)
            peer.packed = b"".join(parts)
        out.append(peer.packed)


def _read_peers(source: Reader, epoch: float) -> list[Peer]:
    """Read what _write_peers wrote; *epoch* is the host's."""
    return [_unpack_peer(source, epoch) for _ in range(source.u32())]


def _pack_peer(out: list[bytes], peer: Peer) -> None:
    """Append all of *peer* to *out*."""
    _write_bytes(out, peer.address)
    out.append(_pack_connection(peer))
    out.append(_pack_link(peer))
    out.append(bytes(peer.unsequenced_window))
    _write_bytes(out, peer.farewell)
    _write_bytes(out, peer.handshake)
    _write_numbers(out, peer.handshake_times)
    out.append(_U32.pack(len(peer.acks)) if peer.acks else _NOTHING)
    for wire in peer.acks:
        _write_bytes(out, wire)
    _pack_commands(out, peer.control)
    _pack_commands(out, peer.reliable)
    _pack_commands(out, peer.unreliable)
    _pack_commands(out, list(peer.unacked.values()) if peer.unacked else [])
    if peer.lanes:
        _pack_lanes(out, peer.lanes)
    else:
        out.append(_NOTHING)
        out.append(_NOTHING)


def _unpack_peer(source: Reader, epoch: float) -> Peer:
    """Return the peer that _pack_peer wrote; *epoch* is the host's."""
    peer = Peer(0, source.text(), epoch)
    _unpack_connection(peer, source)
    _unpack_link(peer, source)
    peer.unsequenced_window = bytearray(source.take(UNSEQUENCED_BYTES))
    peer.farewell = source.text()
    peer.handshake = source.text()
    peer.handshake_times = source.numbers()
    peer.acks = [source.text() for _ in range(source.u32())]
    peer.control = _unpack_commands(source)
    peer.reliable = _unpack_commands(source)
    peer.unreliable = _unpack_commands(source)
    unacked = _unpack_commands(source)
    peer.lanes = _unpack_lanes(source)
    peer.adopt(peer.remote_id, peer.incoming_session, peer.outgoing_session)
    for command in unacked:
        peer.unacked[command.key] = command
        peer.in_transit += command.payload
        _count_in_flight(peer, command)
    for command in peer.reliable:
        if command.attempts:
            _count_in_flight(peer, command)
    return peer


def _count_in_flight(peer: Peer, command: Outgoing) -> None:
    channel = command.key >> 16
    if channel != CONTROL_CHANNEL:
        peer.lanes[channel].in_flight[(command.key & 0xFFFF) >> WINDOW_BITS] += 1


def _pack_commands(out: list[bytes], commands: list[Outgoing]) -> None:
    out.append(_U32.pack(len(commands)) if commands else _NOTHING)
    for command in commands:
        out.append(
            _COMMAND.pack(
                command.key,
                command.payload,
                command.order,
                command.pieces,
                command.attempts,
                command.sent_ms,
                command.timeout_ms,
            )
        )
        _write_bytes(out, command.wire)


def _unpack_commands(source: Reader) -> list[Outgoing]:
    commands: list[Outgoing] = []
    for _ in range(source.u32()):
        fields = _COMMAND.unpack(source.take(_COMMAND.size))
        command = Outgoing(source.text(), fields[0], fields[1], fields[2])
        command.pieces = fields[3]
        command.attempts = fields[4]
        command.sent_ms = fields[5]
        command.timeout_ms = fields[6]
        commands.append(command)
    return commands


def _pack_lanes(out: list[bytes], lanes: list[Channel]) -> None:
    numbers: list[int] = []
    packets: list[bytes] = []
    for index, lane in enumerate(lanes):
        numbers.append(lane.sent_reliable)
        numbers.append(lane.sent_unreliable)
        numbers.append(lane.reliable)
        numbers.append(lane.unreliable)
        if lane.waiting or lane.held:
            for packet in lane.waiting.values():
                _pack_packet(packets, index, RELIABLE, packet)
            for packet in lane.held.values():
                _pack_packet(packets, index, UNRELIABLE, packet)
    out.append(_U32.pack(len(lanes)))
    out.append(pack(f"<{len(numbers)}H", *numbers))
    _write_bytes(out, b"".join(packets))


def _unpack_lanes(source: Reader) -> list[Channel]:
    lanes = [Channel() for _ in range(source.u32())]
    numbers = unpack(f"<{4 * len(lanes)}H", source.take(8 * len(lanes)))
    for index, lane in enumerate(lanes):
        lane.sent_reliable = numbers[4 * index]
        lane.sent_unreliable = numbers[4 * index + 1]
        lane.reliable = numbers[4 * index + 2]
        lane.unreliable = numbers[4 * index + 3]
    packets = Reader(source.text())
    while packets.at < len(packets.data):
        _unpack_packet(packets, lanes)
    return lanes


def _pack_packet(out: list[bytes], channel: int, mode: int, packet: Incoming) -> None:
    out.append(
        _PACKET.pack(
            channel, mode, packet.sequence, packet.unreliable, packet.count, packet.missing
        )
    )
    _write_bytes(out, bytes(packet.buffer) if packet.count else packet.data)
    if packet.count:
        out.append(bytes(packet.arrived))


def _unpack_packet(source: Reader, lanes: list[Channel]) -> None:
    fields = _PACKET.unpack(source.take(_PACKET.size))
    packet = Incoming(fields[2], fields[3], source.text())
    packet.count = fields[4]
    packet.missing = fields[5]
    if packet.count:
        packet.buffer = bytearray(packet.data)
        packet.arrived = bytearray(source.take(packet.count))
        if packet.missing:
            packet.data = b""
    lane = lanes[fields[0]]
    if fields[1] == RELIABLE:
        lane.waiting[packet.sequence] = packet
    else:
        lane.held[packet.sequence << 16 | packet.unreliable] = packet


def _pack_connection(peer: Peer) -> bytes:
    return _CONNECTION.pack(
        peer.id,
        peer.state,
        peer.tag,
        peer.connect_id,
        peer.connect_data,
        peer.event_value,
        peer.remote_id,
        peer.incoming_session,
        peer.outgoing_session,
        peer.credit,
        peer.clock_salt,
        peer.mtu,
        peer.window,
        peer.incoming_bandwidth,
        peer.channels,
        peer.sent_control,
        peer.sent_unsequenced,
        peer.unsequenced_base,
        peer.waiting,
        peer.order,
        peer.backlog,
        peer.blocked,
        peer.resend_ms,
        peer.earliest_ms,
        peer.deadline_ms,
        peer.heard_ms,
    )


def _unpack_connection(peer: Peer, source: Reader) -> None:
    (
        peer.id,
        peer.state,
        peer.tag,
        peer.connect_id,
        peer.connect_data,
        peer.event_value,
        peer.remote_id,
        peer.incoming_session,
        peer.outgoing_session,
        peer.credit,
        peer.clock_salt,
        peer.mtu,
        peer.window,
        peer.incoming_bandwidth,
        peer.channels,
        peer.sent_control,
        peer.sent_unsequenced,
        peer.unsequenced_base,
        peer.waiting,
        peer.order,
        peer.backlog,
        peer.blocked,
        peer.resend_ms,
        peer.earliest_ms,
        peer.deadline_ms,
        peer.heard_ms,
    ) = _CONNECTION.unpack(source.take(_CONNECTION.size))


def _pack_link(peer: Peer) -> bytes:
    return _LINK.pack(
        peer.has_round_trip,
        peer.round_trip_ms,
        peer.variance_ms,
        peer.last_round_trip_ms,
        peer.last_variance_ms,
        peer.lowest_round_trip_ms,
        peer.highest_variance_ms,
        peer.throttle,
        peer.throttle_limit,
        peer.throttle_counter,
        peer.throttle_epoch_ms,
        peer.throttle_interval,
        peer.acceleration,
        peer.deceleration,
        peer.timeout_limit,
        peer.timeout_minimum,
        peer.timeout_maximum,
        peer.bandwidth_epoch_ms,
        peer.bytes_sent,
        peer.loss_epoch_ms,
        peer.commands_sent,
        peer.commands_lost,
        peer.packet_loss,
    )


def _unpack_link(peer: Peer, source: Reader) -> None:
    (
        peer.has_round_trip,
        peer.round_trip_ms,
        peer.variance_ms,
        peer.last_round_trip_ms,
        peer.last_variance_ms,
        peer.lowest_round_trip_ms,
        peer.highest_variance_ms,
        peer.throttle,
        peer.throttle_limit,
        peer.throttle_counter,
        peer.throttle_epoch_ms,
        peer.throttle_interval,
        peer.acceleration,
        peer.deceleration,
        peer.timeout_limit,
        peer.timeout_minimum,
        peer.timeout_maximum,
        peer.bandwidth_epoch_ms,
        peer.bytes_sent,
        peer.loss_epoch_ms,
        peer.commands_sent,
        peer.commands_lost,
        peer.packet_loss,
    ) = _LINK.unpack(source.take(_LINK.size))
