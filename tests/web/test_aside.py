"""web/aside.py: a process beside us, its words, and its end."""

import asyncio
import os
import subprocess
import sys

import pytest

from tremble.web import aside
from tremble.web.aside import run_aside


def test_ended_before_it_was_slowed_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is quicker than we are is no fault: its words count."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    slow_down = os.setpriority
    monkeypatch.setattr(
        aside.os, "setpriority", lambda which, pid, niceness: slow_down(which, gone.pid, niceness)
    )

    printed, why = asyncio.run(run_aside(["--version"], 60.0))

    assert printed and why == ""


def test_failed() -> None:
    """Why is in its last words, each line of which is heard."""
    heard: list[bytes] = []

    printed, why = asyncio.run(run_aside(["no-such-command"], 60.0, heard.append))

    assert printed == b"" and "no-such-command" in why
    assert any(b"no-such-command" in line for line in heard)


def test_ended_in_the_end() -> None:
    """Who takes too long is ended, and said to have."""
    assert asyncio.run(run_aside(["--version"], 0.0)) == (b"", "it took longer than 0 s")
