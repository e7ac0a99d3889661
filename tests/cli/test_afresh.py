"""cli/afresh.py: what a restart becomes."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tremble.cli import afresh
from tremble.process import StopFlag


@pytest.fixture
def stop() -> Iterator[StopFlag]:
    """Whether we were told to stop; what signals do is put back at the end."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    found = StopFlag()
    yield found
    found._reader.close()
    found._writer.close()
    for number, does in before.items():
        signal.signal(number, does)


@pytest.mark.parametrize("started", ["program", "module", "single"])
def test_begin_afresh(
    started: str, tmp_path: Path, stop: StopFlag, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program by its name, the module by this interpreter, the single file by the file there is now."""
    single = tmp_path / "tremble-linux"
    single.write_text("")
    first = "/venv/bin/tremble" if started == "program" else "/x/tremble/__main__.py"
    monkeypatch.setattr(sys, "argv", [first, "up", "--bots", "2"])
    if started == "single":
        monkeypatch.setenv(afresh.SINGLE, str(single))
    ran: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda path, words: ran.append([path, *words]))

    afresh.begin_afresh(stop)

    words = {
        "program": ["/venv/bin/tremble"],
        "module": [sys.executable, "-m", "tremble"],
        "single": [str(single)],
    }[started]
    assert ran == [[words[0], *words, "up", "--bots", "2"]]


def test_who_was_told_to_stop_begins_nothing(
    stop: StopFlag, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next program would not know of it."""
    stop.stopping = True
    monkeypatch.setattr(os, "execv", lambda path, words: pytest.fail("begun"))

    afresh.begin_afresh(stop)
