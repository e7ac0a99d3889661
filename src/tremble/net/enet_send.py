"""What leaves for an ENet peer when its turn comes: acknowledgements, resends, pings, packets.

A reliable command that is not acknowledged within round trip + 4 variances goes again, each time
after twice as long, before any newer packet. Reliable packets stop at the window (64 KiB in flight,
less if the throttle or the peer's bandwidth says so). Unreliable ones leave at once or are thinned
out by the throttle; they are never kept.
"""

from typing import Final

from tremble.net.enet_channel import PACKET_OVERHEAD, WINDOW_BITS
from tremble.net.enet_link import THROTTLE_COUNTER, THROTTLE_SCALE
from tremble.net.enet_peer import (
    CONNECTED,
    DISCONNECT_LATER,
    DISCONNECTING,
    MAX_BACKLOG,
    MAX_UNACKED,
    PING_INTERVAL_MS,
    Outgoing,
    Peer,
)
from tremble.net.enet_wire import (
    CONTROL_CHANNEL,
    HEADER_SIZE,
    MAX_COMMANDS,
    NO_PEER,
    write_ping,
    write_timed_header,
)

Datagrams = list[tuple[bytes, bytes]]
#: Later than any time: nothing is due.
NEVER: Final = 1 << 60


def collect(peer: Peer, ms: int, now: float, out: Datagrams) -> bool:
    """Append the datagrams due to *out*; False if the peer is lost and must be dropped."""
    if _is_lost(peer, ms):
        return False
    _tend(peer, ms, now)
    wires = peer.acks
    peer.acks = []
    timed = False
    if peer.control:
        _take_control(peer, ms, wires)
        timed = True
    if peer.reliable:
        timed = _take_packets(peer, ms, wires) or timed
    elif peer.unreliable:
        _take_unreliable(peer, wires)
    if wires:
        peer.commands_sent += len(wires)
        _write_datagrams(peer, wires, timed, ms, out)
    return True


def _tend(peer: Peer, ms: int, now: float) -> None:
    if _wants_ping(peer) and ms >= peer.heard_ms + PING_INTERVAL_MS:
        peer.queue_control(write_ping(peer.next_control()))
    if peer.state == DISCONNECT_LATER and not peer.has_outgoing():
        peer.disconnect(peer.event_value, now)
    peer.judge(ms)


def _is_lost(peer: Peer, ms: int) -> bool:
    if peer.unacked and ms >= peer.resend_ms and not _resend(peer, ms):
        return True
    return peer.backlog > MAX_BACKLOG or (peer.state == DISCONNECTING and ms >= peer.deadline_ms)


def next_due(peer: Peer) -> int:
    """Return the ms at which collect is due; NEVER if only a datagram can change that."""
    if peer.acks or peer.control or peer.unreliable:
        return 0
    if peer.reliable and not peer.blocked:
        return 0
    if peer.state == DISCONNECT_LATER and not peer.unacked:
        return 0
    due = NEVER
    if peer.unacked:
        due = peer.resend_ms
    elif _wants_ping(peer):
        due = peer.heard_ms + PING_INTERVAL_MS
    if peer.state == DISCONNECTING:
        due = min(due, peer.deadline_ms)
    return due


def acknowledge(peer: Peer, key: int) -> Outgoing | None:
    """Take the reliable command *key* for delivered; None if none such waits for that."""
    command = peer.unacked.pop(key, None)
    if command is None:
        return _withdraw_resend(peer, key)
    peer.in_transit -= command.payload
    _forget(peer, command)
    return command


def _wants_ping(peer: Peer) -> bool:
    if peer.state != CONNECTED:
        return False
    return not (peer.unacked or peer.control or peer.reliable)


def _withdraw_resend(peer: Peer, key: int) -> Outgoing | None:
    """Find *key* among the commands that timed out and were about to go again."""
    queue = peer.control if key >> 16 == CONTROL_CHANNEL else peer.reliable
    for index, command in enumerate(queue):
        if command.attempts == 0:
            break
        if command.key == key:
            del queue[index]
            _forget(peer, command)
            return command
    return None


def _forget(peer: Peer, command: Outgoing) -> None:
    channel = command.key >> 16
    if channel < peer.channels:
        peer.backlog -= command.payload + PACKET_OVERHEAD
        window = (command.key & 0xFFFF) >> WINDOW_BITS
        peer.lanes[channel].in_flight[window] -= 1
    peer.blocked = False


def _resend(peer: Peer, ms: int) -> bool:
    """Move what timed out to the front of its queue; False if the peer was silent for too long."""
    control: list[Outgoing] = []
    reliable: list[Outgoing] = []
    due = NEVER
    for command in peer.unacked.values():
        if ms < command.sent_ms + command.timeout_ms:
            due = min(due, command.sent_ms + command.timeout_ms)
            continue
        if peer.earliest_ms < 0 or command.sent_ms < peer.earliest_ms:
            peer.earliest_ms = command.sent_ms
        silent = ms - peer.earliest_ms
        if silent >= peer.timeout_maximum or (
            1 << (command.attempts - 1) >= peer.timeout_limit and silent >= peer.timeout_minimum
        ):
            return False
        command.timeout_ms *= 2
        if command.key >> 16 == CONTROL_CHANNEL:
            control.append(command)
        else:
            reliable.append(command)
    for command in control + reliable:
        del peer.unacked[command.key]
        peer.in_transit -= command.payload
        peer.commands_lost += 1
    peer.control = control + peer.control
    peer.reliable = reliable + peer.reliable
    peer.resend_ms = due
    peer.blocked = False
    return True


def _take_control(peer: Peer, ms: int, wires: list[bytes]) -> None:
    for command in peer.control:
        wires.append(command.wire)
        _await_ack(peer, command, ms)
    peer.control = []


def _await_ack(peer: Peer, command: Outgoing, ms: int) -> None:
    command.attempts += 1
    if command.timeout_ms == 0:
        command.timeout_ms = int(peer.round_trip_ms + 4.0 * peer.variance_ms)
    command.sent_ms = ms
    due = ms + command.timeout_ms
    peer.resend_ms = min(peer.resend_ms, due) if peer.unacked else due
    peer.unacked[command.key] = command
    peer.in_transit += command.payload


def _take_packets(peer: Peer, ms: int, wires: list[bytes]) -> bool:
    """Take packets in the order they were queued; True if a reliable one is among them.

    The order matters: an unreliable packet that arrives after the next reliable one is too late.
    """
    window = max(peer.window * peer.throttle // THROTTLE_SCALE, peer.mtu)
    taken = 0
    for command in peer.reliable:
        if _is_blocked(peer, command, window):
            peer.blocked = True
            break
        if peer.unreliable and peer.unreliable[0].order < command.order:
            _take_unreliable_before(peer, command.order, wires)
        wires.append(command.wire)
        if command.attempts == 0:
            number = (command.key & 0xFFFF) >> WINDOW_BITS
            peer.lanes[command.key >> 16].in_flight[number] += 1
        _await_ack(peer, command, ms)
        taken += 1
    del peer.reliable[:taken]
    if peer.unreliable:
        _take_unreliable(peer, wires)
    return taken > 0


def _is_blocked(peer: Peer, command: Outgoing, window: int) -> bool:
    if peer.in_transit + command.payload > window or len(peer.unacked) >= MAX_UNACKED:
        return True
    if command.attempts:
        return False
    return peer.lanes[command.key >> 16].window_is_blocked(command.key & 0xFFFF)


def _take_unreliable_before(peer: Peer, order: int, wires: list[bytes]) -> None:
    later = 0
    while later < len(peer.unreliable) and peer.unreliable[later].order < order:
        later += 1
    rest = peer.unreliable[later:]
    del peer.unreliable[later:]
    _take_unreliable(peer, wires)
    peer.unreliable = rest


def _take_unreliable(peer: Peer, wires: list[bytes]) -> None:
    """Take all unreliable packets, less those that the throttle drops."""
    skip = 0
    inside = 0
    for command in peer.unreliable:
        if skip:
            skip -= 1
            continue
        if inside:
            inside -= 1
        else:
            peer.throttle_counter = (peer.throttle_counter + THROTTLE_COUNTER) % THROTTLE_SCALE
            if peer.throttle_counter > peer.throttle:
                skip = command.pieces
                continue
            inside = command.pieces
        wires.append(command.wire)
    peer.unreliable = []


def _write_datagrams(peer: Peer, wires: list[bytes], timed: bool, ms: int, out: Datagrams) -> None:
    """Fill datagrams of at most the peer's mtu and MAX_COMMANDS with *wires*."""
    header = peer.header
    if timed:
        clock = (ms + peer.clock_salt) & 0xFFFF
        session = peer.outgoing_session if peer.remote_id != NO_PEER else 0
        header = write_timed_header(peer.remote_id, session, clock)
    if len(wires) == 1:
        datagram = header + wires[0]
        peer.bytes_sent += len(datagram)
        out.append((datagram, peer.address))
        return
    train = [header]
    size = HEADER_SIZE
    for wire in wires:
        if size + len(wire) > peer.mtu or len(train) > MAX_COMMANDS:
            out.append((b"".join(train), peer.address))
            peer.bytes_sent += size
            train = [header]
            size = HEADER_SIZE
        train.append(wire)
        size += len(wire)
    out.append((b"".join(train), peer.address))
    peer.bytes_sent += size
