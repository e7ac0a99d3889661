"""The bytes of ENet: against captured datagrams, and back and forth for any value."""

from hypothesis import given
from hypothesis import strategies as st

from tremble.net import enet_wire as wire
from tremble.net.enet_wire import Fragment, Handshake

#: What ENetConnection of Godot 4.6 sends first, with 4 channels and data 0x7E3B1E01.
GODOT_CONNECT = bytes.fromhex(
    "8fff3c54 82ff0001 0000 ff ff 00000570 00010000 00000004 00000000 00000000"
    "00001388 00000002 00000002 76800eb4 7e3b1e01"
)

u8 = st.integers(0, 0xFF)
u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFFFFFF)


def test_godot_connect_is_read() -> None:
    """A captured CONNECT gives the values that its sender set."""
    body = wire.read_handshake(wire.CONNECT, GODOT_CONNECT, 4)

    assert (body.peer, body.incoming_session, body.outgoing_session) == (0, 0xFF, 0xFF)
    assert (body.mtu, body.window, body.channels) == (1392, 65536, 4)
    assert (body.throttle_interval, body.acceleration, body.deceleration) == (5000, 2, 2)
    assert (body.connect_id, body.data) == (0x76800EB4, 0x7E3B1E01)


def test_godot_connect_is_written() -> None:
    """The same values give the same bytes."""
    body = Handshake(0, wire.ANY_SESSION, wire.ANY_SESSION)
    body.channels = 4
    body.connect_id = 0x76800EB4
    body.data = 0x7E3B1E01

    assert wire.write_handshake(wire.CONNECT, body) == GODOT_CONNECT[4:]


@given(
    st.sampled_from([wire.CONNECT, wire.VERIFY_CONNECT]), u16, u8, u8, st.lists(u32, min_size=10)
)
def test_handshake_round_trip(
    number: int, peer: int, incoming: int, outgoing: int, values: list[int]
) -> None:
    """What write_handshake writes, read_handshake reads."""
    body = Handshake(peer, incoming, outgoing)
    body.mtu, body.window, body.channels = values[0], values[1], values[2]
    body.incoming_bandwidth, body.outgoing_bandwidth = values[3], values[4]
    body.throttle_interval, body.acceleration, body.deceleration = values[5], values[6], values[7]
    body.connect_id = values[8]
    body.data = values[9]

    written = wire.write_handshake(number, body)

    assert len(written) == wire.COMMAND_SIZE[number]
    again = wire.read_handshake(number, written, 0)
    assert wire.write_handshake(number, again) == written


@given(u8, u16, u16, st.integers(1, 100), st.data())
def test_fragment_round_trip(
    channel: int, sequence: int, start: int, count: int, data: st.DataObject
) -> None:
    """What write_fragment writes, read_fragment reads, if it does not contradict itself."""
    number = data.draw(st.integers(0, count - 1))
    piece = data.draw(st.binary(min_size=1, max_size=50))
    offset = data.draw(st.integers(0, 60_000))
    total = data.draw(st.integers(max(offset + len(piece), count), 65_000))
    fragment = Fragment(start, count, number, total, offset)
    fragment.piece = piece

    written = wire.write_fragment(wire.SEND_FRAGMENT, channel, sequence, fragment)
    read = wire.read_fragment(written, 0, 65_000)

    assert read is not None
    assert wire.write_fragment(wire.SEND_FRAGMENT, channel, sequence, read) == written


@given(st.binary(min_size=24, max_size=80))
def test_any_fragment_is_sound_or_refused(data: bytes) -> None:
    """Whatever a fragment says, one that is taken fits its packet and the datagram."""
    fragment = wire.read_fragment(data, 0, 1000)

    if fragment is not None:
        assert 0 < len(fragment.piece) <= len(data) - 24
        assert fragment.offset + len(fragment.piece) <= fragment.total <= 1000
        assert fragment.number < fragment.count <= fragment.total


def test_connect_data_of_a_connect() -> None:
    """connect_data finds the data of a CONNECT without keeping anything."""
    assert wire.connect_data(GODOT_CONNECT) == 0x7E3B1E01


@given(st.binary(max_size=60))
def test_connect_data_of_anything(data: bytes) -> None:
    """Any bytes give a 32-bit number or -1."""
    assert -1 <= wire.connect_data(data) <= 0xFFFFFFFF


def test_sizes_match_what_is_written() -> None:
    """Each command is as long as the table says."""
    fragment = Fragment(1, 1, 0, 1, 0)
    fragment.piece = b"x"
    written = [
        wire.write_acknowledge(1, 2, 3),
        wire.write_disconnect(wire.FLAG_ACKNOWLEDGE, 1, 2),
        wire.write_ping(1),
        wire.write_reliable(1, 2, b""),
        wire.write_unreliable(1, 2, 3, b""),
        wire.write_fragment(wire.SEND_FRAGMENT, 1, 2, fragment)[:-1],
        wire.write_unsequenced(1, 2, b""),
        wire.write_throttle(1, 2, 3, 4),
        wire.write_fragment(wire.SEND_UNRELIABLE_FRAGMENT, 1, 2, fragment)[:-1],
    ]

    for command in written:
        assert len(command) == wire.COMMAND_SIZE[command[0] & wire.NUMBER_MASK]
