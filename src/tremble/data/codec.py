"""Bytes of a file <-> a document, and what exactly is wrong with bytes that are none.

The fast way is one msgspec call. Only if that fails: older versions are migrated, whole numbers
that Godot wrote as `5.0` become integers, and the JSON Schema lists every place that is wrong, with
what was expected and found.
"""

import re
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple

import msgspec

from tremble.data.documents import CLASSES, DataType, Document
from tremble.data.migrations import Raw, migrate, version_of
from tremble.errors import TrembleError

#: Largest file that is read or written at all, bytes.
MAX_BYTES = 8 * 1024 * 1024
#: Above this many bytes only the first problem is looked for: listing all takes time by the byte.
MAX_LISTED_BYTES = 64 * 1024
MAX_PROBLEMS = 20
#: Depth of the deepest document, a leaderboard's player's stats.
MAX_DEPTH = 6
MAX_SHOWN = 60

BOM = b"\xef\xbb\xbf"
FIRST_PROBLEM = re.compile(r"(?P<what>.*?)(?: - at `(?P<path>.*)`)?$", re.DOTALL)


class Problem(NamedTuple):
    """One wrong place: *path* is a JSON path such as `$.stats.wins`."""

    path: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.path}: expected {self.expected}, found {self.found}"


class Damaged(TrembleError):
    """The bytes are no valid document; `problems` says where and why, the first one first."""

    def __init__(self, data_type: DataType, problems: list[Problem]) -> None:
        super().__init__(f"{data_type.value}: " + "; ".join(map(str, problems)))
        self.problems = problems


DECODERS = {data_type: msgspec.json.Decoder(cls) for data_type, cls in CLASSES.items()}
ENCODER = msgspec.json.Encoder()


def whole(text: str) -> float | int:
    """Read a JSON number with a point or an exponent: as an integer if it is a whole number."""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) <= 2**53 else value


RAW_DECODER = msgspec.json.Decoder(float_hook=whole)


def encode(data_type: DataType, data: Document | Raw) -> bytes:
    """Return *data* as the text of a file (JSON, laid out with tabs); raise Damaged if invalid."""
    try:
        packed = ENCODER.encode(data)
    except (TypeError, ValueError, RecursionError) as error:
        raise Damaged(data_type, [Problem("$", "what JSON can hold", str(error))]) from None
    try:
        DECODERS[data_type].decode(packed)
    except (ValueError, RecursionError) as error:
        raise Damaged(data_type, find_problems(data_type, packed, error)) from None
    content = indent(packed) + b"\n"
    if len(content) > MAX_BYTES:
        found = f"{len(content)} bytes"
        raise Damaged(data_type, [Problem("$", f"{MAX_BYTES} bytes at most", found)])
    return content


def indent(packed: bytes) -> bytes:
    """Lay out *packed* over lines with tabs, as a person reads it and as Godot writes it."""
    text = msgspec.json.format(packed, indent=1)
    # Text in JSON holds no raw newline, so spaces after one are always indentation.
    for depth in range(MAX_DEPTH, 0, -1):
        text = text.replace(b"\n" + b" " * depth, b"\n" + b"\t" * depth)
    return text


def decode(data_type: DataType, content: bytes) -> Document:
    """Return the document that *content* holds; raise Damaged, or NewerVersion."""
    try:
        return DECODERS[data_type].decode(content)
    except (ValueError, RecursionError):
        return decode_patiently(data_type, content)


def decode_patiently(data_type: DataType, content: bytes) -> Document:
    """Decode what the fast way refused: other versions, numbers by Godot, a mark by Notepad."""
    packed = content.removeprefix(BOM)
    try:
        raw = RAW_DECODER.decode(packed)
        if isinstance(raw, dict):
            packed = ENCODER.encode(migrate(data_type, raw))
        return DECODERS[data_type].decode(packed)
    except (ValueError, RecursionError) as error:
        raise Damaged(data_type, find_problems(data_type, packed, error)) from None


def needs_migration(content: bytes) -> bool:
    """Say whether valid *content* was written in an older version."""
    raw = RAW_DECODER.decode(content.removeprefix(BOM))
    return version_of(raw) != "1.0"


def decode_partly(data_type: DataType, content: bytes, default: Document) -> Document:
    """Return what can be understood of a newer file: its valid fields, the rest from *default*."""
    raw = RAW_DECODER.decode(content.removeprefix(BOM))
    known = msgspec.to_builtins(default)
    understood = default
    for path, value in leaves(known, raw):
        if path == ("version",):
            continue
        try:
            attempt = replaced(msgspec.to_builtins(understood), path, value)
            understood = msgspec.convert(attempt, CLASSES[data_type])
        except msgspec.ValidationError:
            continue
    return understood


def leaves(known: Raw, raw: Raw, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """List the values of *raw* with their paths, going into the objects that *known* has too."""
    found: list[tuple[tuple[str, ...], Any]] = []
    for key, value in raw.items():
        inner = known.get(key)
        if isinstance(inner, dict) and inner and isinstance(value, dict):
            found += leaves(inner, value, (*path, key))
        else:
            found.append(((*path, key), value))
    return found


def replaced(raw: Raw, path: tuple[str, ...], value: Any) -> Raw:
    """Return *raw* with *value* at *path*."""
    if len(path) > 1:
        value = replaced(raw[path[0]], path[1:], value)
    return {**raw, path[0]: value}


def is_correct_type(value: object, expected_type: str) -> bool:
    """Say whether *value* is of a type in Godot's words; a whole float is an int, a bool is not."""
    match expected_type:
        case "string":
            return isinstance(value, str)
        case "int":
            is_whole = isinstance(value, float) and value.is_integer()
            return is_whole or (isinstance(value, int) and not isinstance(value, bool))
        case "float":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "bool":
            return isinstance(value, bool)
        case "dictionary":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case _:
            return True


def validate_against_schema(data: object, expected: dict[str, Any]) -> bool:
    """Say whether *data* has every key of *expected*, which maps keys to types or to such a map."""
    if not isinstance(data, dict):
        return False
    for key, kind in expected.items():
        if key not in data:
            return False
        if isinstance(kind, dict):
            if not validate_against_schema(data[key], kind):
                return False
        elif not is_correct_type(data[key], kind):
            return False
    return True


@cache
def schema(data_type: DataType) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of *data_type*."""
    found = msgspec.json.schema(CLASSES[data_type])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


def show(value: Any) -> str:
    """Return *value* as JSON, cut to MAX_SHOWN characters."""
    text = ENCODER.encode(value).decode()
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."


def find_problems(data_type: DataType, packed: bytes, error: Exception) -> list[Problem]:
    """List what is wrong with *packed*, which the decoder refused with *error*."""
    if isinstance(error, RecursionError):
        return [Problem("$", "a document", "JSON that is nested too deeply")]
    if not packed.strip(b" \t\r\n\0"):
        return [Problem("$", "a document", f"an empty file ({len(packed)} bytes)")]
    if not isinstance(error, msgspec.ValidationError):
        return [Problem("$", "JSON in UTF-8", str(error))]
    problems: list[Problem] = []
    if len(packed) <= MAX_LISTED_BYTES:
        with suppress(ValueError, RecursionError):
            problems = list_problems(data_type, msgspec.json.decode(packed))
    match = FIRST_PROBLEM.match(str(error))
    assert match is not None
    return problems or [Problem(match["path"] or "$", "a valid document", match["what"])]


def list_problems(data_type: DataType, raw: object) -> list[Problem]:
    """List every place where *raw* breaks the schema, at most MAX_PROBLEMS."""
    # Imported here: it costs 80 ms, and only damaged files need it.
    from jsonschema import Draft202012Validator

    problems: list[Problem] = []
    try:
        for error in Draft202012Validator(schema(data_type)).iter_errors(raw):
            problems += [p for p in explain(error) if p not in problems]
            if len(problems) >= MAX_PROBLEMS:
                break
    except RecursionError:
        return []
    return problems[:MAX_PROBLEMS]


def explain(error: Any) -> list[Problem]:
    """Return one error of the schema as problems with path, expected and found."""
    path: str = error.json_path
    rule, value, found = error.validator, error.validator_value, error.instance
    if rule == "required":
        return [Problem(f"{path}.{k}", "a value", "nothing") for k in value if k not in found]
    if rule == "additionalProperties" and value is False:
        known = error.schema.get("properties", {})
        return [
            Problem(f"{path}.{key}", f"one of {', '.join(known)}", f"the unknown field {show(key)}")
            for key in found
            if key not in known
        ]
    return [Problem(path, EXPECTED.get(rule, "{}").format(show(value).strip('"')), show(found))]


#: What a rule of the schema asks for, in words.
EXPECTED = {
    "type": "{}",
    "enum": "one of {}",
    "const": "{}",
    "minimum": "{} or more",
    "maximum": "{} or less",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "pattern": "text like {}",
    "minLength": "{} characters or more",
    "maxLength": "{} characters or fewer",
    "minItems": "{} items or more",
    "maxItems": "{} items or fewer",
    "maxProperties": "{} entries or fewer",
    "propertyNames": "names that pass {}",
    "anyOf": "one of {}",
}
