"""`tremble boards`: boards are listed, score boards made, seasons begun."""

import json
from pathlib import Path
from typing import Any

import pytest
from results import result

from tremble import ledger
from tremble.cli import app
from tremble.errors import TrembleError
from tremble.store import audit, boards
from tremble.store.engine import Store


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """The data directory of a record with three matches."""
    with Store(tmp_path / "tremble.db") as store:
        for number in (1, 2, 3):
            ledger.post(store, result(number, after_s=600 * number))
    return tmp_path


def run(directory: Path, *words: str) -> None:
    app([*words, "--dir", str(directory)], exit_on_error=False, result_action="return_value")


def listed(directory: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    run(directory, "boards", "list", "--json")
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def test_create(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A score board is made with what was played before; its name is taken then."""
    run(directory, "boards", "create", "runs", "--map", "pit", "--field", "kills")

    found = {board["board"]: board["matches"] for board in listed(directory, capsys)}
    assert found == {"duel": 3, "duel.pit.runs": 3}
    with pytest.raises(TrembleError, match="already"):
        run(directory, "boards", "create", "runs", "--map", "pit")


def test_per_map(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each map that was played has its board; to ask for them twice is refused."""
    run(directory, "boards", "per-map")

    found = {board["board"]: board["matches"] for board in listed(directory, capsys)}
    assert found == {"duel": 3, "duel.pit": 3}
    with pytest.raises(TrembleError, match="already"):
        run(directory, "boards", "per-map")


def test_list(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table names each board with its players and matches."""
    run(directory, "boards", "list")

    out = capsys.readouterr().out
    assert "duel" in out
    assert "2026-01-01" in out


def test_begin_season(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A season that is begun takes the matches that end from then on."""
    run(directory, "boards", "begin-season")

    assert capsys.readouterr().out == "season 2\n"
    with Store(directory / "tremble.db") as store:
        ledger.post(store, result(4, after_s=50 * 365 * 86400))
        head = store.read(boards.head, "duel")
        assert head is not None
        assert (head.season, head.total) == (2, 2)
        noted = store.read(audit.pages, 1)[0]
        assert (noted.action, noted.target, noted.actor[:4]) == ("begin-season", "2", "cli:")
