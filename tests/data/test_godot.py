"""Files that the Godot 4 engine wrote by running the game's first sketch: all of them load."""

import os
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest
from data.conftest import Notes

from tremble.data import documents
from tremble.data.documents import DataType
from tremble.data.manager import DataManager

HERE = Path(__file__).parent
WRITTEN_BY_GODOT = HERE / "golden" / "godot"


class Sketch:
    """The sketch with its own folder `user://`."""

    def __init__(self, engine: Path, home: Path) -> None:
        self.engine = engine
        self.project = home / "project"
        shutil.copytree(HERE / "godot", self.project)
        self.environment = {**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home / "data")}
        self.user = home / "data" / "godot" / "app_userdata" / "sketch"

    def run(self, step: str) -> None:
        command = [str(self.engine), "--headless", "--path", str(self.project), "-s", "play.gd"]
        done = subprocess.run(
            [*command, "--", step],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0
        assert "ERROR" not in done.stdout + done.stderr


@pytest.fixture
def sketch(godot: Path, tmp_path: Path) -> Sketch:
    return Sketch(godot, tmp_path)


def check_stats(manager: DataManager) -> None:
    """The two matches that `play.gd` plays are there."""
    stats = manager.load_data(DataType.PLAYER_STATS)
    played = documents.Stats(2, 1, 1, 13, 15, 0.375, 0.0)
    assert (stats.username, stats.stats) == ("Änne", played)
    assert stats.rating == documents.PlayerRating(1520.5, 180.25, 0.0601)


@pytest.mark.parametrize("steps", [["fresh"], ["fresh", "again"]], ids=["first", "as floats"])
def test_files_of_the_engine(sketch: Sketch, steps: list[str]) -> None:
    """All six files load as they are, whole numbers or floats, and nothing is called corrupt."""
    for step in steps:
        sketch.run(step)
    written = (sketch.user / "player_stats.json").read_text()
    assert ('"kills": 13.0' in written) == (steps[-1] == "again")

    with DataManager(sketch.user) as manager:
        notes = Notes(manager)
        manager.load_all_data()

        assert notes.lines == [("data_loaded", t.name, True) for t in DataType]
        check_stats(manager)
        board = manager.load_data(DataType.LEADERBOARD)
        assert [p.player_id for p in board.players] == ["p2", "p1"]
        assert manager.load_data(DataType.SETTINGS) == manager.get_default_data(DataType.SETTINGS)


def test_the_backup_of_the_engine(sketch: Sketch) -> None:
    """The sketch's own backup is restored when its file is damaged."""
    sketch.run("fresh")
    (sketch.user / "player_stats.json").write_bytes(b"")

    with DataManager(sketch.user) as manager:
        # The sketch backs up before it saves, so its backup is one save old: without the rating.
        stats = manager.load_data(DataType.PLAYER_STATS)
        assert (stats.stats.matches_played, stats.rating.current) == (2, 1500.0)


def test_the_engine_reads_our_files(sketch: Sketch) -> None:
    """What we save the engine reads and saves again, and nothing is lost on the way."""
    sketch.run("fresh")
    with DataManager(sketch.user) as manager:
        stats = manager.load_data(DataType.PLAYER_STATS)
        stats.stats.weapons["railgun"] = documents.Weapon(100, 40, 3200, 9)
        stats.achievements["first_win"] = documents.Unlock("2026-11-22T12:00:00Z", "ab" * 16)
        assert manager.save_data(DataType.PLAYER_STATS, stats)
    sketch.run("again")

    with DataManager(sketch.user) as manager:
        assert manager.load_data(DataType.PLAYER_STATS) == stats


def test_golden_files(folder: Path, manager: DataManager, notes: Notes) -> None:
    """Kept files of the engine, every number a float, load without the engine at hand."""
    for path in WRITTEN_BY_GODOT.iterdir():
        shutil.copy(path, folder)
    manager.load_all_data()

    check_stats(manager)
    assert notes.of("data_corrupted") == []
    assert msgspec.to_builtins(manager.load_data(DataType.SETTINGS).network) == {
        "max_ping": 100,
        "auto_reconnect": True,
    }
