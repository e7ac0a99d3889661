"""Values against a baseline: how one entity's list of values becomes bits, and back.

Both ends compute the same prediction in integers, so nothing is lost but what `net/fields.py` rounds.
"""

from mypy_extensions import i64

from tremble.errors import ProtocolError
from tremble.net.bits import BitReader, BitWriter
from tremble.net.fields import ANGLE, INT, PLACE, Field


def write_full(out: BitWriter, fields: list[Field], values: list[int]) -> None:
    """Append *values* as they are, without a baseline."""
    for i, field in enumerate(fields):
        out.write_signed(values[i], field.bits)


def read_full(data: BitReader, fields: list[Field]) -> list[int]:
    """Return the values that write_full wrote."""
    values: list[int] = []
    for field in fields:
        if is_signed(field):
            values.append(data.read_signed(field.bits))
        else:
            values.append(data.read(field.bits))
    return values


def predicted(field: Field, base: list[int], i: i64, age: i64) -> i64:
    """Return what value *i* is expected to be, *age* ticks after *base*."""
    value: i64 = base[i]
    if field.kind != PLACE:
        return value
    velocity: i64 = base[i + 3]
    return value + ((velocity * age * field.rate) >> 16)


def write_delta(
    out: BitWriter, fields: list[Field], base: list[int], values: list[int], age: i64
) -> bool:
    """Append *values* as differences from what *base*, *age* ticks older, lets expect.

    Returns False if there are none.
    """
    differs = False
    i: i64 = 0
    for field in fields:
        value: i64 = values[i]
        difference = value - predicted(field, base, i, age)
        i += 1
        if difference == 0:
            out.write(0, 1)
            continue
        differs = True
        if field.kind == ANGLE:
            difference = ((difference + field.half) & (2 * field.half - 1)) - field.half
        if -field.limit <= difference < field.limit:
            out.write(1, 2)
            out.write_signed(difference, field.small)
        else:
            out.write(3, 2)
            out.write_signed(value, field.bits)
    return differs


def read_predicted(fields: list[Field], base: list[int], age: i64) -> list[int]:
    """Return the values that are all as *base*, *age* ticks older, lets expect."""
    values: list[int] = []
    for i in range(len(fields)):
        values.append(predicted(fields[i], base, i, age))
        check_range(fields[i], values[i])
    return values


def read_delta(data: BitReader, fields: list[Field], base: list[int], age: i64) -> list[int]:
    """Return the values that write_delta wrote against the same *base*. Raises ProtocolError."""
    values: list[int] = []
    for i in range(len(fields)):
        field = fields[i]
        if data.read(1) == 0:
            values.append(predicted(field, base, i, age))
        elif data.read(1) == 0:
            value = predicted(field, base, i, age) + data.read_signed(field.small)
            if field.kind == ANGLE:
                value &= 2 * field.half - 1
            values.append(value)
        elif is_signed(field):
            values.append(data.read_signed(field.bits))
        else:
            values.append(data.read(field.bits))
        check_range(field, values[i])
    return values


def is_signed(field: Field) -> bool:
    """Say whether values of *field* are in two's complement."""
    return field.kind == INT or field.kind == PLACE


def check_range(field: Field, value: i64) -> None:
    """Raise ProtocolError if *value* could not have been written as *field*."""
    low = -field.half if is_signed(field) else 0
    if not low <= value < low + 2 * field.half:
        raise ProtocolError(f"value of {field.name} is out of range")
