"""Values against a baseline: how the values of one entity become bits, and back.

Both ends compute the same prediction in integers, so nothing is lost but what `net/fields.py` rounds.
"""

from librt.strings import BytesWriter
from mypy_extensions import i64

from tremble.errors import ProtocolError
from tremble.net.bits import BitReader, BitWriter
from tremble.net.fields import ANGLE, INT, PLACE, Field, Values, put, value_at


def write_full(out: BitWriter, fields: list[Field], values: Values) -> None:
    """Append *values* as they are, without a baseline."""
    for i, field in enumerate(fields):
        out.write_signed(value_at(values, i), field.bits)


def read_full(data: BitReader, fields: list[Field]) -> Values:
    """Return the values that write_full wrote."""
    values = BytesWriter()
    for field in fields:
        put(values, read_whole(data, field))
    return values.getvalue()


def read_whole(data: BitReader, field: Field) -> i64:
    """Return a value that was written as it is."""
    return data.read_signed(field.bits) if is_signed(field) else data.read(field.bits)


def predicted(field: Field, base: Values, i: i64, age: i64) -> i64:
    """Return what value *i* is expected to be, *age* ticks after *base*."""
    value = value_at(base, i)
    if field.kind != PLACE:
        return value
    return value + ((value_at(base, i + 3) * age * field.rate) >> 16)


def as_predicted(fields: list[Field], base: Values, values: Values, age: i64) -> bool:
    """Say whether *values* are all as *base*, *age* ticks older, lets expect."""
    for i, field in enumerate(fields):
        if value_at(values, i) != predicted(field, base, i, age):
            return False
    return True


def write_delta(
    out: BitWriter, fields: list[Field], base: Values, values: Values, age: i64
) -> None:
    """Append *values* as differences from what *base*, *age* ticks older, lets expect."""
    i: i64 = 0
    for field in fields:
        value = value_at(values, i)
        difference = value - predicted(field, base, i, age)
        i += 1
        if difference == 0:
            out.write(0, 1)
            continue
        if field.kind == ANGLE:
            difference = ((difference + field.half) & (2 * field.half - 1)) - field.half
        if -field.limit <= difference < field.limit:
            out.write(1, 2)
            out.write_signed(difference, field.small)
        else:
            out.write(3, 2)
            out.write_signed(value, field.bits)


def read_predicted(fields: list[Field], base: Values, age: i64) -> Values:
    """Return the values that are all as *base*, *age* ticks older, lets expect."""
    values = BytesWriter()
    for i, field in enumerate(fields):
        value = predicted(field, base, i, age)
        check_range(field, value)
        put(values, value)
    return values.getvalue()


def read_delta(data: BitReader, fields: list[Field], base: Values, age: i64) -> Values:
    """Return the values that write_delta wrote against the same *base*. Raises ProtocolError."""
    values = BytesWriter()
    for i, field in enumerate(fields):
        if data.read(1) == 0:
            value = predicted(field, base, i, age)
        elif data.read(1) == 0:
            value = predicted(field, base, i, age) + data.read_signed(field.small)
            if field.kind == ANGLE:
                value &= 2 * field.half - 1
        else:
            value = read_whole(data, field)
        check_range(field, value)
        put(values, value)
    return values.getvalue()


def is_signed(field: Field) -> bool:
    """Say whether values of *field* are in two's complement."""
    return field.kind == INT or field.kind == PLACE


def check_range(field: Field, value: i64) -> None:
    """Raise ProtocolError if *value* could not have been written as *field*."""
    low = -field.half if is_signed(field) else 0
    if not low <= value < low + 2 * field.half:
        raise ProtocolError(f"value of {field.name} is out of range")
