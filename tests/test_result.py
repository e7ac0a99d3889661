"""MatchResult travels as JSON and refuses what it does not know."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from results import line, result, results, telemetries, telemetry

from tremble.result import MatchResult, PlayerLine, Telemetry, WeaponLine

SAMPLE = Path(__file__).parent / "golden" / "telemetry.json"
SCHEMA = Path(__file__).parents[1] / "docs" / "schema" / "telemetry.json"


@given(results(st.integers(0, 2**64)))
def test_round_trip(posted: MatchResult) -> None:
    """What is encoded is decoded again."""
    assert msgspec.json.decode(msgspec.json.encode(posted), type=MatchResult) == posted


@given(telemetries())
def test_telemetry_round_trip(told: Telemetry) -> None:
    """So is its telemetry, which is as the published schema says."""
    body = msgspec.json.encode(result(1, telemetry=told))

    assert msgspec.json.decode(body, type=MatchResult).telemetry == told
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(json.loads(body)["telemetry"])


def test_telemetry_of_the_first_version() -> None:
    """What was kept of a match of the first release is read as it was."""
    told = msgspec.json.decode(SAMPLE.read_bytes(), type=Telemetry)

    assert told == telemetry(2)
    assert json.loads(msgspec.json.encode(told)) == json.loads(SAMPLE.read_bytes())


def test_schema_of_telemetry_is_published() -> None:
    """docs/schema has that of this release."""
    assert json.loads(SCHEMA.read_text()) == msgspec.json.schema(Telemetry)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", 2),
        ("extra", 1),
        ("region", "Europe!"),
        ("kills", [[0, 0, 1]]),
        ("kills", [[0, -2, 1, 0, 0, 0, 0, 0, 0, 0]]),
        ("pickups", [[-1, 0, 0]]),
        ("samples", [[0, 0, 0.5, 0, 0]]),
        ("samples", [[0, 0, 0, 0, 0]] * 8193),
    ],
)
def test_refused_telemetry(field: str, value: object) -> None:
    """Telemetry with a field out of its range, or unknown, is refused."""
    document = msgspec.to_builtins(telemetry(2)) | {field: value}

    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(document, Telemetry)


def test_board() -> None:
    """A match counts on the board of its mode, with a bot in it on that of bots alone."""
    assert result(1).board == "duel"
    assert result(1, line(1, 1), line(2, 2, bot=True)).board == "duel-bots"


def test_accuracy() -> None:
    """Accuracy is over all weapons, 0 without a shot, and never above 1."""
    guns = {"rail": WeaponLine(shots=10, hits=4), "nail": WeaponLine(shots=30, hits=6)}

    assert line(1, 1, weapons=guns).accuracy == 0.25
    assert line(1, 1, weapons={}).accuracy == 0.0
    assert line(1, 1, weapons={"rail": WeaponLine(shots=1, hits=9)}).accuracy == 1.0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("match_id", "ABC"),
        ("server_id", ""),
        ("mode", "Duel!"),
        ("ended_at", "2026-01-01T00:00:00"),
        ("ended_by", "boredom"),
        ("players", []),
        ("extra", 1),
    ],
)
def test_refused(field: str, value: object) -> None:
    """A field that is out of its range, or not known, is refused."""
    document = msgspec.to_builtins(result(1)) | {field: value}

    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(document, MatchResult)


@pytest.mark.parametrize(
    ("field", "value"), [("name", ""), ("name", "x" * 33), ("kills", -1), ("place", 0)]
)
def test_refused_line(field: str, value: object) -> None:
    """So is one of a player's line."""
    document = msgspec.to_builtins(line(1, 1)) | {field: value}

    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(document, PlayerLine)
