"""cli/logs.py: where a log goes, and how it is shown."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest
from e2e.processes import run

from tremble.cli import logs


def test_lines_for_people() -> None:
    """A line of JSON is told in words; what is none is left as it is."""
    facts = '"event": "went well", "part": "web", "level": "info"'
    line = f'{{"port": 7, {facts}, "timestamp": "2026-01-02T03:04:05Z"}}'

    assert logs.readable(line) == "2026-01-02 03:04:05 info    web: went well  port=7"
    assert logs.readable("Traceback:") == "Traceback:"
    assert logs.readable("[1]") == "[1]"


def test_big_file_is_put_aside(tmp_path: Path, monkeypatch) -> None:
    """A log that has grown too big makes place for a new one; a few of them stay."""
    monkeypatch.setattr(logs, "MAX_BYTES", 3)
    folder = tmp_path / "logs"
    folder.mkdir()
    for number in range(7):
        with ExitStack() as stack:
            logs.log_file(tmp_path, stack).write(b"%d%d%d%d" % ((number,) * 4))

    assert sorted(path.name for path in folder.iterdir()) == [
        "processes.log", *(f"processes.log.{n}" for n in (1, 2, 3, 4)),
    ]  # fmt: skip
    assert (folder / "processes.log").read_bytes() == b"6666"
    assert (folder / "processes.log.4").read_bytes() == b"2222"


def test_followed_over_a_new_file(tmp_path: Path, monkeypatch) -> None:
    """Lines that come are yielded whole, also those of the file that takes its place."""
    path = tmp_path / "log"
    path.write_text("one\n")
    steps = iter(["o\nthr", "ee\n", ""])

    def sleep(seconds: float) -> None:
        text = next(steps)
        if not text:
            path.unlink()
        with path.open("a") as writer:
            writer.write(text or "four\n")

    monkeypatch.setattr(logs, "sleep", sleep)
    found = logs.coming(str(path), path.open())

    assert [next(found) for _ in range(4)] == ["one", "o", "three", "four"]
    found.close()


def test_followed_while_it_is_put_aside(tmp_path: Path, monkeypatch) -> None:
    """For a moment there is no file, and its last line comes after the look: neither ends it."""
    path, aside = tmp_path / "log", tmp_path / "log.1"
    path.write_text("one\n")

    def move() -> None:
        path.rename(aside)

    def write() -> None:
        with aside.open("a") as writer:
            writer.write("two\n")
        path.write_text("three\n")

    steps = iter([move, write])
    monkeypatch.setattr(logs, "sleep", lambda seconds: next(steps)())
    found = logs.coming(str(path), path.open())

    assert [next(found) for _ in range(3)] == ["one", "two", "three"]
    found.close()


def test_last_lines_of_what_ran(tmp_path: Path) -> None:
    """With nobody there the log of the last one is shown; without any the message says so."""
    none = run("logs", "--dir", str(tmp_path))
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "tremble.log").write_text("a\nb\nc\n")
    some = run("logs", "-n", "2", "--dir", str(tmp_path))

    assert none.returncode == 1 and "tremble.log" in none.stderr
    assert (some.returncode, some.stdout) == (0, "b\nc\n")


def test_journal_is_known_by_its_stream(tmp_path: Path, monkeypatch) -> None:
    """Standard error that systemd has connected to its journal is named as that."""
    found = os.fstat(2)
    monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino}")

    assert logs.where_logs_go(tmp_path, None).startswith(logs.JOURNAL)


def test_standard_error_where_there_is_no_dev(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In an empty root nothing is /dev/null: standard error is seen."""
    monkeypatch.setattr(os, "devnull", str(tmp_path / "null"))

    assert not logs.unseen()
