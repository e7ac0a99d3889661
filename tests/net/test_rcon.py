"""net/rcon.py: Source RCON, bytes to packets and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremble.errors import ProtocolError
from tremble.net import rcon


def cut(data: bytes, places: list[int]) -> list[rcon.Packet]:
    """Read *data* in pieces that end at *places*."""
    reader = rcon.Reader(rcon.MAX_RESPONSE)
    packets = []
    at = 0
    for place in [*sorted(places), len(data)]:
        packets += reader.receive(data[at:place])
        at = max(at, place)
    return packets


@given(
    st.lists(st.tuples(st.integers(-(2**31), 2**31 - 1), st.integers(0, 3), st.text(max_size=50))),
    st.lists(st.integers(0, 400)),
)
def test_packets_come_back_however_they_are_cut(sent, places) -> None:
    """What encode writes the reader reads, whatever pieces TCP makes of it."""
    sent = [(number, kind, text.replace("\0", "").encode()) for number, kind, text in sent]
    data = b"".join(rcon.encode(*packet) for packet in sent)

    assert [(p.number, p.kind, p.body) for p in cut(data, places)] == sent


@given(st.text(), st.integers(0, 9000), st.sampled_from("aé龍😀"))
def test_answers_of_any_length_are_whole(text: str, length: int, letter: str) -> None:
    """No piece cuts a character; all but the last have 4096 to 4099 bytes; none is too long."""
    answer = text + letter * length

    pieces = [p.body for p in cut(rcon.respond(7, answer), [])]

    assert "".join(piece.decode() for piece in pieces) == answer.replace("\0", " ")
    assert all(4096 <= len(piece) <= 4099 for piece in pieces[:-1])
    assert len(pieces) >= 1


@given(st.binary())
def test_any_bytes_are_packets_or_an_error(data: bytes) -> None:
    """The reader never raises anything else, and never keeps more than one packet's worth."""
    reader = rcon.Reader(rcon.MAX_REQUEST)
    try:
        reader.receive(data)
    except ProtocolError:
        return
    assert len(reader.rest) <= rcon.MAX_REQUEST + 4


@pytest.mark.parametrize("size", [-1, 0, 9, 4111, 2**31 - 1])
def test_sizes_out_of_range_are_refused(size: int) -> None:
    with pytest.raises(ProtocolError):
        rcon.Reader(rcon.MAX_REQUEST).receive(rcon.SIZE.pack(size))


def test_bytes_after_the_body_are_ignored() -> None:
    """Some clients put more behind the NUL."""
    data = rcon.encode(3, rcon.COMMAND, b"status\0junk")

    [packet] = rcon.Reader(rcon.MAX_REQUEST).receive(data)

    assert packet.text == "status"


def test_bytes_are_those_of_the_protocol() -> None:
    """The example of Valve's page: a password, and the answer that ends a long one."""
    assert rcon.encode(0, rcon.AUTH, b"passwrd") == (b"\x11\0\0\0\0\0\0\0\x03\0\0\0passwrd\0\0")
    assert rcon.respond_end(5)[14:] == b"\x0e\0\0\0\x05\0\0\0\0\0\0\0\0\1\0\0\0\0"
