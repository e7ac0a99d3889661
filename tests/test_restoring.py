"""restoring.py: what is written is read, and what cannot be read is nothing."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tremble import restoring
from tremble.restoring import Restoring

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NAME = "20260102T030405Z"


@pytest.mark.parametrize(
    ("backup", "match", "target", "words"),
    [
        (NAME, "", f"backup {NAME}", [NAME]),
        ("", "last", "match last", ["--match", "last"]),
        (NAME, "last", f"backup {NAME} up to match last", [NAME, "--match", "last"]),
    ],
)
def test_target(backup: str, match: str, target: str, words: list[str]) -> None:
    """For people, and for a command line."""
    found = Restoring(state="planned", at=NOW, backup=backup, match=match)

    assert (found.target, found.words, found.over) == (target, words, False)


def test_written_is_read(tmp_path: Path) -> None:
    """The last one that was written, by its owner alone; torn or missing there is none."""
    assert restoring.read(tmp_path) is None
    for state in ("planned", "failed"):
        restoring.write(tmp_path, Restoring(state=state, at=NOW, before={"matches": 1}))

    found = restoring.read(tmp_path)
    assert found is not None and found.over and found.before == {"matches": 1}
    assert [p.name for p in tmp_path.iterdir()] == [restoring.NAME]
    assert (tmp_path / restoring.NAME).stat().st_mode & 0o777 == 0o600
    (tmp_path / restoring.NAME).write_text('{"state": "nonsense"}')
    assert restoring.read(tmp_path) is None
