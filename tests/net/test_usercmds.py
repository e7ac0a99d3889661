"""Usercmd datagrams come back, and nothing else is taken for one."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tremble.errors import ProtocolError
from tremble.net import usercmds
from tremble.sim.state import Usercmd

VALUES = st.tuples(
    st.integers(-127, 127),
    st.integers(-127, 127),
    st.integers(0, 65535),
    st.integers(-16384, 16384),
    st.integers(0, 255),
    st.integers(0, 15),
)
# Few distinct values, so that neighbours are often the same.
SEVERAL = st.lists(VALUES, min_size=1, max_size=3).flatmap(
    lambda some: st.lists(st.sampled_from(some), min_size=1, max_size=usercmds.MAX_COUNT)
)


def commands_of(newest, several):
    return [Usercmd(newest - i, *values) for i, values in enumerate(several)]


@given(SEVERAL, st.integers(15, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 255))
def test_what_is_encoded_is_decoded(several, newest, snapshot_tick, late):
    """Ticks, values, the acknowledgement and how late others are shown come back."""
    data = usercmds.encode(commands_of(newest, several), snapshot_tick, late)

    acked, behind, found = usercmds.decode(data)
    assert (acked, behind) == (snapshot_tick, late)
    assert [c.tick for c in found] == [newest - i for i in range(len(several))]
    assert [tuple(usercmds.values(c)) for c in found] == several


@given(st.binary(max_size=80))
@example(b"")
@example(bytes((usercmds.USERCMDS,)))
def test_any_bytes_give_commands_or_a_protocol_error(data):
    """Commands from any bytes are in range, of ticks that count down."""
    try:
        _, _, found = usercmds.decode(data)
    except ProtocolError:
        return

    assert 1 <= len(found) <= usercmds.MAX_COUNT
    assert [c.tick for c in found] == [found[0].tick - i for i in range(len(found))]
    assert found[-1].tick >= 1


@given(SEVERAL, st.integers(15, 2**31), st.data())
def test_changed_bytes_give_commands_or_a_protocol_error(several, newest, data):
    """One flipped bit, or a cut, is survived."""
    whole = bytearray(usercmds.encode(commands_of(newest, several), 7))
    at = data.draw(st.integers(0, len(whole) * 8 - 1))
    whole[at // 8] ^= 1 << at % 8
    cut = data.draw(st.integers(0, len(whole)))
    try:
        _, _, found = usercmds.decode(bytes(whole[:cut]))
    except ProtocolError:
        return

    for command in found:
        assert -127 <= command.forward <= 127
        assert -127 <= command.side <= 127
        assert -16384 <= command.pitch <= 16384


@pytest.mark.parametrize(("forward", "side", "pitch"), [(-128, 0, 0), (0, -128, 0), (0, 0, 16385)])
def test_values_out_of_range_are_refused(forward, side, pitch):
    """What the widths allow but the game does not is a ProtocolError."""
    data = usercmds.encode([Usercmd(1, forward, side, 0, pitch)], 0)

    with pytest.raises(ProtocolError, match="out of range"):
        usercmds.decode(data)


def test_a_still_player_costs_a_bit_a_command():
    """15 commands of which the older 14 are the same take 21 bytes."""
    same = [Usercmd(15 - i, 127, 0, 1000, 0, 1, 2) for i in range(15)]

    assert len(usercmds.encode(same, 3)) == (8 + 32 + 32 + 4 + 60 + 14 + 7) // 8


def test_nothing_may_follow():
    """Whoever shows the newest leaves the last value out: there is one way to write a datagram."""
    data = usercmds.encode([Usercmd(1)], 7)

    with pytest.raises(ProtocolError, match="after its end"):
        usercmds.decode(data + b"\0")
    with pytest.raises(ProtocolError, match="after its end"):
        usercmds.decode(data + b"\x20\0")
