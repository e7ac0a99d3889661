"""Values against a baseline come back, whatever they are."""

import pytest
from frames import bounds, entities
from hypothesis import given
from hypothesis import strategies as st

from tremble.errors import ProtocolError
from tremble.net import delta
from tremble.net.bits import BitReader, BitWriter
from tremble.net.fields import OWN, PLAYER, PROJECTILE, numbers, packed

TABLES = st.sampled_from([PLAYER, OWN, PROJECTILE])
PAIRS = TABLES.flatmap(lambda t: st.tuples(st.just(t), entities(t), entities(t)))
AGES = st.integers(1, 63)


@given(PAIRS)
def test_full_values_come_back(case):
    """read_full() returns what write_full() wrote, in exactly the bits of the table."""
    table, values, _ = case
    out = BitWriter()
    delta.write_full(out, table, values)

    assert out.count == sum(row.bits for row in table)
    assert delta.read_full(BitReader(out.to_bytes()), table) == values


@given(PAIRS, AGES)
def test_deltas_come_back(case, age):
    """read_delta() returns what write_delta() wrote against the same baseline and age."""
    table, base, values = case
    out = BitWriter()
    delta.write_delta(out, table, base, values, age)

    data = BitReader(out.to_bytes())
    assert delta.read_delta(data, table, base, age) == values
    data.finish()


@given(PAIRS, AGES)
def test_only_what_is_as_predicted_is_said_to_be(case, age):
    """As predicted is what read_predicted() gives for it, if that is in range at all."""
    table, base, values = case
    try:
        expected = delta.read_predicted(table, base, age)
    except ProtocolError:
        expected = b""

    assert delta.as_predicted(table, base, values, age) == (values == expected)
    if expected:
        assert delta.as_predicted(table, base, expected, age)


@given(PAIRS, AGES, st.integers(-70, 70))
def test_near_values_come_back_in_their_small_form(case, age, off):
    """Differences around the bounds of the small form come back too, over the turn of an angle."""
    table, base, _ = case
    near_ones = []
    for i, row in enumerate(table):
        low, high = bounds(row)
        near = delta.predicted(row, base, i, age) + off
        near_ones.append(low + (near - low) % (high - low + 1))
    values = packed(near_ones)
    out = BitWriter()
    delta.write_delta(out, table, base, values, age)

    assert delta.read_delta(BitReader(out.to_bytes()), table, base, age) == values


@given(TABLES.flatmap(lambda t: st.tuples(st.just(t), entities(t))), AGES, st.binary(max_size=40))
def test_any_bits_give_values_in_range_or_a_protocol_error(case, age, data):
    """No bits make a value that could not have been written."""
    table, base = case
    try:
        values = delta.read_delta(BitReader(data), table, base, age)
    except ProtocolError:
        return

    for row, value in zip(table, numbers(values), strict=True):
        low, high = bounds(row)
        assert low <= value <= high


def test_a_prediction_out_of_range_is_no_value():
    """A baseline that flies out of the field's range cannot be said to be as predicted."""
    base = [0] * len(PROJECTILE)
    base[1], base[4] = 65535, 4095

    with pytest.raises(ProtocolError, match=r"pos\.x is out of range"):
        delta.read_predicted(PROJECTILE, packed(base), 63)


@pytest.mark.parametrize(("speed", "age", "steps"), [(1, 7, 0), (1, 8, 1), (-1, 1, -1), (60, 1, 7)])
def test_the_prediction_rounds_down(speed, age, steps):
    """floor(velocity x age x 8738 / 65536), below zero too."""
    base = [0] * len(PLAYER)
    base[4] = speed

    assert delta.predicted(PLAYER[1], packed(base), 1, age) == steps
