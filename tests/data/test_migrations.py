"""Each migration with its golden old file; chains; newer versions."""

from pathlib import Path

import msgspec
import pytest

from tremble.data import codec, documents
from tremble.data.documents import VERSIONS, DataType
from tremble.data.migrations import (
    MIGRATIONS,
    Migration,
    NewerVersion,
    Raw,
    migrate,
    number,
    version_of,
)

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("migration", MIGRATIONS, ids=lambda m: f"{m.data_type.value}-{m.source}")
def test_golden_file(migration: Migration) -> None:
    """An old file, as it was written then, loads, and is a valid document of today."""
    content = (GOLDEN / f"{migration.data_type.value}-{migration.source}.json").read_bytes()
    raw = msgspec.json.decode(content)

    assert version_of(raw) == migration.source
    assert version_of(migration.upgrade(raw)) == migration.target
    document = codec.decode(migration.data_type, content)
    assert (
        codec.decode(migration.data_type, codec.encode(migration.data_type, document)) == document
    )


def test_leaderboard_keeps_its_players() -> None:
    """The players of an unversioned leaderboard are all there."""
    board = codec.decode(DataType.LEADERBOARD, (GOLDEN / "leaderboard-0.0.json").read_bytes())

    assert isinstance(board, documents.Leaderboard)
    assert [p.username for p in board.players] == ["Bert", "Änne"]
    assert board.players[1].stats["kills"] == 13.0


@pytest.mark.parametrize("data_type", DataType)
def test_a_chain_leads_to_this_version(data_type: DataType) -> None:
    """Steps form one chain per document: none starts twice, each leads on."""
    steps = [m for m in MIGRATIONS if m.data_type is data_type]
    sources = [m.source for m in steps]

    assert len(set(sources)) == len(sources)
    assert all(m.target in [*sources, VERSIONS[data_type]] for m in steps)
    assert all(number(m.source) < number(m.target) for m in steps)


def one_more(raw: Raw) -> Raw:
    return {**raw, "steps": raw.get("steps", 0) + 1}


def chain(*versions: str) -> list[Migration]:
    def to(version: str) -> Migration:
        previous = versions[versions.index(version) - 1]
        return Migration(
            DataType.SETTINGS, previous, version, lambda raw: {**one_more(raw), "version": version}
        )

    return [to(version) for version in versions[1:]]


def test_several_steps() -> None:
    """A file goes through every step from its version on, in order: 1.10 is after 1.9."""
    steps = chain("1.0", "1.9", "1.10", "2.0")

    assert migrate(DataType.SETTINGS, {"version": "1.0"}, "2.0", steps)["steps"] == 3
    assert migrate(DataType.SETTINGS, {"version": "1.10"}, "2.0", steps)["steps"] == 1
    assert migrate(DataType.SETTINGS, {"version": "2.0"}, "2.0", steps) == {"version": "2.0"}


def test_newer() -> None:
    """A newer version is refused by name, also when only the minor number is."""
    with pytest.raises(NewerVersion, match=r"settings\.json has version 1\.10, newer than 1\.9"):
        migrate(DataType.SETTINGS, {"version": "1.10"}, "1.9", [])


@pytest.mark.parametrize("version", [1.0, None, "", "1", "v1.0", "1.0.0", "1.0\n"])
def test_no_version(version: object) -> None:
    """What is no version is left as it is; the schema will name it."""
    raw = {"version": version}

    assert version_of(raw) is None
    assert migrate(DataType.SETTINGS, raw) is raw


def test_a_gap() -> None:
    """A version that no step starts from stays, and the schema refuses it."""
    with pytest.raises(codec.Damaged, match=r"\$\.version"):
        codec.decode(DataType.SETTINGS, b'{"version": "0.7"}')
