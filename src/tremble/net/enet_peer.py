"""One ENet peer: what waits to be sent to it, what it has not acknowledged, how far away it is.

    CONNECTING          we sent CONNECT                     -> CONNECTED by VERIFY_CONNECT
    HALF_OPEN           it sent CONNECT, we answered        -> CONNECTED by its acknowledgement
    CONNECTED           packets flow                        -> any below
    DISCONNECT_LATER    as CONNECTED until all is acknowledged, nothing new is taken
    DISCONNECTING       we sent DISCONNECT                  -> DISCONNECTED by its acknowledgement
    DISCONNECTED        the object is dead; its slot is free

Times are whole ms of the host's clock, `*_ms`. Round trip, resend and throttle follow libenet 1.3.
"""

from typing import Final

from tremble.net.enet_channel import PACKET_OVERHEAD, Channel
from tremble.net.enet_link import U32_MAX, PeerLink
from tremble.net.enet_wire import (
    CONTROL_CHANNEL,
    DEFAULT_MTU,
    FLAG_ACKNOWLEDGE,
    FLAG_UNSEQUENCED,
    FRAGMENT_SIZE,
    HEADER_SIZE,
    MAX_WINDOW,
    NO_PEER,
    SEND_FRAGMENT,
    SEND_UNRELIABLE_FRAGMENT,
    Fragment,
    write_disconnect,
    write_fragment,
    write_header,
    write_reliable,
    write_throttle,
    write_unreliable,
    write_unsequenced,
)

# How a packet is delivered
UNRELIABLE: Final = 0  # at most once, late ones are dropped (libenet: no flag)
RELIABLE: Final = 1  # once and in order
UNSEQUENCED: Final = 2  # at most once, in any order

# Peer.state; CONNECTED and DISCONNECTED are also the Event.kind that tells of it
DISCONNECTED: Final = 0
CONNECTING: Final = 1
HALF_OPEN: Final = 2
CONNECTED: Final = 3
DISCONNECT_LATER: Final = 4
DISCONNECTING: Final = 5
# Event.kind
RECEIVED: Final = 6

#: Longest packet, both ways: a map or a scoreboard fits, a memory bomb does not (libenet: 32 MB).
MAX_PACKET: Final = 64 * 1024
#: Reliable data that waits for acknowledgement before the peer is given up: about 4 s of a 2 Mbit/s
#: link. Someone who reads this slowly never catches up.
MAX_BACKLOG: Final = 1024 * 1024
#: Unacknowledged reliable commands; the 64 KiB window alone would not bound empty packets.
MAX_UNACKED: Final = 1024
#: Acknowledgements between two datagrams_to_send; what is not acknowledged now comes again.
MAX_ACKS: Final = 1024

PING_INTERVAL_MS: Final = 500
#: How long a peer may take to acknowledge our DISCONNECT before it is gone anyway.
DISCONNECT_MS: Final = 5000

#: Bytes of the window in which unsequenced packets are known again, a bit each.
UNSEQUENCED_BYTES: Final = 128


class Outgoing:
    """A command that waits to be sent or acknowledged. Its bytes never change."""

    def __init__(self, wire: bytes, key: int, payload: int, order: int) -> None:
        self.wire = wire
        self.key = key  # channel and sequence number of a reliable command
        self.payload = payload  # bytes of it that fill the window
        self.order = order  # among the packets of the peer
        self.pieces = 0  # how many commands behind it are pieces of the same unreliable packet
        self.attempts = 0
        self.sent_ms = 0
        self.timeout_ms = 0


class Peer(PeerLink):
    """The other end of a connection. A new object for each connection: once dead it stays so.

    *id* is the slot; it may exceed the host's peer limit, since half-open peers hold slots of their
    own. *tag* is free for the user, -1 at first.
    """

    def __init__(self, slot: int, address: bytes, epoch: float) -> None:
        super().__init__()
        self.id = slot
        self.address = address
        self.epoch = epoch  # now at ms 0
        self.tag = -1
        self.state = DISCONNECTED
        self.connect_id = 0
        self.connect_data = 0
        self.event_value = 0  # data of a disconnect_later
        self.farewell = b""  # the last datagram of a peer that was dropped at once
        self.remote_id = NO_PEER
        self.incoming_session = 0
        self.outgoing_session = 0
        self.header = write_header(NO_PEER, 0)
        self.mtu = DEFAULT_MTU
        self.window = MAX_WINDOW
        self.handshake = b""  # VERIFY_CONNECT while half-open
        self.handshake_times: list[int] = []  # when it was sent, as on the wire
        self.credit = 0  # bytes it sent while half-open, less those we sent
        self.packed = b""  # the peer as in a checkpoint, while half-open and unchanged
        self.clock_salt = 0  # added to the times on the wire, so that nobody else can guess them

        self.channels = 0
        self.lanes: list[Channel] = []
        self.sent_control = 0
        self.sent_unsequenced = 0
        self.unsequenced_base = 0
        self.unsequenced_window = bytearray(UNSEQUENCED_BYTES)
        self.waiting = 0  # bytes received and not yet taken, with PACKET_OVERHEAD each

        self.order = 0
        self.acks: list[bytes] = []
        self.control: list[Outgoing] = []
        self.reliable: list[Outgoing] = []
        self.unreliable: list[Outgoing] = []
        self.unacked: dict[int, Outgoing] = {}
        self.in_transit = 0  # payload bytes of unacked
        self.backlog = 0  # payload bytes and overhead of reliable and unacked
        self.blocked = False  # the window let nothing of reliable through last time
        self.resend_ms = 0  # not before this a resend can be due
        self.deadline_ms = 0

    # -- what the user asks for

    def send(self, channel: int, data: bytes, mode: int) -> None:
        """Queue *data* (at most MAX_PACKET bytes) until the host's next datagrams_to_send.

        What does not fit a datagram travels in pieces; an UNSEQUENCED packet is then sent as
        UNRELIABLE. To a peer that is not CONNECTED nothing is sent. Raises ValueError for a channel
        that the peer does not have and for a longer packet.
        """
        if not 0 <= channel < self.channels:
            if self.state != CONNECTED:
                return
            raise ValueError(f"channel {channel}: the peer has channels 0 to {self.channels - 1}")
        if len(data) > MAX_PACKET:
            raise ValueError(f"packet of {len(data)} bytes: at most {MAX_PACKET} can be sent")
        if self.state != CONNECTED:
            return
        lane = self.lanes[channel]
        # The numbers of unreliable packets start again after a reliable one: before they run out
        # one must go reliably (libenet does the same).
        long = len(data) > self.mtu - HEADER_SIZE - FRAGMENT_SIZE
        if lane.sent_unreliable == 0xFFFF and (long or mode == UNRELIABLE):
            mode = RELIABLE
        if long:
            self._send_pieces(channel, lane, data, mode)
        elif mode == RELIABLE:
            sequence = self._next_reliable(lane)
            self._queue_reliable(
                channel, sequence, write_reliable(channel, sequence, data), len(data)
            )
        elif mode == UNSEQUENCED:
            self.sent_unsequenced = (self.sent_unsequenced + 1) & 0xFFFF
            self._queue_unreliable(write_unsequenced(channel, self.sent_unsequenced, data))
        else:
            lane.sent_unreliable += 1
            self._queue_unreliable(
                write_unreliable(channel, lane.sent_reliable, lane.sent_unreliable, data)
            )

    def disconnect(self, data: int, now: float) -> None:
        """Drop what is queued and end the connection; a DISCONNECTED event follows.

        *data* (32 bits) reaches the other end. If it does not answer, the event comes 5 s after
        *now*. A connection that was not yet made ends at once, without an event.
        """
        if self.state != CONNECTED and self.state != DISCONNECT_LATER:
            if self.state != DISCONNECTING:
                self.disconnect_now(data, now)
            return
        self.forget_queues()
        self.state = DISCONNECTING
        self.deadline_ms = int((now - self.epoch) * 1000.0) + DISCONNECT_MS
        self.event_value = data & U32_MAX
        self.queue_control(
            write_disconnect(FLAG_ACKNOWLEDGE, self.next_control(), self.event_value)
        )

    def disconnect_later(self, data: int, now: float) -> None:
        """As disconnect, but after all that is queued was sent and acknowledged."""
        if self.state == CONNECTED and self.has_outgoing():
            self.state = DISCONNECT_LATER
            self.event_value = data & U32_MAX
        elif self.state != DISCONNECT_LATER:
            self.disconnect(data, now)

    def disconnect_now(self, data: int, now: float) -> None:
        """Tell the other end once, without waiting for an answer, and be done; no event follows."""
        if self.state not in (DISCONNECTED, DISCONNECTING) and self.remote_id != NO_PEER:
            self.farewell = self.header + write_disconnect(FLAG_UNSEQUENCED, 0, data & U32_MAX)
        self.reset()

    def reset(self) -> None:
        """Forget the connection without a word; the other end times out. No event follows."""
        self.forget_queues()
        self.state = DISCONNECTED

    def throttle_configure(self, interval: int, acceleration: int, deceleration: int) -> None:
        """Set how unreliable packets are thinned out when the round trip grows, on both ends.

        *interval*: ms over which the round trip is judged; *acceleration*, *deceleration*: 32nds by
        which the share of packets let through grows and shrinks. (5000, 32, 0) drops none.
        """
        self.throttle_interval = interval & U32_MAX
        self.acceleration = acceleration & U32_MAX
        self.deceleration = deceleration & U32_MAX
        if self.state == CONNECTED:
            self.queue_control(
                write_throttle(
                    self.next_control(),
                    self.throttle_interval,
                    self.acceleration,
                    self.deceleration,
                )
            )

    # -- queues

    def has_outgoing(self) -> bool:
        """Say whether anything waits to be sent or acknowledged."""
        return bool(self.control or self.reliable or self.unreliable or self.unacked)

    def forget_queues(self) -> None:
        """Drop all that waits in either direction."""
        self.acks = []
        self.control = []
        self.reliable = []
        self.unreliable = []
        self.unacked = {}
        self.in_transit = 0
        self.backlog = 0
        self.lanes = []
        self.channels = 0

    def open_channels(self, count: int) -> None:
        """Give the peer *count* fresh channels."""
        self.channels = count
        self.lanes = [Channel() for _ in range(count)]

    def adopt(self, remote_id: int, incoming_session: int, outgoing_session: int) -> None:
        """Take the ids by which both ends name this connection."""
        self.remote_id = remote_id
        self.incoming_session = incoming_session
        self.outgoing_session = outgoing_session
        self.header = write_header(remote_id, outgoing_session)

    def queue_connect(self, wire: bytes) -> None:
        """Queue our CONNECT, the first command of the connection."""
        self.sent_control = 1
        self.queue_control(wire)

    def queue_ack(self, wire: bytes) -> None:
        """Queue an acknowledgement."""
        if len(self.acks) < MAX_ACKS:
            self.acks.append(wire)

    def next_control(self) -> int:
        """Give out the next sequence number of the control channel."""
        self.sent_control = (self.sent_control + 1) & 0xFFFF
        return self.sent_control

    def _next_reliable(self, lane: Channel) -> int:
        lane.sent_reliable = (lane.sent_reliable + 1) & 0xFFFF
        lane.sent_unreliable = 0
        return lane.sent_reliable

    def queue_control(self, wire: bytes) -> None:
        """Queue a command of the control channel that carries the last number given out."""
        self.control.append(Outgoing(wire, CONTROL_CHANNEL << 16 | self.sent_control, 0, 0))

    def _queue_reliable(self, channel: int, sequence: int, wire: bytes, payload: int) -> None:
        self.order += 1
        self.reliable.append(Outgoing(wire, channel << 16 | sequence, payload, self.order))
        self.backlog += payload + PACKET_OVERHEAD
        self.blocked = False

    def _queue_unreliable(self, wire: bytes) -> None:
        self.order += 1
        self.unreliable.append(Outgoing(wire, 0, 0, self.order))

    def _send_pieces(self, channel: int, lane: Channel, data: bytes, mode: int) -> None:
        size = self.mtu - HEADER_SIZE - FRAGMENT_SIZE
        count = (len(data) + size - 1) // size
        if mode == RELIABLE:
            start = (lane.sent_reliable + 1) & 0xFFFF
        else:
            lane.sent_unreliable += 1
            start = lane.sent_unreliable
        for number in range(count):
            fragment = Fragment(start, count, number, len(data), number * size)
            fragment.piece = data[number * size : (number + 1) * size]
            if mode == RELIABLE:
                sequence = self._next_reliable(lane)
                wire = write_fragment(SEND_FRAGMENT, channel, sequence, fragment)
                self._queue_reliable(channel, sequence, wire, len(fragment.piece))
            else:
                self._queue_unreliable(
                    write_fragment(SEND_UNRELIABLE_FRAGMENT, channel, lane.sent_reliable, fragment)
                )
        if mode != RELIABLE:
            self.unreliable[-count].pieces = count - 1


class Event:
    """What happened. *kind* says which of the others count.

    CONNECTED: *value* is the data of the CONNECT, 0 for our own. DISCONNECTED: *value* is the data
    the other end gave, 0 if it went silent or we asked. RECEIVED: *channel*, *data*, *mode*.
    """

    def __init__(
        self,
        kind: int,
        peer: Peer,
        channel: int = 0,
        data: bytes = b"",
        value: int = 0,
        mode: int = 0,
    ) -> None:
        self.kind = kind
        self.peer = peer
        self.channel = channel
        self.data = data
        self.value = value
        self.mode = mode
