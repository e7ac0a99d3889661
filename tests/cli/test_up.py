"""cli/up.py: what a restart becomes."""

import os
import sys
from pathlib import Path

import pytest

from tremble.cli import up


@pytest.mark.parametrize("started", ["program", "module", "single"])
def test_begin_afresh(started: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program by its name, the module by this interpreter, the single file by the file there is now."""
    single = tmp_path / "tremble-linux"
    single.write_text("")
    first = "/venv/bin/tremble" if started == "program" else "/x/tremble/__main__.py"
    monkeypatch.setattr(sys, "argv", [first, "up", "--bots", "2"])
    if started == "single":
        monkeypatch.setenv(up.SINGLE, str(single))
    ran: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda path, words: ran.append([path, *words]))

    up.begin_afresh()

    words = {
        "program": ["/venv/bin/tremble"],
        "module": [sys.executable, "-m", "tremble"],
        "single": [str(single)],
    }[started]
    assert ran == [[words[0], *words, "up", "--bots", "2"]]
