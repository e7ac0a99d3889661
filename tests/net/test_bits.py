"""Bits go in and come out in order, lowest first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremble.errors import ProtocolError
from tremble.net.bits import BitReader, BitWriter

WIDTHS = st.integers(1, 32)
UNSIGNED = WIDTHS.flatmap(lambda n: st.tuples(st.just(n), st.integers(0, (1 << n) - 1)))
SIGNED = WIDTHS.flatmap(
    lambda n: st.tuples(st.just(n), st.integers(-(1 << (n - 1)), (1 << (n - 1)) - 1))
)


@given(st.lists(UNSIGNED))
def test_unsigned_values_come_back(values):
    """What write() appends, read() returns, and nothing is left but filling."""
    out = BitWriter()
    for bits, value in values:
        out.write(value, bits)

    data = BitReader(out.to_bytes())
    assert [data.read(bits) for bits, _ in values] == [value for _, value in values]
    data.finish()


@given(st.lists(SIGNED))
def test_signed_values_come_back(values):
    """What write_signed() appends, read_signed() returns."""
    out = BitWriter()
    for bits, value in values:
        out.write_signed(value, bits)

    data = BitReader(out.to_bytes())
    assert [data.read_signed(bits) for bits, _ in values] == [value for _, value in values]


def test_the_first_bit_is_the_lowest_of_the_first_byte():
    """1, then 0b10 in three bits, then 0xAB in eight is the bytes 0xB5 0x0A."""
    out = BitWriter()
    out.write(1, 1)
    out.write(0b010, 3)
    out.write(0xAB, 8)

    assert out.to_bytes() == bytes((0xB5, 0x0A))


@pytest.mark.parametrize("length", [0, 1, 5])
def test_reading_past_the_end_is_the_senders_fault(length):
    """One bit more than there is raises ProtocolError."""
    data = BitReader(bytes(length))
    for _ in range(length):
        data.read(8)

    with pytest.raises(ProtocolError, match="ends too early"):
        data.read(1)


@pytest.mark.parametrize("rest", [bytes(1), b"\x80"])
def test_finish_refuses_a_whole_byte_or_a_set_bit(rest):
    """Eight bits left are too many, and filling bits are zero."""
    data = BitReader(rest)
    if rest != bytes(1):
        data.read(7)

    with pytest.raises(ProtocolError, match="after its end"):
        data.finish()
