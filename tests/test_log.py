"""Logging: one JSON object a line, from the level asked for on."""

import io
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tremble import log
from tremble.log import LogOptions


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    hooks = sys.excepthook, threading.excepthook
    yield
    sys.excepthook, threading.excepthook = hooks
    structlog.reset_defaults()


def test_json() -> None:
    """Away from a terminal each event is one JSON object with its level and time."""
    stream = io.StringIO()
    log.configure("info", stream)

    log.logger("arena").info("match ended", players=2)

    event = json.loads(stream.getvalue())
    assert (event["event"], event["players"], event["level"]) == ("match ended", 2, "info")
    assert event["part"] == "arena"
    assert event["timestamp"].endswith("Z")


def test_level() -> None:
    """What is below the level is not written."""
    stream = io.StringIO()
    log.configure("warning", stream)

    log.logger("arena").info("chatter")

    assert stream.getvalue() == ""


def test_traceback() -> None:
    """A traceback stays within its line."""
    stream = io.StringIO()
    log.configure("info", stream)

    try:
        raise KeyError("gone")
    except KeyError:
        log.logger("arena").exception("failed")

    assert "KeyError" in json.loads(stream.getvalue())["exception"]
    assert stream.getvalue().count("\n") == 1


def lines(path: Path) -> list[str]:
    return [json.loads(line)["event"] for line in path.read_text().splitlines()]


def test_files_rotate_within_bounds(tmp_path: Path) -> None:
    """A full file moves on; of all of them the last so many are kept, and no line is lost between two."""
    (tmp_path / "logs").mkdir()
    file = log.set_up(LogOptions(directory=str(tmp_path), max_bytes=1000, files=3, quiet=True))

    for i in range(100):
        log.logger("arena").info(f"event {i}")
    file.close()

    names = sorted(path.name for path in (tmp_path / "logs").iterdir())
    kept = [
        name
        for n in ("tremble.log.2", "tremble.log.1", "tremble.log")
        for name in lines(tmp_path / "logs" / n)
    ]
    assert names == [".tremble.log.lock", "tremble.log", "tremble.log.1", "tremble.log.2"]
    assert all(path.stat().st_size <= 1000 for path in (tmp_path / "logs").iterdir())
    assert kept == [f"event {i}" for i in range(100 - len(kept), 100)]


def test_child_logs_as_it_is_told(tmp_path: Path) -> None:
    """Options travel in the environment; without any it logs to stderr."""
    (tmp_path / "logs").mkdir()
    options = LogOptions(directory=str(tmp_path), level="warning", quiet=True)
    file = log.set_up_child(log.handed_on(options))

    log.logger("web").info("chatter")
    log.logger("web").warning("trouble")
    file.close()

    assert lines(tmp_path / "logs" / "tremble.log") == ["trouble"]


def test_pretty() -> None:
    """Asked for, lines are for people, with all their facts."""
    stream = io.StringIO()
    log.configure("info", stream, "pretty")

    log.logger("arena").info("match ended", players=2)

    assert "match ended" in stream.getvalue() and "players=2" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_view_may_stand_for_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines go to what sys.stderr is when they are written: a live view shows them above itself."""
    terminal, view = Terminal(), Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    log.set_up(LogOptions())
    log.logger("supervisor").info("before")
    monkeypatch.setattr(sys, "stderr", view)
    log.logger("supervisor").info("meanwhile")

    assert "before" in terminal.getvalue() and "meanwhile" not in terminal.getvalue()
    assert "meanwhile" in view.getvalue()


def test_reader_that_has_gone_is_no_fault() -> None:
    """To log never raises."""
    stream = io.StringIO()
    log.configure("info", stream)
    stream.close()

    log.logger("arena").error("nobody hears it")


def test_lines_are_counted() -> None:
    """By level, for metrics."""
    log.configure("info", io.StringIO())
    before = log.LINES["warning"]

    log.logger("arena").warning("one")
    log.logger("arena").debug("below the level")

    assert log.LINES["warning"] == before + 1


def test_uncaught_exception_is_logged() -> None:
    """With its traceback; Ctrl-C is none."""
    stream = io.StringIO()
    log.configure("info", stream)
    log.crashed(KeyboardInterrupt, KeyboardInterrupt(), None)
    log.crashed(KeyError, KeyError("gone"), None)

    event = json.loads(stream.getvalue())
    assert event["event"] == "crashed" and "KeyError" in event["exception"]


APPENDS = """
import sys
from pathlib import Path
from tremble.log import Rotating
file = Rotating(Path(sys.argv[1]), 4000, 50)
for i in range(400):
    file.write(f"{sys.argv[2]} {i} " + "x" * 30)
"""


def test_processes_share_a_file(tmp_path: Path) -> None:
    """Three that write and move the same file at once lose no line and cut none."""
    path = tmp_path / "shared.log"
    words = [sys.executable, "-c", APPENDS, str(path)]
    started = [subprocess.Popen([*words, name]) for name in "abc"]
    assert [process.wait(60) for process in started] == [0, 0, 0]

    found = [
        line for file in tmp_path.glob("shared.log*") for line in file.read_text().splitlines()
    ]
    assert sorted(found) == sorted(f"{n} {i} " + "x" * 30 for n in "abc" for i in range(400))
    assert len(list(tmp_path.glob("shared.log*"))) > 10


def test_lost_directory_costs_nobody_else_a_file(tmp_path: Path) -> None:
    """While there is none lines are lost; the number of the closed file is another's by then."""
    (tmp_path / "logs").mkdir()
    file = log.Rotating(tmp_path / "logs" / "log", 1000, 2)
    file.write("one")
    shutil.rmtree(tmp_path / "logs")
    file.write("lost")

    with (tmp_path / "other").open("w") as other:
        file.write("lost too")
        other.write("mine")
        other.flush()
        (tmp_path / "logs").mkdir()
        file.write("two")
    file.close()

    assert (tmp_path / "logs" / "log").read_text() == "two\n"
    assert (tmp_path / "other").read_text() == "mine"
