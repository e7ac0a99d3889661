"""tremble logs: show what a Tremble of this machine logs, wherever that goes."""

import json
import os
import stat
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import sleep
from typing import IO, Annotated

from cyclopts import Parameter

from tremble import config, log
from tremble.cli.options import Dir
from tremble.errors import TrembleError
from tremble.server import lock

FOLDER = "logs"
NAME = "processes.log"
#: Bytes after which the file is put aside at the next start, and how many stay.
MAX_BYTES = 10_000_000
KEPT = 4
#: Before the name of a unit, for a log that systemd keeps.
JOURNAL = "journal:"
#: Seconds between two looks at a file that is followed.
LOOK_S = 0.25


def log_file(path: Path, stack: ExitStack) -> IO[bytes]:
    """Return the log file of the data directory *path*, to be written to; a big one is put aside first."""
    file = path / FOLDER / NAME
    if file.exists() and file.stat().st_size > MAX_BYTES:
        for number in range(KEPT - 1, 0, -1):
            older = file.with_suffix(f".log.{number}")
            if older.exists():
                older.replace(file.with_suffix(f".log.{number + 1}"))
        file.replace(file.with_suffix(".log.1"))
    return stack.enter_context(file.open("ab"))


def where_logs_go(path: Path, file: IO[bytes] | None) -> str:
    """Return where our standard error goes: a file, or JOURNAL and the unit.

    The log of the data directory *path* if it is a pipe to somebody else, or if our children write nothing
    but to *file*.
    """
    ours = str(path / FOLDER / log.NAME)
    if file is not None:
        return ours
    try:
        found = os.fstat(2)
    except OSError:
        return ours
    if os.environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}":
        return JOURNAL + unit()
    if not stat.S_ISREG(found.st_mode):
        return ours
    try:
        return os.readlink("/proc/self/fd/2")
    except OSError:
        return ours


def unseen() -> bool:
    """Say whether nobody gets what goes to our standard error: it is closed, or /dev/null."""
    try:
        ours = os.fstat(2)
    except OSError:
        return True
    try:
        return os.path.samestat(ours, os.stat(os.devnull))
    except OSError:
        return False  # an empty root has no /dev


def unit() -> str:
    """Return the systemd unit of this process, nothing if it has none."""
    try:
        text = Path("/proc/self/cgroup").read_text()
    except OSError:
        return ""
    parts = [part for part in text.strip().split("/") if part.endswith(".service")]
    return parts[-1] if parts else ""


def logs(
    *,
    lines: Annotated[int, Parameter(name=["-n", "--lines"], help="The last so many.")] = 50,
    follow: Annotated[
        bool, Parameter(name=["-f", "--follow"], negative=(), help="And what comes, until Ctrl-C.")
    ] = False,
    as_json: Annotated[
        bool, Parameter(name="--json", negative=(), help="As they are written.")
    ] = False,
    directory: Dir = None,
) -> None:
    """Show the last lines of the log, of the Tremble that runs on the data directory or ran there."""
    path = config.data_directory(directory, os.environ)
    holder = lock.holder(path)
    where = str(path / FOLDER / log.NAME) if holder is None else holder.log
    if where.startswith(JOURNAL):
        ask_journal(where.removeprefix(JOURNAL), lines, follow, as_json)
    if holder is not None and not where:
        raise TrembleError(
            f"process {holder.pid} logs to who started it: look there (docker logs, the panel)"
        )
    show = print if as_json else lambda line: print(readable(line), flush=True)
    try:
        with open(where, errors="replace") as file:
            for line in deque(file, maxlen=max(0, lines)):
                show(line.rstrip("\n"))
            if follow:
                for line in coming(where, file):
                    show(line)
    except OSError as error:
        raise TrembleError(
            f"{where}: {error.strerror}; nothing has been logged here, or elsewhere"
        ) from None
    except KeyboardInterrupt:
        return


def ask_journal(name: str, lines: int, follow: bool, as_json: bool) -> None:
    """Become journalctl, which shows the log of the unit *name*."""
    words = ["journalctl", "-n", str(lines), "-o", "cat", *(["-u", name] if name else [])]
    if follow:
        words.append("-f")
    sys.stdout.flush()
    try:
        os.execvp("journalctl", words)
    except OSError as error:
        raise TrembleError(f"journalctl: {error.strerror}; the log of {name} is there") from None


def coming(path: str, file: IO[str]) -> Iterator[str]:
    """Yield the lines that come to *file*; when another one is at *path*, those of that."""
    rest = ""
    try:
        while True:
            text = file.read()
            if text:
                *whole, rest = (rest + text).split("\n")
                yield from whole
            elif replaced(path, file):
                with file:  # what came to it until it was put aside
                    *whole, rest = (rest + file.read()).split("\n")
                yield from whole
                file = open(path, errors="replace")  # noqa: SIM115  closed at the end
            else:
                sleep(LOOK_S)
    finally:
        file.close()


def replaced(path: str, file: IO[str]) -> bool:
    """Say whether *path* is another file than the open *file* by now, or the same cut short."""
    try:
        there, ours = os.stat(path), os.fstat(file.fileno())
    except FileNotFoundError:
        return False  # put aside, and nobody has written since
    return not os.path.samestat(there, ours) or there.st_size < file.tell()


def readable(line: str) -> str:
    """Return a line of the log for people: time, level, part, event and facts."""
    try:
        facts = json.loads(line)
    except ValueError:
        return line
    if not isinstance(facts, dict) or "event" not in facts:
        return line
    head = [str(facts.pop(name, "-")) for name in ("timestamp", "level", "part", "event")]
    head[0], head[1] = head[0][:19].replace("T", " "), head[1].ljust(7)
    trace = facts.pop("exception", None)
    told = "  ".join(f"{name}={value}" for name, value in facts.items())
    shown = " ".join(head[:2]) + f" {head[2]}: {head[3]}" + (f"  {told}" if told else "")
    return shown if trace is None else f"{shown}\n{trace}"
