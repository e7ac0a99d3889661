"""The documents themselves: defaults, versions, limits."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from tremble.data import documents
from tremble.data.documents import CLASSES, VERSIONS, DataType

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def test_names_of_the_sketch() -> None:
    """The six types have the sketch's names, in its order, and its file names."""
    assert [t.name for t in DataType] == [
        "PLAYER_STATS", "SETTINGS", "LEADERBOARD", "MATCH_HISTORY", "TERMINAL_STATE",
        "PERFORMANCE_DATA",
    ]  # fmt: skip
    assert [t.value for t in DataType] == [t.name.lower() for t in DataType]


@pytest.mark.parametrize("data_type", DataType)
def test_every_document_has_its_version(data_type: DataType) -> None:
    """The version is the first field, and the default has the one this release writes."""
    default = msgspec.to_builtins(documents.default_document(data_type, NOW))

    assert CLASSES[data_type].__struct_fields__[0] == "version"
    assert next(iter(default.items())) == ("version", VERSIONS[data_type])


@pytest.mark.parametrize("data_type", DataType)
def test_defaults_are_not_shared(data_type: DataType) -> None:
    """Changing one default document does not change the next."""
    first = documents.default_document(data_type, NOW)
    second = documents.default_document(data_type, NOW)

    assert first == second
    assert first is not second


def test_stamp() -> None:
    """A time is written in UTC, whichever zone it came in."""
    there = NOW.astimezone(timezone(timedelta(hours=-5)))

    assert documents.stamp(there) == "2026-11-22T12:00:00Z"


@pytest.mark.parametrize("text", ["", "2026-11-22T12:00:00", "2026-11-22T12:00:00+01:00"])
def test_stamps_of_others(text: str) -> None:
    """Godot's clock text, other zones and no time at all are times too."""
    assert msgspec.convert(text, documents.Stamp) == text
