"""cli/releases.py: releases side by side, and the one link that changes."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tremble.cli import releases
from tremble.cli.releases import OWN, Releases
from tremble.errors import TrembleError

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def release(path: Path, says: str) -> None:
    """Put a program that only *says* something where a release has it."""
    (path / "bin").mkdir(parents=True)
    program = path / "bin" / "tremble"
    program.write_text(f"#!/bin/sh\necho {says}\n")
    program.chmod(0o755)


def test_switch_and_back(tmp_path: Path) -> None:
    """The first program leads to a later release, to a still later one, and back to its own."""
    here = Releases(tmp_path / "venv")
    release(here.first, "first")
    later = [here.fresh(NOW + timedelta(days=day)) for day in range(3)]
    for number, path in enumerate(later):
        release(path, f"later{number}")

    said, targets = [], [here.target_of(later[0]), here.target_of(later[2]), OWN]
    assert here.current() == OWN
    for target in targets:
        here.switch(target)
        said.append(subprocess.run([here.link], capture_output=True, text=True).stdout.strip())
        assert here.current() == target

    assert said == ["later0", "later2", "first"]
    here.clean([targets[0]])
    assert [path.exists() for path in later] == [True, False, True]


def test_where_it_cannot_update_itself(monkeypatch) -> None:
    """A working copy, and a system's Python: each is told how it is updated."""
    with pytest.raises(TrembleError, match="working copy"):
        releases.here()
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    with pytest.raises(TrembleError, match="package manager"):
        releases.here()


def test_later_release_knows_the_first(tmp_path: Path, monkeypatch) -> None:
    """Run from a later release, the link is that of the first."""
    release(tmp_path / "venv", "first")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv-20260102T030405Z"))
    monkeypatch.setattr(releases, "editable", lambda: False)

    assert releases.here().first == tmp_path / "venv"


def test_failed_install_leaves_nothing(tmp_path: Path) -> None:
    """What pip refuses is told with its last words, and nothing stays."""
    empty = tmp_path / "no.whl"
    empty.write_text("")

    with pytest.raises(TrembleError, match="pip install"):
        releases.install(tmp_path / "venv-x", str(empty))

    assert not (tmp_path / "venv-x").exists()
