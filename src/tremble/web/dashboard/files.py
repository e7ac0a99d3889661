"""What the dashboard does with files and processes: written whole or not at all, one job at a time."""

import asyncio
import json
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from tremble.web.aside import run_aside
from tremble.web.problems import Problem

DirectoryDependency = NamedDependency[SkipValidation[Path]]
#: As server/lock.py writes it.
LOCK = "tremble.lock"
#: Jobs that may run or wait: each is a process of its own, of lowest priority.
MAX_JOBS = 4


class Bench:
    """Runs commands of `tremble` one after the other. Who looks at a file and writes it holds *saving*."""

    def __init__(self) -> None:
        self.saving = asyncio.Lock()
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def run(self, words: Sequence[str], patience_s: float) -> tuple[str, str]:
        """Return what `tremble` with *words* printed, and if it failed why. Raises Problem 503."""
        if self._waiting >= MAX_JOBS:
            raise Problem(503, "busy", "other jobs are running; try again in a moment")
        self._waiting += 1
        try:
            async with self._turn:
                printed, why = await run_aside(words, patience_s)
        finally:
            self._waiting -= 1
        return printed.decode(errors="replace").strip(), why


BenchDependency = NamedDependency[SkipValidation[Bench]]


def read_text(path: Path) -> str | None:
    """Return the text of *path*, None if there is no such file. Raises Problem 409 if it is no text."""
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(409, "unreadable", f"{path.name} cannot be read: {error}") from None


def write_text(path: Path, text: str) -> None:
    """Put *text* into *path*: after a crash it is the old one or the new one. Raises OSError.

    Only its owner may read it: it may hold a password.
    """
    with NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(file.name)
            raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def mark(text: str | None) -> str:
    """Return by which a text is known again; of no file too."""
    return "none" if text is None else sha256(text.encode()).hexdigest()


def reload(directory: Path) -> bool:
    """Let the Tremble that we are part of read its settings again; False if that cannot be told to it."""
    try:
        pid = int(json.loads((directory / LOCK).read_text())["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    # Only our own process, or the one that has started us, whatever the file says.
    if pid not in (os.getpid(), os.getppid()) or not hasattr(signal, "SIGHUP"):
        return False
    os.kill(pid, signal.SIGHUP)
    return True
