"""Values against a baseline: how one entity's list of values becomes bits, and back.

Both ends compute the same prediction in integers, so nothing is lost but what `net/fields.py` rounds.
"""

from tremble.errors import ProtocolError
from tremble.net.bits import BitReader, BitWriter
from tremble.net.fields import ANGLE, INT, PLACE, PREDICT_8, PREDICT_64, Field


def write_full(out: BitWriter, fields: list[Field], values: list[int]) -> None:
    """Append *values* as they are, without a baseline."""
    for i in range(len(fields)):
        out.write_signed(values[i], fields[i].bits)


def read_full(data: BitReader, fields: list[Field]) -> list[int]:
    """Return the values that write_full wrote."""
    values: list[int] = []
    for field in fields:
        if is_signed(field):
            values.append(data.read_signed(field.bits))
        else:
            values.append(data.read(field.bits))
    return values


def predicted(field: Field, base: list[int], i: int, age: int) -> int:
    """Return what value *i* is expected to be, *age* ticks after *base*."""
    if field.kind != PLACE:
        return base[i]
    rate = PREDICT_8 if field.scale == 8.0 else PREDICT_64
    return base[i] + ((base[i + 3] * age * rate) >> 16)


def write_delta(
    out: BitWriter, fields: list[Field], base: list[int], values: list[int], age: int
) -> None:
    """Append *values* as differences from what *base*, *age* ticks older, lets expect."""
    for i in range(len(fields)):
        field = fields[i]
        value = values[i]
        difference = value - predicted(field, base, i, age)
        if difference == 0:
            out.write(0, 1)
            continue
        if field.kind == ANGLE:
            half = 1 << (field.bits - 1)
            difference = ((difference + half) & (2 * half - 1)) - half
        limit = 1 << (field.small - 1)
        if -limit <= difference < limit:
            out.write(1, 2)
            out.write_signed(difference, field.small)
        else:
            out.write(3, 2)
            out.write_signed(value, field.bits)


def read_predicted(fields: list[Field], base: list[int], age: int) -> list[int]:
    """Return the values that are all as *base*, *age* ticks older, lets expect."""
    values: list[int] = []
    for i in range(len(fields)):
        values.append(predicted(fields[i], base, i, age))
        check_range(fields[i], values[i])
    return values


def read_delta(data: BitReader, fields: list[Field], base: list[int], age: int) -> list[int]:
    """Return the values that write_delta wrote against the same *base*. Raises ProtocolError."""
    values: list[int] = []
    for i in range(len(fields)):
        field = fields[i]
        if data.read(1) == 0:
            values.append(predicted(field, base, i, age))
        elif data.read(1) == 0:
            value = predicted(field, base, i, age) + data.read_signed(field.small)
            if field.kind == ANGLE:
                value &= (1 << field.bits) - 1
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


def check_range(field: Field, value: int) -> None:
    """Raise ProtocolError if *value* could not have been written as *field*."""
    low = -(1 << (field.bits - 1)) if is_signed(field) else 0
    if not low <= value < low + (1 << field.bits):
        raise ProtocolError(f"value of {field.name} is out of range")
