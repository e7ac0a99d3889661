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
  answers a CONNECT (52), once for each that comes, never by timer (libenet: 5.5 times as many). If
  the acknowledgement is lost, the client's next datagram is answered by a PING of 8 bytes.
- The acknowledgement that opens a connection must name the sent time of our VERIFY_CONNECT, which
  is salted for each connection: an address that cannot read our answer cannot connect.
- A full server answers CONNECT with DISCONNECT and REFUSED_FULL, 10 bytes. Clients of libenet and
  Godot see it within a round trip; silence, libenet's way, they take for a dead server for 31 s.
"""

from typing import Final

from tremble.net import enet_wire as wire
from tremble.net.enet_channel import PACKET_OVERHEAD
from tremble.net.enet_control import FIRST_CONTROL, receive_commands
from tremble.net.enet_handshake import answer_connect, begin_connect, is_sound
from tremble.net.enet_link import U32_MAX
from tremble.net.enet_pack import pack_host, unpack_host
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
    UNRELIABLE,
    UNSEQUENCED,
    Event,
    Peer,
)
from tremble.net.enet_receive import MALFORMED, NO_ROOM
from tremble.net.enet_send import NEVER, Datagrams, collect, next_due
from tremble.net.enet_state import HALF_OPEN_LIMIT, HostState
from tremble.net.enet_wire import Handshake, u16

__all__ = [
    "CONNECTED", "CONNECTING", "DISCONNECTED", "DISCONNECTING", "DISCONNECT_LATER", "HALF_OPEN",
    "MAX_PACKET", "RECEIVED", "REFUSED_FULL", "RELIABLE", "UNRELIABLE", "UNSEQUENCED",
    "Event", "Host", "Peer",
]  # fmt: skip

#: Longer than the first three tries of a client (0, 0.5 and 1.5 s).
HALF_OPEN_MS: Final = 5000
#: How many of the last questions to a half-open peer may still be acknowledged. Few, so that their
#: sent times stay hard to guess.
HANDSHAKE_TIMES: Final = 4
#: Value of the DISCONNECTED event at a client that a full server refused: "FULL" in ASCII.
REFUSED_FULL: Final = 0x46554C4C


class Host(HostState):
    """One end of any number of ENet connections.

    *peer_limit*: connections at the same time, 1 to 3071; *channel_limit*: channels offered to
    each, 1 to 255; *seed*: 64 bits nobody else can know, for connect ids, sessions and clock
    salts; *accepts*: whether others may connect. Addresses are opaque bytes. Times are seconds of
    any clock that does not run backwards.
    """

    def __init__(
        self, peer_limit: int, channel_limit: int, seed: int, accepts: bool = True
    ) -> None:
        super().__init__(peer_limit, channel_limit, seed, accepts)

    def connect(self, address: bytes, channels: int, data: int, now: float) -> Peer:
        """Begin a connection; a CONNECTED event follows, or a DISCONNECTED one.

        *channels*: 1 to 255, the other end may grant fewer; *data*: 32 bits the other end sees in
        its CONNECTED event. Raises ValueError if the host is full or *channels* is out of range.
        """
        if not wire.MIN_CHANNELS <= channels <= wire.MAX_CHANNELS:
            raise ValueError(f"channels {channels}: must be 1 to {wire.MAX_CHANNELS}")
        if self.used() >= self.peer_limit:
            raise ValueError(f"all {self.peer_limit} peers of the host are in use")
        peer = self.new_peer(address)
        peer.connect_id = self.next_random(32)
        begin_connect(peer, channels, data & U32_MAX)
        peer.heard_ms = self.ms(now)
        return peer

    def receive(self, datagrams: Datagrams, now: float) -> None:
        """Take in *datagrams*, each with its address, in their order."""
        for data, address in datagrams:
            self.receive_datagram(data, address, now)

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
        if word & 0xFFF == wire.NO_PEER:
            self._receive_connect(data, word, address, self.ms(now))
            return
        peer = self._find(word, address)
        if peer is None:
            self.unknown_peer += 1
            return
        self._receive(peer, word, data, self.ms(now))

    def datagrams_to_send(self, now: float) -> Datagrams:
        """Return (datagram, address) of all that is due, resends and pings too."""
        ms = self.ms(now)
        while self.half_open:
            oldest = next(iter(self.half_open.values()))
            if ms < oldest.deadline_ms:
                break
            self.half_open_expired += 1
            self.bury(oldest)
        for peer in self.peers:
            if peer is None or peer.state == HALF_OPEN:
                continue
            if peer.state == DISCONNECTED:
                self.bury(peer)
            elif not collect(peer, ms, now, self.replies):
                self.bury(peer)
                self.events.append(Event(DISCONNECTED, peer))
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

    def pack(self, now: float) -> bytes:
        """Return all of the host's state; unpack goes on from it as if nothing had happened."""
        return pack_host(self, now)

    @staticmethod
    def unpack(data: bytes, now: float) -> "Host":
        """Return the host that pack wrote; its clock goes on from where it stood.

        Raises ValueError if *data* is not the whole of what this version of pack writes; what was
        changed within is not found out, so keep checkpoints where only we write.
        """
        host = Host(1, 1, 0)
        unpack_host(host, data, now)
        return host

    def _find(self, word: int, address: bytes) -> Peer | None:
        """Return the peer that a datagram with the header *word* from *address* belongs to."""
        slot = word & 0xFFF
        peer = self.peers[slot] if slot < len(self.peers) else None
        if peer is None or peer.state == DISCONNECTED or peer.address != address:
            return None
        if peer.remote_id != wire.NO_PEER and (word >> 12) & 3 != peer.incoming_session:
            return None
        return peer

    def _receive(self, peer: Peer, word: int, data: bytes, ms: int) -> None:
        at = 2
        sent_time = -1
        if word & wire.HEADER_SENT_TIME:
            at = wire.HEADER_SIZE
            sent_time = u16(data, 2)
        if peer.state == HALF_OPEN:
            at = self._receive_half_open(peer, data, at, ms)
            if not at:
                return
        outcome = receive_commands(peer, data, at, sent_time, ms, self.events)
        if outcome == MALFORMED:
            self.malformed += 1
        elif outcome == NO_ROOM:
            self.no_room += 1
        if peer.state == DISCONNECTED:
            self.bury(peer)

    def _receive_connect(self, data: bytes, word: int, address: bytes, ms: int) -> None:
        at = wire.HEADER_SIZE if word & wire.HEADER_SENT_TIME else 2
        if (
            len(data) < at + wire.COMMAND_SIZE[wire.CONNECT]
            or data[at] & wire.NUMBER_MASK != wire.CONNECT
        ):
            self.malformed += 1
            return
        body = wire.read_handshake(wire.CONNECT, data, at)
        if not is_sound(body):
            self.malformed += 1
            return
        if not self.accepts:
            self.connects_refused += 1
            return
        peer = self.half_open.get(address)
        if peer is not None and peer.connect_id == body.connect_id:
            self._ask(peer, peer.handshake, len(data), ms)
            return
        known = self.accepted.get(address)
        if known is not None and known.connect_id == body.connect_id:
            return
        if known is None and self.used() >= self.peer_limit:
            self.connects_refused += 1
            farewell = wire.write_disconnect(wire.FLAG_UNSEQUENCED, 0, REFUSED_FULL)
            self.replies.append((wire.write_header(body.peer, 0) + farewell, address))
            return
        if peer is not None:
            self.bury(peer)
        self._open_half(body, address, len(data), ms)

    def _open_half(self, body: Handshake, address: bytes, size: int, ms: int) -> None:
        if len(self.half_open) >= HALF_OPEN_LIMIT:
            self.half_open_evicted += 1
            self.bury(next(iter(self.half_open.values())))
        peer = self.new_peer(address)
        answer_connect(peer, body, self.channel_limit)
        peer.deadline_ms = ms + HALF_OPEN_MS
        self.half_open[address] = peer
        self._ask(peer, peer.handshake, size, ms)

    def _ask(self, peer: Peer, command: bytes, paid: int, ms: int) -> None:
        """Send *command*, whose acknowledgement opens the connection, if the bytes paid suffice."""
        peer.packed = b""
        peer.credit += paid
        if peer.credit < wire.HEADER_SIZE + len(command):
            return
        peer.credit -= wire.HEADER_SIZE + len(command)
        clock = (ms + peer.clock_salt) & 0xFFFF
        peer.handshake_times = [*peer.handshake_times[1 - HANDSHAKE_TIMES :], clock]
        header = wire.write_timed_header(peer.remote_id, peer.outgoing_session, clock)
        self.replies.append((header + command, peer.address))

    def _receive_half_open(self, peer: Peer, data: bytes, at: int, ms: int) -> int:
        """Open the connection if the acknowledgement is at *at*; return what to read on from, or 0.

        Anything else means that the client has our VERIFY_CONNECT and its acknowledgement was lost.
        A PING makes it acknowledge again, at the price of what it sent.
        """
        end = at + wire.COMMAND_SIZE[wire.ACKNOWLEDGE]
        if len(data) < end or data[at] & wire.NUMBER_MASK != wire.ACKNOWLEDGE:
            self._ask(peer, wire.write_ping(1), len(data), ms)
            return 0
        key = data[at + 1] << 16 | u16(data, at + 4)
        clock = u16(data, at + 6)
        if key != FIRST_CONTROL or clock not in peer.handshake_times:
            self.unknown_peer += 1
            return 0
        del self.half_open[peer.address]
        known = self.accepted.get(peer.address)
        if known is not None:
            # Whoever opened this socket anew can read what is sent to it: the old one is gone.
            lost = known.state != DISCONNECTED
            self.bury(known)
            if lost:
                self.events.append(Event(DISCONNECTED, known))
        if self.used() > self.peer_limit:
            self.connects_refused += 1
            peer.disconnect_now(REFUSED_FULL, 0.0)
            self.bury(peer)
            return 0
        self.accepted[peer.address] = peer
        peer.handshake = b""
        peer.handshake_times = []
        peer.open_channels(peer.channels)
        peer.state = CONNECTED
        peer.measure(float(max((ms + peer.clock_salt - clock) & 0xFFFF, 1)), ms)
        self.events.append(Event(CONNECTED, peer, 0, b"", peer.connect_data))
        return end
