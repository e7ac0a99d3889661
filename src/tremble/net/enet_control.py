"""The commands of an ENet datagram, one after the other, and those that steer the connection.

What ends the connection leaves the peer DISCONNECTED; its last answer is then its `farewell`.
"""

from typing import Final

from tremble.net import enet_wire as wire
from tremble.net.enet_handshake import accept_verify, limit_bandwidth
from tremble.net.enet_peer import (
    CONNECTED,
    CONNECTING,
    DISCONNECT_LATER,
    DISCONNECTED,
    DISCONNECTING,
    Event,
    Peer,
)
from tremble.net.enet_receive import MALFORMED, may_acknowledge, receive_packet
from tremble.net.enet_send import acknowledge
from tremble.net.enet_wire import u16, u32

#: The key of the first command of a connection: CONNECT or VERIFY_CONNECT.
FIRST_CONTROL: Final = wire.CONTROL_CHANNEL << 16 | 1


def receive_commands(
    peer: Peer, data: bytes, at: int, sent_time: int, ms: int, events: list[Event]
) -> int:
    """Receive all commands of *data* from *at*; return 0, MALFORMED or NO_ROOM.

    *sent_time* is what the header says, -1 if it says nothing: then nothing can be acknowledged.
    """
    size = len(data)
    count = 0
    while at < size and peer.state != DISCONNECTED:
        count += 1
        if count > wire.MAX_COMMANDS or size - at < 4:
            return MALFORMED
        head = data[at]
        number = head & wire.NUMBER_MASK
        end = at + wire.COMMAND_SIZE[number]
        if end == at or end > size:
            return MALFORMED
        if wire.is_packet(number):
            if peer.state != CONNECTED and peer.state != DISCONNECT_LATER:
                return 0
            end = receive_packet(peer, number, data, at, events)
            if end < 0:
                return end
        elif not _receive_control(peer, number, data, at, ms, events):
            return MALFORMED
        if head & wire.FLAG_ACKNOWLEDGE and sent_time >= 0:
            _acknowledge(peer, number, data, at, sent_time)
        at = end
    return 0


def _acknowledge(peer: Peer, number: int, data: bytes, at: int, sent_time: int) -> None:
    channel = data[at + 1]
    sequence = u16(data, at + 2)
    if peer.state == CONNECTED or peer.state == DISCONNECT_LATER:
        if may_acknowledge(peer, channel, sequence):
            peer.queue_ack(wire.write_acknowledge(channel, sequence, sent_time))
    elif number == wire.DISCONNECT:
        peer.farewell = peer.header + wire.write_acknowledge(channel, sequence, sent_time)


def _receive_control(
    peer: Peer, number: int, data: bytes, at: int, ms: int, events: list[Event]
) -> bool:
    """Receive a command of the connection itself; False if it does not belong here."""
    if number == wire.ACKNOWLEDGE:
        _receive_acknowledge(peer, data, at, ms, events)
    elif number == wire.VERIFY_CONNECT:
        return peer.state != CONNECTING or _receive_verify(peer, data, at, ms, events)
    elif number == wire.DISCONNECT:
        peer.reset()
        events.append(Event(DISCONNECTED, peer, 0, b"", u32(data, at + 4)))
    elif number == wire.BANDWIDTH_LIMIT:
        limit_bandwidth(peer, u32(data, at + 4))
    elif number == wire.THROTTLE_CONFIGURE:
        peer.throttle_interval = u32(data, at + 4)
        peer.acceleration = u32(data, at + 8)
        peer.deceleration = u32(data, at + 12)
    return number != wire.CONNECT


def _receive_acknowledge(peer: Peer, data: bytes, at: int, ms: int, events: list[Event]) -> None:
    elapsed = (ms + peer.clock_salt - u16(data, at + 6)) & 0xFFFF
    if elapsed >= 0x8000:  # from the future
        return
    if acknowledge(peer, data[at + 1] << 16 | u16(data, at + 4)) is None:
        return
    peer.measure(float(max(elapsed, 1)), ms)
    if peer.state == DISCONNECTING:
        peer.reset()
        events.append(Event(DISCONNECTED, peer))


def _receive_verify(peer: Peer, data: bytes, at: int, ms: int, events: list[Event]) -> bool:
    if not accept_verify(peer, wire.read_handshake(wire.VERIFY_CONNECT, data, at)):
        return False
    command = acknowledge(peer, FIRST_CONTROL)
    if command is not None and command.attempts == 1:
        peer.measure(float(max(ms - command.sent_ms, 1)), ms)
    peer.heard_ms = ms
    peer.earliest_ms = -1
    peer.state = CONNECTED
    events.append(Event(CONNECTED, peer))
    return True
