"""ENet without a socket: datagrams and the time in, datagrams and events out.

Speaks the protocol of libenet 1.3 and Godot 4, without compression and checksum. The shell:

    for data, address in socket: host.receive_datagram(data, address, now)
    for event in host.take_events(): ...
    for data, address in host.datagrams_to_send(now): socket.sendto(data, address)
    wait for the socket until host.next_timer(now)

What differs from libenet, and why:

- A CONNECT is cheap. Half-open peers have slots of their own, one an address, HALF_OPEN_LIMIT in
  all; the oldest gives way, all expire after 5 s. With libenet 16 forged CONNECTs shut 16 slots for
  31 s.
- An address that has not answered never gets more bytes than it sent: VERIFY_CONNECT (48 bytes)
  answers a CONNECT (52), once for each that comes, never by timer (libenet: 5.5 times as many).
- The acknowledgement that opens a connection must name the sent time of our VERIFY_CONNECT, which
  is salted for each connection: an address that cannot read our answer cannot connect.
- A full server answers CONNECT with DISCONNECT and REFUSED_FULL, 12 bytes. Clients of libenet and
  Godot see it within a round trip; silence, libenet's way, they take for a dead server for 31 s.
"""

from typing import Final

from tremble.net import enet_wire as wire
from tremble.net.enet_channel import PACKET_OVERHEAD
from tremble.net.enet_peer import (
    CONNECTED,
    CONNECTING,
    DISCONNECT_LATER,
    DISCONNECTED,
    DISCONNECTING,
    HALF_OPEN,
    MAX_PACKET,
    RECEIVED,
    RELIABLE,
    U32_MAX,
    UNRELIABLE,
    UNSEQUENCED,
    Event,
    Peer,
)
from tremble.net.enet_receive import MALFORMED, may_acknowledge, receive_packet
from tremble.net.enet_send import NEVER, Datagrams, acknowledge, collect, measure, next_due
from tremble.net.enet_wire import Handshake, u16, u32

__all__ = [
    "CONNECTED", "CONNECTING", "DISCONNECTED", "DISCONNECTING", "DISCONNECT_LATER", "HALF_OPEN",
    "MAX_PACKET", "RECEIVED", "REFUSED_FULL", "RELIABLE", "UNRELIABLE", "UNSEQUENCED",
    "Event", "Host", "Peer",
]  # fmt: skip

#: Half-open peers. An honest client is through in a round trip; at 10,000 forged CONNECTs a second
#: it still has 0.1 s for it. Each costs about 1 KB.
HALF_OPEN_LIMIT: Final = 1024
#: Longer than the first three tries of a client (0, 0.5 and 1.5 s).
HALF_OPEN_MS: Final = 5000
#: Peer ids have 12 bits, one of which says "none".
MAX_PEERS: Final = wire.NO_PEER - HALF_OPEN_LIMIT
#: Value of the DISCONNECTED event at a client that a full server refused: "FULL" in ASCII.
REFUSED_FULL: Final = 0x46554C4C

_MASK64: Final = 0xFFFFFFFFFFFFFFFF
_VERIFY_SIZE: Final = wire.HEADER_SIZE + wire.COMMAND_SIZE[wire.VERIFY_CONNECT]
_FIRST_CONTROL: Final = wire.CONTROL_CHANNEL << 16 | 1


class Host:
    """One end of any number of ENet connections.

    *peer_limit*: connections at the same time, 1 to MAX_PEERS; *channel_limit*: channels offered
    to each, 1 to 255; *seed*: 64 bits nobody else can know, for connect ids, sessions and clock
    salts; *accepts*: whether others may connect. Addresses are opaque bytes. Times are seconds of
    any clock that does not run backwards.
    """

    def __init__(
        self, peer_limit: int, channel_limit: int, seed: int, accepts: bool = True
    ) -> None:
        if not 1 <= peer_limit <= MAX_PEERS:
            raise ValueError(f"peer_limit {peer_limit}: must be 1 to {MAX_PEERS}")
        if not wire.MIN_CHANNELS <= channel_limit <= wire.MAX_CHANNELS:
            raise ValueError(f"channel_limit {channel_limit}: must be 1 to {wire.MAX_CHANNELS}")
        self.peer_limit = peer_limit
        self.channel_limit = channel_limit
        self.accepts = accepts
        self.random = seed & _MASK64
        self.epoch = 0.0  # now at ms 0 of the host's clock

        self.peers: list[Peer | None] = []
        self.free: list[int] = []  # slots below len(peers) without a peer
        self.sessions: list[int] = []  # by slot: the last incoming session and 4 times the outgoing
        self.half_open: dict[bytes, Peer] = {}  # by address, oldest first
        self.accepted: dict[bytes, Peer] = {}  # connected to us, by address
        self.events: list[Event] = []
        self.replies: Datagrams = []

        self.datagrams_in = 0
        self.datagrams_out = 0
        self.bytes_in = 0
        self.bytes_out = 0
        self.malformed = 0  # datagrams that are not ENet or contradict themselves
        self.compressed_refused = 0
        self.unknown_peer = 0  # datagrams of no connection: stale, or forged
        self.no_room = 0  # datagrams cut short since too much waits for the peer
        self.connects_refused = 0  # the host is full or does not accept
        self.half_open_evicted = 0
        self.half_open_expired = 0

    def connect(self, address: bytes, channels: int, data: int, now: float) -> Peer:
        """Begin a connection; a CONNECTED event follows, or a DISCONNECTED one.

        *channels*: 1 to 255, the other end may grant fewer; *data*: 32 bits the other end sees in
        its CONNECTED event. Raises ValueError if the host is full or *channels* is out of range.
        """
        if not wire.MIN_CHANNELS <= channels <= wire.MAX_CHANNELS:
            raise ValueError(f"channels {channels}: must be 1 to {wire.MAX_CHANNELS}")
        if self._used() >= self.peer_limit:
            raise ValueError(f"all {self.peer_limit} peers of the host are in use")
        peer = self._new_peer(address)
        peer.state = CONNECTING
        peer.connect_id = self._next_random(32)
        peer.channels = channels
        session = self.sessions[peer.id]
        body = Handshake(peer.id, session & 3, session >> 2)
        body.channels = channels
        body.connect_id = peer.connect_id
        body.data = data & U32_MAX
        peer.queue_connect(wire.write_handshake(wire.CONNECT, body))
        peer.heard_ms = self._ms(now)
        return peer

    def receive_datagram(self, data: bytes, address: bytes, now: float) -> None:
        """Take in one datagram. Whatever it holds, the outcome is events or a counter."""
        size = len(data)
        self.datagrams_in += 1
        self.bytes_in += size
        if size < 6 or size > wire.MAX_MTU:
            self.malformed += 1
            return
        word = u16(data, 0)
        if word & wire.HEADER_COMPRESSED:
            self.compressed_refused += 1
            return
        slot = word & 0xFFF
        if slot == wire.NO_PEER:
            self._receive_connect(data, word, address, self._ms(now))
            return
        peer = self.peers[slot] if slot < len(self.peers) else None
        if peer is None or peer.state == DISCONNECTED or peer.address != address:
            self.unknown_peer += 1
            return
        if peer.remote_id != wire.NO_PEER and (word >> 12) & 3 != peer.incoming_session:
            self.unknown_peer += 1
            return
        at = 2
        sent_time = -1
        if word & wire.HEADER_SENT_TIME:
            at = wire.HEADER_SIZE
            sent_time = u16(data, 2)
        if peer.state == HALF_OPEN:
            at = self._receive_half_open(peer, data, at, self._ms(now))
        if at:
            self._receive_commands(peer, data, at, sent_time, now)

    def datagrams_to_send(self, now: float) -> Datagrams:
        """Return (datagram, address) of all that is due, resends and pings too."""
        ms = self._ms(now)
        while self.half_open:
            oldest = next(iter(self.half_open.values()))
            if ms < oldest.deadline_ms:
                break
            self.half_open_expired += 1
            self._bury(oldest)
        for peer in self.peers:
            if peer is None or peer.state == HALF_OPEN:
                continue
            if peer.state == DISCONNECTED:
                self._bury(peer)
            elif not collect(peer, ms, now, self.replies):
                self._lose(peer, 0)
        out = self.replies
        self.replies = []
        self.datagrams_out += len(out)
        for datagram, _ in out:
            self.bytes_out += len(datagram)
        return out

    def next_timer(self, now: float) -> float | None:
        """Return when datagrams_to_send is due next; None if only a datagram can tell."""
        if self.replies:
            return now
        due = NEVER
        if self.half_open:
            due = next(iter(self.half_open.values())).deadline_ms
        for peer in self.peers:
            if peer is None or peer.state == HALF_OPEN:
                continue
            due = 0 if peer.state == DISCONNECTED else min(due, next_due(peer))
        if due == NEVER:
            return None
        # Half a ms later, so that rounding cannot wake the shell just before the time.
        return max(now, self.epoch + (due + 0.5) / 1000.0)

    def take_events(self) -> list[Event]:
        """Return what happened since the last call, in order, and forget it."""
        events = self.events
        self.events = []
        for event in events:
            if event.kind == RECEIVED:
                event.peer.waiting -= len(event.data) + PACKET_OVERHEAD
        return events

    # -- slots

    def _ms(self, now: float) -> int:
        return int((now - self.epoch) * 1000.0)

    def _next_random(self, bits: int) -> int:
        """Return the next *bits* (1 to 32) of SplitMix64 (Steele, Lea, Flood 2014)."""
        self.random = (self.random + 0x9E3779B97F4A7C15) & _MASK64
        z = self.random
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK64
        return (z ^ (z >> 31)) >> (64 - bits)

    def _used(self) -> int:
        return len(self.peers) - len(self.free) - len(self.half_open)

    def _new_peer(self, address: bytes) -> Peer:
        if self.free:
            slot = self.free.pop()
        else:
            slot = len(self.peers)
            self.peers.append(None)
            self.sessions.append(self._next_random(4))
        peer = Peer(slot, address, self.epoch)
        peer.clock_salt = self._next_random(16)
        self.peers[slot] = peer
        return peer

    def _bury(self, peer: Peer) -> None:
        """Free the slot of *peer*."""
        if peer.farewell:
            self.replies.append((peer.farewell, peer.address))
        peer.reset()
        if self.half_open.get(peer.address) is peer:
            del self.half_open[peer.address]
        if self.accepted.get(peer.address) is peer:
            del self.accepted[peer.address]
        self.peers[peer.id] = None
        self.free.append(peer.id)

    def _lose(self, peer: Peer, value: int) -> None:
        self._bury(peer)
        self.events.append(Event(DISCONNECTED, peer, 0, b"", value))

    # -- how a connection begins

    def _receive_connect(self, data: bytes, word: int, address: bytes, ms: int) -> None:
        at = wire.HEADER_SIZE if word & wire.HEADER_SENT_TIME else 2
        if (
            len(data) < at + wire.COMMAND_SIZE[wire.CONNECT]
            or data[at] & wire.NUMBER_MASK != wire.CONNECT
        ):
            self.malformed += 1
            return
        body = wire.read_handshake(wire.CONNECT, data, at)
        if not wire.MIN_CHANNELS <= body.channels <= wire.MAX_CHANNELS or body.peer >= wire.NO_PEER:
            self.malformed += 1
            return
        if not self.accepts:
            self.connects_refused += 1
            return
        peer = self.half_open.get(address)
        if peer is not None and peer.connect_id == body.connect_id:
            peer.credit += len(data)
            self._send_verify(peer, ms)
            return
        known = self.accepted.get(address)
        if known is not None and known.connect_id == body.connect_id:
            return
        if known is None and self._used() >= self.peer_limit:
            self.connects_refused += 1
            farewell = wire.write_disconnect(wire.FLAG_UNSEQUENCED, 0, REFUSED_FULL)
            self.replies.append((wire.write_header(body.peer, 0) + farewell, address))
            return
        if peer is not None:
            self._bury(peer)
        self._open_half(body, address, len(data), ms)

    def _open_half(self, body: Handshake, address: bytes, size: int, ms: int) -> None:
        if len(self.half_open) >= HALF_OPEN_LIMIT:
            self.half_open_evicted += 1
            self._bury(next(iter(self.half_open.values())))
        peer = self._new_peer(address)
        peer.state = HALF_OPEN
        peer.connect_id = body.connect_id
        peer.connect_data = body.data
        peer.deadline_ms = ms + HALF_OPEN_MS
        peer.sent_control = 1
        peer.mtu = min(peer.mtu, max(body.mtu, wire.MIN_MTU))
        peer.channels = min(body.channels, self.channel_limit)
        peer.throttle_interval = body.throttle_interval
        peer.acceleration = body.acceleration
        peer.deceleration = body.deceleration
        _limit_bandwidth(peer, body.incoming_bandwidth)
        # Named from our side: what the other end calls incoming is what we send.
        last = self.sessions[peer.id]
        incoming = _next_session(body.outgoing_session, last & 3)
        outgoing = _next_session(body.incoming_session, last >> 2)
        self.sessions[peer.id] = incoming | outgoing << 2
        peer.adopt(body.peer, incoming, outgoing)

        answer = Handshake(peer.id, outgoing, incoming)
        answer.mtu = peer.mtu
        answer.window = min(max(body.window, wire.MIN_WINDOW), wire.MAX_WINDOW)
        answer.channels = peer.channels
        answer.throttle_interval = body.throttle_interval
        answer.acceleration = body.acceleration
        answer.deceleration = body.deceleration
        answer.connect_id = body.connect_id
        peer.handshake = wire.write_handshake(wire.VERIFY_CONNECT, answer)
        peer.credit = size
        self.half_open[address] = peer
        self._send_verify(peer, ms)

    def _send_verify(self, peer: Peer, ms: int) -> None:
        if peer.credit < _VERIFY_SIZE:
            return
        peer.credit -= _VERIFY_SIZE
        clock = (ms + peer.clock_salt) & 0xFFFF
        peer.handshake_times.append(clock)
        header = wire.write_timed_header(peer.remote_id, peer.outgoing_session, clock)
        self.replies.append((header + peer.handshake, peer.address))

    def _receive_half_open(self, peer: Peer, data: bytes, at: int, ms: int) -> int:
        """Open the connection if the acknowledgement is at *at*; return what to read on from, or 0.

        Anything else means that our VERIFY_CONNECT or its acknowledgement was lost: send it again
        as soon as the address has paid for it.
        """
        end = at + wire.COMMAND_SIZE[wire.ACKNOWLEDGE]
        if len(data) < end or data[at] & wire.NUMBER_MASK != wire.ACKNOWLEDGE:
            peer.credit += len(data)
            self._send_verify(peer, ms)
            return 0
        key = data[at + 1] << 16 | u16(data, at + 4)
        clock = u16(data, at + 6)
        if key != _FIRST_CONTROL or clock not in peer.handshake_times:
            self.unknown_peer += 1
            return 0
        del self.half_open[peer.address]
        known = self.accepted.get(peer.address)
        if known is not None:
            # Whoever opened this socket anew can read what is sent to it: the old one is gone.
            lost = known.state != DISCONNECTED
            self._bury(known)
            if lost:
                self.events.append(Event(DISCONNECTED, known))
        if self._used() > self.peer_limit:
            self.connects_refused += 1
            peer.disconnect_now(REFUSED_FULL, 0.0)
            self._bury(peer)
            return 0
        self.accepted[peer.address] = peer
        peer.handshake = b""
        peer.handshake_times = []
        peer.open_channels(peer.channels)
        peer.state = CONNECTED
        measure(peer, float(max((ms + peer.clock_salt - clock) & 0xFFFF, 1)), ms)
        self.events.append(Event(CONNECTED, peer, 0, b"", peer.connect_data))
        return end

    def _receive_verify(self, peer: Peer, data: bytes, at: int, ms: int) -> bool:
        if peer.state != CONNECTING:
            return True
        body = wire.read_handshake(wire.VERIFY_CONNECT, data, at)
        if body.connect_id != peer.connect_id or body.peer >= wire.NO_PEER:
            return False
        if not wire.MIN_CHANNELS <= body.channels <= wire.MAX_CHANNELS:
            return False
        command = acknowledge(peer, _FIRST_CONTROL)
        if command is not None and command.attempts == 1:
            measure(peer, float(max(ms - command.sent_ms, 1)), ms)
        peer.heard_ms = ms
        peer.earliest_ms = -1
        peer.adopt(body.peer, body.incoming_session & 3, body.outgoing_session & 3)
        self.sessions[peer.id] = peer.incoming_session | peer.outgoing_session << 2
        peer.mtu = min(peer.mtu, max(body.mtu, wire.MIN_MTU))
        _limit_bandwidth(peer, body.incoming_bandwidth)
        peer.window = min(peer.window, max(body.window, wire.MIN_WINDOW))
        peer.open_channels(min(peer.channels, body.channels))
        peer.state = CONNECTED
        self.events.append(Event(CONNECTED, peer))
        return True

    # -- commands of a connection

    def _receive_commands(
        self, peer: Peer, data: bytes, at: int, sent_time: int, now: float
    ) -> None:
        size = len(data)
        count = 0
        while at < size:
            count += 1
            if count > wire.MAX_COMMANDS or size - at < 4:
                self.malformed += 1
                return
            head = data[at]
            number = head & wire.NUMBER_MASK
            end = at + wire.COMMAND_SIZE[number]
            if end == at or end > size:
                self.malformed += 1
                return
            if (
                number < wire.SEND_RELIABLE
                or number == wire.BANDWIDTH_LIMIT
                or number == wire.THROTTLE_CONFIGURE
            ):
                if not self._receive_control(peer, number, data, at, sent_time, self._ms(now)):
                    self.malformed += 1
                    return
            elif peer.state != CONNECTED and peer.state != DISCONNECT_LATER:
                return
            else:
                end = receive_packet(peer, number, data, at, self.events)
                if end < 0:
                    if end == MALFORMED:
                        self.malformed += 1
                    else:
                        self.no_room += 1
                    return
            if head & wire.FLAG_ACKNOWLEDGE:
                _queue_acknowledgement(peer, data, at, sent_time)
            at = end

    def _receive_control(
        self, peer: Peer, number: int, data: bytes, at: int, sent_time: int, ms: int
    ) -> bool:
        """Receive a command of the connection itself; False if it does not belong here."""
        if number == wire.ACKNOWLEDGE:
            self._receive_acknowledge(peer, data, at, ms)
        elif number == wire.VERIFY_CONNECT:
            return self._receive_verify(peer, data, at, ms)
        elif number == wire.DISCONNECT:
            self._receive_disconnect(peer, data, at, sent_time)
        elif peer.state != CONNECTED and peer.state != DISCONNECT_LATER:
            return number == wire.PING and peer.state in (DISCONNECTING, DISCONNECTED)
        elif number == wire.BANDWIDTH_LIMIT:
            _limit_bandwidth(peer, u32(data, at + 4))
        elif number == wire.THROTTLE_CONFIGURE:
            peer.throttle_interval = u32(data, at + 4)
            peer.acceleration = u32(data, at + 8)
            peer.deceleration = u32(data, at + 12)
        else:
            return number == wire.PING
        return True

    def _receive_acknowledge(self, peer: Peer, data: bytes, at: int, ms: int) -> None:
        if peer.state == DISCONNECTED:
            return
        elapsed = (ms + peer.clock_salt - u16(data, at + 6)) & 0xFFFF
        if elapsed >= 0x8000:  # from the future
            return
        command = acknowledge(peer, data[at + 1] << 16 | u16(data, at + 4))
        if command is None:
            return
        measure(peer, float(max(elapsed, 1)), ms)
        if peer.state == DISCONNECTING:
            self._lose(peer, 0)

    def _receive_disconnect(self, peer: Peer, data: bytes, at: int, sent_time: int) -> None:
        if peer.state == DISCONNECTED:
            return
        if data[at] & wire.FLAG_ACKNOWLEDGE and sent_time >= 0:
            answer = wire.write_acknowledge(data[at + 1], u16(data, at + 2), sent_time)
            self.replies.append((peer.header + answer, peer.address))
        self._lose(peer, u32(data, at + 4))


def _next_session(proposed: int, last: int) -> int:
    """Return a session id of 2 bits that is neither *last* nor what the other end used before."""
    session = ((last if proposed == wire.ANY_SESSION else proposed) + 1) & 3
    return (session + 1) & 3 if session == last else session


def _limit_bandwidth(peer: Peer, incoming: int) -> None:
    """Obey the bytes a second the peer can take, 0 for any number; ours is not limited."""
    peer.incoming_bandwidth = incoming
    window = incoming // 65536 * wire.MIN_WINDOW if incoming else wire.MAX_WINDOW
    peer.window = min(max(window, wire.MIN_WINDOW), wire.MAX_WINDOW)


def _queue_acknowledgement(peer: Peer, data: bytes, at: int, sent_time: int) -> None:
    if sent_time < 0 or (peer.state != CONNECTED and peer.state != DISCONNECT_LATER):
        return
    channel = data[at + 1]
    sequence = u16(data, at + 2)
    if may_acknowledge(peer, channel, sequence):
        peer.queue_ack(wire.write_acknowledge(channel, sequence, sent_time))
