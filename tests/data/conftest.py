"""What the tests of `tremble.data` share: a clock, a folder, a manager, a notebook of signals."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tremble.data.manager import DataManager


class Clock:
    """Starts at a fixed instant and goes on by a second each time it is asked."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


class Notes:
    """Every signal of a manager, in order: its name, the document, and what it said."""

    def __init__(self, manager: DataManager) -> None:
        self.lines: list[tuple[str, str, bool | str]] = []
        manager.data_saved.connect(self.on_saved)
        manager.data_loaded.connect(self.on_loaded)
        manager.data_corrupted.connect(self.on_corrupted)

    def on_saved(self, sender: DataManager, data_type: str, success: bool) -> None:
        self.lines.append(("data_saved", data_type, success))

    def on_loaded(self, sender: DataManager, data_type: str, success: bool) -> None:
        self.lines.append(("data_loaded", data_type, success))

    def on_corrupted(self, sender: DataManager, data_type: str, error: str) -> None:
        self.lines.append(("data_corrupted", data_type, error))

    def of(self, name: str) -> list[bool | str]:
        return [line[2] for line in self.lines if line[0] == name]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "player"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def manager(folder: Path, clock: Clock) -> Iterator[DataManager]:
    with DataManager(folder, clock=clock, durable=False) as opened:
        yield opened


@pytest.fixture
def notes(manager: DataManager) -> Notes:
    return Notes(manager)
