"""The portable archive: what went in comes out, and nothing that was changed."""

import json
import os
from pathlib import Path

import msgspec
import pytest
from data.strategies import typed_documents
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tremble.data import archive
from tremble.data.archive import BadArchive, plan_import, read_archive, valid_documents
from tremble.data.documents import DataType, Document
from tremble.data.manager import DataManager
from tremble.errors import ConfigError

NOW = "2026-11-22T12:00:00Z"


@pytest.fixture
def path(manager: DataManager, tmp_path: Path) -> Path:
    manager.load_all_data()
    made = tmp_path / "player.tremble"
    archive.write_archive(made, valid_documents(manager), NOW)
    return made


@settings(deadline=None, max_examples=20)
@given(
    st.lists(typed_documents, max_size=4, unique_by=lambda typed: typed[0]),
    st.sampled_from(["", "ß"]),
)
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory,
    contents: list[tuple[DataType, Document]],
    passphrase: str,
) -> None:
    """What was exported is imported, with and without a passphrase."""
    path = tmp_path_factory.mktemp("archive") / "a"
    archive.write_archive(path, contents, NOW, passphrase)

    assert read_archive(path, passphrase) == contents


def test_any_changed_byte_is_refused(path: Path) -> None:
    """Whichever byte is changed, the archive is refused."""
    content = path.read_bytes()
    for at in range(len(content)):
        changed = bytes([content[at] ^ 1])
        path.write_bytes(content[:at] + changed + content[at + 1 :])
        with pytest.raises(BadArchive):
            read_archive(path)
    path.write_bytes(content)
    assert len(read_archive(path)) == 6


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_cut_or_longer(path: Path, cut: int) -> None:
    """A truncated archive is refused, and one with something behind it."""
    content = path.read_bytes()
    for changed in (content[:cut], content + b"\n", content + content):
        path.write_bytes(changed)
        with pytest.raises(BadArchive, match="nothing was imported"):
            read_archive(path)


def test_a_careful_change(path: Path) -> None:
    """A document edited in valid JSON is refused, since the seal does not fit."""
    raw = json.loads(path.read_bytes())
    raw["documents"]["player_stats"]["stats"]["wins"] = 999
    path.write_bytes(msgspec.json.encode(raw))

    with pytest.raises(BadArchive, match="it was changed after it was sealed"):
        read_archive(path)


def test_a_forger_without_the_passphrase(manager: DataManager, tmp_path: Path) -> None:
    """Sealing anew needs the passphrase; leaving it out, or adding one, is noticed."""
    manager.load_all_data()
    plain, keyed = tmp_path / "plain", tmp_path / "keyed"
    archive.write_archive(plain, valid_documents(manager), NOW)
    archive.write_archive(keyed, valid_documents(manager), NOW, "correct horse")

    assert len(read_archive(keyed, "correct horse")) == 6
    for path, passphrase, why in (
        (keyed, "", "none was given"),
        (keyed, "wrong horse", "or the passphrase is wrong"),
        (plain, "correct horse", "sealed without one"),
    ):
        with pytest.raises(BadArchive, match=why):
            read_archive(path, passphrase)


def test_an_invalid_document_well_sealed(tmp_path: Path) -> None:
    """A sealed archive is still checked: a wrong value is refused with its path."""
    raw = {"version": "1.0", "matches": 7}
    bad = archive.Archive("tremble-data", 1, NOW, {"match_history": raw}, "", "")
    seal = archive.seal_of(bad, "")
    (tmp_path / "a").write_bytes(msgspec.json.encode(msgspec.structs.replace(bad, seal=seal)))

    with pytest.raises(BadArchive, match=r"\$\.matches: expected array, found 7"):
        read_archive(tmp_path / "a")


def test_an_unknown_document_well_sealed(tmp_path: Path) -> None:
    """A document that we do not know is refused."""
    bad = archive.Archive("tremble-data", 1, NOW, {"../../evil": {}}, "", "")
    seal = archive.seal_of(bad, "")
    (tmp_path / "a").write_bytes(msgspec.json.encode(msgspec.structs.replace(bad, seal=seal)))

    with pytest.raises(BadArchive, match="evil"):
        read_archive(tmp_path / "a")


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.binary(max_size=300))
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    """Any bytes are refused, not crashed on."""
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(BadArchive):
        read_archive(tmp_path / "a")


def test_what_cannot_be_read_or_written(manager: DataManager, path: Path, tmp_path: Path) -> None:
    """A missing file, a pipe, a folder that is not there: a clear error."""
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(ConfigError, match="cannot be read"):
        read_archive(tmp_path / "none")
    with pytest.raises(ConfigError, match="a named pipe"):
        read_archive(tmp_path / "pipe")
    with pytest.raises(ConfigError, match="exists already"):
        archive.write_archive(path, [], NOW)
    with pytest.raises(ConfigError, match="cannot be written"):
        archive.write_archive(tmp_path / "no" / "where", [], NOW)


def test_plan(manager: DataManager, folder: Path, path: Path) -> None:
    """The plan tells what is added, replaced, and the same."""
    contents = read_archive(path)
    (folder / "leaderboard.json").unlink()
    (folder / "terminal_state.json").write_bytes(b"bad")
    settings_ = manager.load_data(DataType.SETTINGS)
    settings_.graphics.fov = 90.0
    manager.save_data(DataType.SETTINGS, settings_)

    plan = {change.data_type: change.action for change in plan_import(manager, contents)}

    assert plan == {
        DataType.PLAYER_STATS: "same",
        DataType.SETTINGS: "replace",
        DataType.LEADERBOARD: "add",
        DataType.MATCH_HISTORY: "same",
        DataType.TERMINAL_STATE: "replace",
        DataType.PERFORMANCE_DATA: "same",
    }
