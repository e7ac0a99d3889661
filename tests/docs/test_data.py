"""docs/data.md is true: every block runs, every command and document appears."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from tremble.cli.data import data_app, main
from tremble.data.documents import DataType

PAGE = Path(__file__).parents[2] / "docs" / "data.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, no window and no sound."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TREMBLE_DIR", str(tmp_path / "player"))
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    return tmp_path


@pytest.mark.filterwarnings("ignore:no fast renderer available")
def test_every_block_runs(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The Python blocks run in order as one program, then the commands on what it saved."""
    program: dict[str, object] = {"__name__": "docs"}
    for number, block in enumerate(blocks("python")):
        exec(compile(block, f"docs/data.md block {number}", "exec"), program)
    printed = capsys.readouterr().out

    assert "saved SETTINGS" in printed
    assert "graphics.fov = 300: allowed is a number from 60 to 150" in printed
    assert re.search(r"\$: expected JSON in UTF-8, found Input data was truncated; kept", printed)
    assert "First Win" in printed
    assert "\njump\n" in printed
    assert (place / "frames.csv").exists()
    for line in "".join(blocks("sh")).splitlines():
        words = shlex.split(line)
        assert words[:2] == ["tremble", "data"]
        assert main(words[2:]) == 0, line
    sys.modules["pygame"].quit()


def test_every_command_and_document_is_told() -> None:
    """No command and no document is missing from the page."""
    text = PAGE.read_text("utf-8")
    commands = {name for name in data_app if not name.startswith("-")}

    assert len(commands) == 7
    assert all(f"tremble data {name}" in text for name in commands)
    assert all(f"`{t.name}`" in text and f"`{t.value}.json`" in text for t in DataType)


def test_room_for_ten_minutes() -> None:
    """Ten minutes of reading: at most 2,000 words."""
    assert len(PAGE.read_text("utf-8").split()) <= 2_000
