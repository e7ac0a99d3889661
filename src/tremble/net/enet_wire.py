"""ENet 1.3 on the wire: what a datagram is made of. All numbers are big-endian.

datagram  = u16 peer  [u16 sent time]  command...
peer        bit 15 sent time follows, bit 14 compressed, bits 13-12 session, bits 11-0 peer id
command   = u8 number (low 4 bits; 0x80 wants an acknowledgement, 0x40 unsequenced)
            u8 channel  u16 reliable sequence  body

 1 ACKNOWLEDGE          u16 sequence, u16 sent time           both as received
 2 CONNECT              u16 peer, 2 x u8 session, 8 x u32, 4 B connect id, u32 data
 3 VERIFY_CONNECT       as 2, without data
 4 DISCONNECT           u32 data
 5 PING
 6 SEND_RELIABLE        u16 length, bytes
 7 SEND_UNRELIABLE      u16 unreliable sequence, u16 length, bytes
 8 SEND_FRAGMENT        u16 start, u16 length, u32 count, number, total, offset, bytes
 9 SEND_UNSEQUENCED     u16 group, u16 length, bytes
10 BANDWIDTH_LIMIT      u32 incoming, outgoing
11 THROTTLE_CONFIGURE   u32 interval, acceleration, deceleration
12 SEND_UNRELIABLE_FRAGMENT   as 8
"""

from struct import Struct
from typing import Final

ACKNOWLEDGE: Final = 1
CONNECT: Final = 2
VERIFY_CONNECT: Final = 3
DISCONNECT: Final = 4
PING: Final = 5
SEND_RELIABLE: Final = 6
SEND_UNRELIABLE: Final = 7
SEND_FRAGMENT: Final = 8
SEND_UNSEQUENCED: Final = 9
BANDWIDTH_LIMIT: Final = 10
THROTTLE_CONFIGURE: Final = 11
SEND_UNRELIABLE_FRAGMENT: Final = 12

NUMBER_MASK: Final = 0x0F
FLAG_ACKNOWLEDGE: Final = 0x80
FLAG_UNSEQUENCED: Final = 0x40

HEADER_SENT_TIME: Final = 0x8000
HEADER_COMPRESSED: Final = 0x4000
#: The peer id of a datagram whose sender has not been given one yet: a CONNECT.
NO_PEER: Final = 0xFFF
#: The channel of commands that belong to the connection itself.
CONTROL_CHANNEL: Final = 0xFF
#: A session id in CONNECT that leaves the choice to the other end.
ANY_SESSION: Final = 0xFF

#: Bytes of each command by number, without the payload that follows; 0: no such command.
COMMAND_SIZE: Final = (0, 8, 48, 44, 8, 4, 6, 8, 24, 8, 12, 16, 24, 0, 0, 0)
#: The longest header: peer and sent time.
HEADER_SIZE: Final = 4
FRAGMENT_SIZE: Final = 24

#: What libenet 1.3 puts into one datagram at most; longer trains are not its own.
MAX_COMMANDS: Final = 32
MIN_MTU: Final = 576
MAX_MTU: Final = 4096
#: libenet 1.3.13 and later; Godot 4.
DEFAULT_MTU: Final = 1392
MIN_WINDOW: Final = 4096
MAX_WINDOW: Final = 65536
MIN_CHANNELS: Final = 1
MAX_CHANNELS: Final = 255

_HANDSHAKE: Final = Struct("!BBHHBBIIIIIIIII")
_ACKNOWLEDGE: Final = Struct("!BBHHH")
_HEAD: Final = Struct("!BBH")
_HEAD_U32: Final = Struct("!BBHI")
_HEAD_3U32: Final = Struct("!BBHIII")
_RELIABLE: Final = Struct("!BBHH")
_UNRELIABLE: Final = Struct("!BBHHH")
_FRAGMENT: Final = Struct("!BBHHHIIII")
_U16: Final = Struct("!H")
_HEADER: Final = Struct("!HH")


def u16(data: bytes, at: int) -> int:
    """Return the two bytes of *data* from *at* as a number; the caller has checked the length."""
    return data[at] << 8 | data[at + 1]


def u32(data: bytes, at: int) -> int:
    """Return the four bytes of *data* from *at* as a number; the caller has checked the length."""
    return data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]


def is_packet(number: int) -> bool:
    """Say whether command *number* (1 to 12) carries a packet or a piece of one."""
    return SEND_RELIABLE <= number <= SEND_UNSEQUENCED or number == SEND_UNRELIABLE_FRAGMENT


class Handshake:
    """The body of CONNECT and of VERIFY_CONNECT.

    *mtu*, *window*: bytes; *incoming_bandwidth*, *outgoing_bandwidth*: bytes a second, 0 is
    unlimited; *throttle_interval*: ms; *acceleration*, *deceleration*: 32nds; *data*: CONNECT's.
    """

    def __init__(self, peer: int, incoming_session: int, outgoing_session: int) -> None:
        self.peer = peer
        self.incoming_session = incoming_session
        self.outgoing_session = outgoing_session
        self.mtu = DEFAULT_MTU
        self.window = MAX_WINDOW
        self.channels = MIN_CHANNELS
        self.incoming_bandwidth = 0
        self.outgoing_bandwidth = 0
        self.throttle_interval = 5000
        self.acceleration = 2
        self.deceleration = 2
        self.connect_id = 0
        self.data = 0


def write_handshake(number: int, body: Handshake) -> bytes:
    """Return *body* as the command *number*: CONNECT (48 bytes) or VERIFY_CONNECT (44)."""
    common = _HANDSHAKE.pack(
        number | FLAG_ACKNOWLEDGE,
        CONTROL_CHANNEL,
        1,
        body.peer,
        body.incoming_session,
        body.outgoing_session,
        body.mtu,
        body.window,
        body.channels,
        body.incoming_bandwidth,
        body.outgoing_bandwidth,
        body.throttle_interval,
        body.acceleration,
        body.deceleration,
        body.connect_id,
    )
    return common + body.data.to_bytes(4, "big") if number == CONNECT else common


def read_handshake(number: int, data: bytes, at: int) -> Handshake:
    """Read the CONNECT or VERIFY_CONNECT at *at*; the caller has checked that it is whole."""
    body = Handshake(u16(data, at + 4), data[at + 6], data[at + 7])
    body.mtu = u32(data, at + 8)
    body.window = u32(data, at + 12)
    body.channels = u32(data, at + 16)
    body.incoming_bandwidth = u32(data, at + 20)
    body.outgoing_bandwidth = u32(data, at + 24)
    body.throttle_interval = u32(data, at + 28)
    body.acceleration = u32(data, at + 32)
    body.deceleration = u32(data, at + 36)
    body.connect_id = u32(data, at + 40)
    if number == CONNECT:
        body.data = u32(data, at + 44)
    return body


def connect_data(datagram: bytes) -> int:
    """Return the data of the CONNECT in *datagram*; -1 if it holds none.

    For whoever lets a CONNECT through only with the right data: nothing is kept or answered.
    """
    if len(datagram) < 2:
        return -1
    word = u16(datagram, 0)
    at = HEADER_SIZE if word & HEADER_SENT_TIME else 2
    if word & 0xFFF != NO_PEER or len(datagram) < at + COMMAND_SIZE[CONNECT]:
        return -1
    return u32(datagram, at + 44) if datagram[at] & NUMBER_MASK == CONNECT else -1


class Fragment:
    """One piece of a packet that is longer than a datagram: the *number*-th of *count*.

    *start*: the sequence number of the first piece; *total*: bytes of the whole packet; *offset*:
    where the piece belongs in it.
    """

    def __init__(self, start: int, count: int, number: int, total: int, offset: int) -> None:
        self.start = start
        self.count = count
        self.number = number
        self.total = total
        self.offset = offset
        self.piece = b""


def read_fragment(data: bytes, at: int, limit: int) -> Fragment | None:
    """Read the fragment at *at* of *data*, head and piece; None if it contradicts itself.

    *limit*: most bytes of a whole packet. The caller has checked that the head is whole.
    """
    length = u16(data, at + 6)
    fragment = Fragment(
        u16(data, at + 4),
        u32(data, at + 8),
        u32(data, at + 12),
        u32(data, at + 16),
        u32(data, at + 20),
    )
    end = at + FRAGMENT_SIZE + length
    if length == 0 or end > len(data):
        return None
    if fragment.number >= fragment.count or fragment.total < fragment.count:
        return None
    if fragment.total > limit or fragment.offset + length > fragment.total:
        return None
    fragment.piece = data[at + FRAGMENT_SIZE : end]
    return fragment


def write_fragment(number: int, channel: int, sequence: int, fragment: Fragment) -> bytes:
    """Return *fragment* as a whole command: SEND_FRAGMENT or SEND_UNRELIABLE_FRAGMENT."""
    flags = FLAG_ACKNOWLEDGE if number == SEND_FRAGMENT else 0
    head = _FRAGMENT.pack(
        number | flags,
        channel,
        sequence,
        fragment.start,
        len(fragment.piece),
        fragment.count,
        fragment.number,
        fragment.total,
        fragment.offset,
    )
    return head + fragment.piece


def write_reliable(channel: int, sequence: int, data: bytes) -> bytes:
    """Return SEND_RELIABLE with its payload."""
    return _RELIABLE.pack(SEND_RELIABLE | FLAG_ACKNOWLEDGE, channel, sequence, len(data)) + data


def write_unreliable(channel: int, sequence: int, unreliable: int, data: bytes) -> bytes:
    """Return SEND_UNRELIABLE with its payload."""
    return _UNRELIABLE.pack(SEND_UNRELIABLE, channel, sequence, unreliable, len(data)) + data


def write_unsequenced(channel: int, group: int, data: bytes) -> bytes:
    """Return SEND_UNSEQUENCED with its payload."""
    number = SEND_UNSEQUENCED | FLAG_UNSEQUENCED
    return _UNRELIABLE.pack(number, channel, 0, group, len(data)) + data


def write_acknowledge(channel: int, sequence: int, sent_time: int) -> bytes:
    """Return the acknowledgement of the command *sequence* that came with *sent_time*."""
    return _ACKNOWLEDGE.pack(ACKNOWLEDGE, channel, sequence, sequence, sent_time)


def write_ping(sequence: int) -> bytes:
    """Return PING."""
    return _HEAD.pack(PING | FLAG_ACKNOWLEDGE, CONTROL_CHANNEL, sequence)


def write_disconnect(flags: int, sequence: int, data: int) -> bytes:
    """Return DISCONNECT with FLAG_ACKNOWLEDGE or FLAG_UNSEQUENCED as *flags*."""
    return _HEAD_U32.pack(DISCONNECT | flags, CONTROL_CHANNEL, sequence, data)


def write_throttle(sequence: int, interval: int, acceleration: int, deceleration: int) -> bytes:
    """Return THROTTLE_CONFIGURE."""
    number = THROTTLE_CONFIGURE | FLAG_ACKNOWLEDGE
    return _HEAD_3U32.pack(number, CONTROL_CHANNEL, sequence, interval, acceleration, deceleration)


def write_header(peer: int, session: int) -> bytes:
    """Return the header of a datagram without the time it is sent."""
    return _U16.pack(peer | session << 12)


def write_timed_header(peer: int, session: int, sent_time: int) -> bytes:
    """Return the header of a datagram with the time it is sent, in ms modulo 65536."""
    return _HEADER.pack(peer | session << 12 | HEADER_SENT_TIME, sent_time)
