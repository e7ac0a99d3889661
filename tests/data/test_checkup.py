"""How a data folder is, told without touching it."""

from pathlib import Path

import pytest

from tremble.data import checkup
from tremble.data.documents import DataType
from tremble.data.manager import DataManager


def states(folder: Path) -> dict[str, str]:
    return {finding.document: finding.state for finding in checkup.look(folder)}


def test_states(manager: DataManager, folder: Path) -> None:
    """Each state of a document is told from the others."""
    manager.load_all_data()
    (folder / "settings.json").write_bytes(b'{"version": "9.0"}')
    (folder / "leaderboard.json").write_bytes(b'{"players": []}')
    (folder / "match_history.json").unlink()
    (folder / "terminal_state.json").write_bytes(b"{")
    (folder / "performance_data.json").unlink()
    (folder / "performance_data.json").mkdir()
    before = {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}

    found = states(folder)

    assert found == {
        "player_stats": "ok",
        "settings": "newer",
        "leaderboard": "older",
        "match_history": "missing",
        "terminal_state": "damaged",
        "performance_data": "damaged",
    }
    assert {path: path.lstat().st_mtime_ns for path in folder.rglob("*")} == before


def test_findings(manager: DataManager, folder: Path) -> None:
    """A finding tells version, size, problems, and which backups are good."""
    manager.load_all_data()
    (generation,) = manager.list_backups(DataType.SETTINGS)
    (folder / "backups" / generation.name).write_bytes(b"x")
    (folder / "settings.json").write_bytes(b"[]")

    found = {finding.document: finding for finding in checkup.look(folder)}

    stats, settings = found["player_stats"], found["settings"]
    assert (stats.version, stats.backups, stats.bad_backups, stats.healthy) == ("1.0", 1, [], True)
    assert stats.size == (folder / "player_stats.json").stat().st_size
    assert settings.problems == ["$: expected object, found []"]
    assert (settings.backups, settings.bad_backups) == (0, [generation.name])
    assert not settings.healthy


def test_an_unreadable_file(
    manager: DataManager, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that the disk refuses is unreadable, which is not damaged."""
    manager.load_all_data()

    def refuse(path: str, limit: int = 0) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tremble.data.files.read", refuse)

    assert set(states(folder).values()) == {"unreadable"}


def test_flatten() -> None:
    """Leaves have paths; empty ones are leaves."""
    value = {"a": {"b": [1, {"c": None}]}, "d": {}, "e": []}

    assert checkup.flatten(value) == [("a.b[0]", 1), ("a.b[1].c", None), ("d", {}), ("e", [])]
