"""server/supervisor.py: children report, are started again, and end with their parent."""

import os
import signal
import subprocess
import sys
from time import monotonic, sleep
from typing import Any

from tremble.server.supervisor import Child, attend, stop_in_order

TALKS = """
import sys
print('{"event": "ready"}', flush=True)
print("no json", flush=True)
sys.stdin.read()
"""
DIES = "raise SystemExit(7)"
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("{}", flush=True)
time.sleep(60)
"""


def child(code: str) -> tuple[Child, list[dict[str, Any]]]:
    reports: list[dict[str, Any]] = []
    found = Child("test", [sys.executable, "-c", code], [], None, reports.append)
    found.start()
    return found, reports


def attend_until(found: Child, true, limit: float = 60.0) -> None:
    end = monotonic() + limit
    while not true():
        assert monotonic() < end, "it never came true"
        attend([found], 0.05)


def test_reports_are_heard() -> None:
    """Each JSON object on standard output is a report; anything else is left."""
    found, reports = child(TALKS)

    attend_until(found, lambda: len(reports) == 1)
    stop_in_order([found])

    assert reports == [{"event": "ready"}]


def test_killed_child_is_started_again() -> None:
    """A child that dies comes back after a pause, as another process."""
    found, reports = child(TALKS)
    attend_until(found, lambda: len(reports) == 1)
    assert found.process is not None
    first = found.process.pid

    found.process.kill()
    attend_until(found, lambda: len(reports) == 3)

    assert reports[1] == {"event": "died", "code": -signal.SIGKILL}
    assert found.process is not None and found.process.pid != first
    assert found.restarts == 1
    stop_in_order([found])


def test_back_off_grows() -> None:
    """A child that dies at once is not started in a hot loop."""
    found, _ = child(DIES)

    attend_until(found, lambda: found.restarts == 2)

    assert found.backoff >= 0.8
    stop_in_order([found])


def test_stubborn_child_is_killed(monkeypatch) -> None:
    """Who ignores SIGTERM is killed when patience ends."""
    monkeypatch.setattr("tremble.server.supervisor.STOP_PATIENCE", 0.3)
    found, reports = child(STUBBORN)
    attend_until(found, lambda: len(reports) == 1)
    process = found.process
    assert process is not None

    stop_in_order([found])

    assert process.returncode == -signal.SIGKILL


def test_child_that_only_says_that_it_ends_is_killed(monkeypatch) -> None:
    """It has its time for that; then another one takes its place, and nothing is told of a crash."""
    monkeypatch.setattr("tremble.server.supervisor.END_PATIENCE", 0.2)
    found, reports = child(TALKS)
    attend_until(found, lambda: len(reports) == 1)

    found.expect_end()
    end = monotonic() + 60
    while len(reports) < 2 and monotonic() < end:
        attend([found], None)

    assert reports == [{"event": "ready"}] * 2
    stop_in_order([found])


def test_child_that_cannot_be_started_is_tried_again() -> None:
    """Without room for another process, or while its program is being replaced."""
    found, reports = child(DIES)
    found.command, command = ["/no/such/program"], [sys.executable, "-c", TALKS]
    attend_until(found, lambda: found.restarts == 2)

    found.command = command
    attend_until(found, lambda: {"event": "ready"} in reports)

    stop_in_order([found])


def test_child_ends_with_its_parent() -> None:
    """A child that follows its parent stops when the parent is killed."""
    # What a shell runs in the background ignores SIGINT, and so do its children unless they say otherwise.
    follow = (
        "import signal, time; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from tremble.process import follow_parent; follow_parent(); time.sleep(600)"
    )
    parent = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen([sys.executable, '-c', {follow!r}], stdin=subprocess.PIPE)\n"
        "print(p.pid, flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.kill()

    end = monotonic() + 60
    while alive(pid):
        assert monotonic() < end, "the child outlives its parent"
        sleep(0.02)


def alive(pid: int) -> bool:
    """Say whether process *pid* runs (a zombie does not)."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
    except NotADirectoryError:
        os.kill(pid, 0)
        return True


def test_line_for_one_that_has_died() -> None:
    """A line that comes too late is lost with the process, and no reason for anybody else to end."""
    found, reports = child(DIES)
    assert found.process is not None
    found.process.wait()

    found.write(b"is anybody there?")
    attend_until(found, lambda: found.restarts == 1)

    assert reports == [{"event": "died", "code": 7}]
    stop_in_order([found])
