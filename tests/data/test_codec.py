"""Bytes <-> documents, and what is said about bytes that are none."""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from data.strategies import typed_documents
from hypothesis import given, settings
from hypothesis import strategies as st

from tremble.data import codec, documents
from tremble.data.codec import Damaged, Problem
from tremble.data.documents import DataType, Document
from tremble.data.migrations import NewerVersion

STATS = DataType.PLAYER_STATS
NOW = datetime(2026, 11, 22, tzinfo=UTC)
SCHEMAS = Path(__file__).parents[2] / "docs" / "schema"


def default(data_type: DataType) -> Document:
    return documents.default_document(data_type, NOW)


def problems_of(data_type: DataType, content: bytes) -> list[Problem]:
    with pytest.raises(Damaged) as caught:
        codec.decode(data_type, content)
    return caught.value.problems


@settings(deadline=None)
@given(typed_documents)
def test_round_trip(typed: tuple[DataType, Document]) -> None:
    """What is encoded is decoded, and is what the standard library reads."""
    content = codec.encode(*typed)

    assert codec.decode(typed[0], content) == typed[1]
    assert json.loads(content) == json.loads(msgspec.json.encode(typed[1]))


@settings(deadline=None)
@given(typed_documents)
def test_layout(typed: tuple[DataType, Document]) -> None:
    """The text is what the standard library lays out with tabs, but for the way of escaping."""
    text = codec.encode(*typed).decode()

    expected = json.dumps(json.loads(text), indent="\t", ensure_ascii=False)
    assert [line.count("\t") for line in text.splitlines()] == [
        len(line) - len(line.lstrip("\t")) for line in expected.splitlines()
    ]


@settings(deadline=None)
@given(typed_documents)
def test_numbers_of_godot(typed: tuple[DataType, Document]) -> None:
    """A file in which every number is a float, as Godot writes them, is the same document."""

    def floats(value: object) -> object:
        if isinstance(value, dict):
            return {key: floats(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [floats(inner) for inner in value]
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return float(value) if is_number else value

    content = json.dumps(floats(msgspec.to_builtins(typed[1]))).encode()
    assert codec.decode(typed[0], content) == typed[1]


def test_half_a_frag_is_damage() -> None:
    """A count that is no whole number is not rounded."""
    content = codec.encode(STATS, default(STATS)).replace(b'"kills": 0', b'"kills": 0.5')

    assert problems_of(STATS, content) == [Problem("$.stats.kills", "integer", "0.5")]


def test_every_wrong_place_is_listed() -> None:
    """All wrong places are listed at once, with the key in a path through a dictionary."""
    raw = msgspec.to_builtins(default(STATS))
    del raw["username"]
    raw["stats"] |= {"wins": -1, "losses": None, "accuracy": 1.5, "luck": 7}
    raw["stats"]["weapons"] = {"railgun": {"shots": "many"}, "Bad": {}}
    raw["rating"]["deviation"] = 0
    raw["last_updated"] = "yesterday"

    found = problems_of(STATS, json.dumps(raw).encode())

    assert {problem.path: problem.found for problem in found} == {
        "$.username": "nothing",
        "$.stats.wins": "-1",
        "$.stats.losses": "null",
        "$.stats.accuracy": "1.5",
        "$.stats.luck": 'the unknown field "luck"',
        "$.stats.weapons": '"Bad"',
        "$.stats.weapons.railgun.shots": '"many"',
        "$.rating.deviation": "0",
        "$.last_updated": '"yesterday"',
    }
    assert str(found[0]).count("expected") == 1


def test_problems_are_bounded() -> None:
    """A hostile file neither fills a log nor takes long: few problems, each short."""
    many = {"version": "1.0", **{f"x{n}": "y" * 500 for n in range(100)}}
    giant = b'{"version":"1.0","x":"' + b"y" * codec.MAX_LISTED_BYTES + b'"}'

    assert len(problems_of(DataType.TERMINAL_STATE, json.dumps(many).encode())) == 20
    (only,) = problems_of(DataType.TERMINAL_STATE, giant)
    assert only.found == "Object contains unknown field `x`"
    assert len(codec.show("y" * 500)) == codec.MAX_SHOWN


def test_too_large_to_read_is_too_large_to_save() -> None:
    """A document whose file could not be read back is refused before it is written."""
    player = documents.LeaderboardPlayer("x", "x", 1.0, {f"{n:063}": 1.0 for n in range(64)}, "")
    board = documents.Leaderboard("1.0", [player] * 5_000, "")

    with pytest.raises(Damaged, match="expected 8388608 bytes at most"):
        codec.encode(DataType.LEADERBOARD, board)


@pytest.mark.parametrize(
    "value",
    [{"version": {1, 2}}, {"version": "\ud800"}, {("a", "b"): 1}, [], 7],
    ids=["a set", "half a character", "a tuple as key", "a list", "a number"],
)
def test_what_json_cannot_hold(value: object) -> None:
    """A value that is no JSON, or no object, is refused with a reason."""
    with pytest.raises(Damaged):
        codec.encode(STATS, value)  # type: ignore[arg-type]


def test_not_a_number_is_refused() -> None:
    """NaN and infinity cannot be saved: JSON has neither."""
    for value in (float("nan"), float("inf")):
        document = default(STATS)
        assert isinstance(document, documents.PlayerStats)
        document.rating.current = value
        with pytest.raises(Damaged, match=r"\$\.rating\.current: expected number, found null"):
            codec.encode(STATS, document)


def test_itself_inside_itself_is_refused() -> None:
    """A dictionary that holds itself is refused, not followed."""
    raw: dict[str, object] = {"version": "1.0"}
    raw["stats"] = raw
    with pytest.raises(Damaged):
        codec.encode(STATS, raw)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(DataType), st.binary(max_size=100))
def test_any_bytes(data_type: DataType, content: bytes) -> None:
    """Any bytes: a document, or Damaged or NewerVersion with a reason."""
    try:
        document = codec.decode(data_type, content)
    except (Damaged, NewerVersion) as error:
        assert str(error)
    else:
        assert codec.encode(data_type, document)


#: The schema of PLAYER_STATS as the first sketch of the game has it.
SKETCH = {
    "version": "string",
    "player_id": "string",
    "username": "string",
    "stats": {
        "matches_played": "int",
        "wins": "int",
        "losses": "int",
        "kills": "int",
        "deaths": "int",
        "accuracy": "float",
        "playtime_hours": "float",
    },
    "rating": {"current": "float", "deviation": "float", "volatility": "float"},
    "last_updated": "string",
}


def test_validate_against_schema() -> None:
    """The sketch's schema accepts what we write, also with every number a float; not less."""
    raw = msgspec.to_builtins(default(STATS))
    by_godot = {**raw, "stats": {key: float(value) for key, value in raw["stats"].items()}}
    without = {**raw, "rating": {"current": 1500.0}}

    assert codec.validate_against_schema(raw, SKETCH)
    assert codec.validate_against_schema(by_godot, SKETCH)
    assert not codec.validate_against_schema(without, SKETCH)
    assert not codec.validate_against_schema({**raw, "stats": 7}, SKETCH)
    assert not codec.validate_against_schema({**raw, "username": 7}, SKETCH)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("string", ["", "x"], [1, None]),
        ("int", [5, 5.0, -3], [5.5, True, "5", float("nan"), float("inf")]),
        ("float", [5, 5.5], [True, "5.5"]),
        ("bool", [True, False], [0, 1, "true"]),
        ("dictionary", [{}], [[]]),
        ("array", [[]], [{}, "[]"]),
        ("anything else", [None, 1, "x"], []),
    ],
)
def test_is_correct_type(kind: str, good: list[object], bad: list[object]) -> None:
    """The sketch's type words mean what they say; the `5.0` of Godot is an int, true is not."""
    assert all(codec.is_correct_type(value, kind) for value in good)
    assert not any(codec.is_correct_type(value, kind) for value in bad)


def test_half_a_character_in_a_file() -> None:
    """An escape that is half a character is damage, not a crash."""
    content = codec.encode(STATS, default(STATS)).replace(
        b'"username": ""', b'"username": "\\ud800"'
    )

    with pytest.raises(Damaged):
        codec.decode(STATS, content)


def test_needs_migration() -> None:
    """A file of this version needs none; one without a version does."""
    assert not codec.needs_migration(codec.encode(STATS, default(STATS)))
    assert codec.needs_migration(b"{}")


@pytest.mark.parametrize("data_type", DataType)
def test_schema_is_published(data_type: DataType) -> None:
    """The JSON Schemas in docs/schema are those of this release; defaults pass them."""
    from jsonschema import Draft202012Validator

    published = json.loads((SCHEMAS / f"{data_type.value}.json").read_text())

    assert published == codec.schema(data_type)
    Draft202012Validator.check_schema(published)
    Draft202012Validator(published).validate(msgspec.to_builtins(default(data_type)))
