"""manifest.json: what the files of a directory hold, by day. It is written last: it never says too much."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO

import msgspec

from tremble.analytics import datasets
from tremble.errors import ConfigError

NAME = "manifest.json"
LOCK = "lock"
PART = "part.parquet"
#: One more with each change of what the files hold: then all are written again.
VERSION = 1

#: When a manifest was written, as which file, and how long it is.
Version = tuple[int, int, int]


class Day(msgspec.Struct, frozen=True):
    """A day's files: the *state* of the store they were made of, and how many rows each has."""

    state: list[int]
    rows: dict[str, int]


class Manifest(msgspec.Struct):
    """*days* by date (UTC)."""

    version: int
    exported_at: datetime
    days: dict[str, Day]


def read(directory: Path) -> Manifest:
    """Return what *directory* holds; nothing if there is no manifest, or one of another version."""
    try:
        found = msgspec.json.decode((directory / NAME).read_bytes(), type=Manifest)
        if found.version == VERSION:
            return found
    except (OSError, msgspec.MsgspecError):
        pass
    return Manifest(VERSION, datetime.fromtimestamp(0, UTC), {})


def version(directory: Path) -> Version | None:
    """Return what tells the files of *directory* from those before and after; None if there are none."""
    try:
        found = (directory / NAME).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def there(directory: Path) -> bool:
    """Say whether *directory* holds files of an export."""
    return (directory / NAME).exists()


def write(directory: Path, manifest: Manifest, now: datetime) -> None:
    """Put *manifest* in the place of the one there, once the files are on the disk. Raises OSError."""
    if hasattr(os, "sync"):
        os.sync()
    manifest.exported_at = now
    fresh = directory / f"{NAME}.{os.getpid()}"
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    fresh.replace(directory / NAME)


def part(directory: Path, dataset: str, day: str) -> Path:
    """Return the file of *dataset* for *day*."""
    return directory / dataset / f"day={day}" / PART


def parts(directory: Path, dataset: str, first: date, last: date) -> list[Path]:
    """Return the files of *dataset* for the days (UTC) from *first* to *last* that have rows."""
    return [
        part(directory, dataset, name)
        for name, day in sorted(read(directory).days.items())
        if first <= date.fromisoformat(name) <= last and day.rows[dataset]
    ]


def remove(directory: Path, day: str) -> None:
    """Remove all files of *day*. Raises OSError."""
    for dataset in datasets.COLUMNS:
        path = part(directory, dataset, day)
        path.unlink(missing_ok=True)
        if path.parent.exists():
            path.parent.rmdir()


def lock(file: IO[str]) -> None:
    """Wait until no other process has *file* locked, and lock it until it is closed."""
    if sys.platform == "win32":
        import msvcrt

        while True:
            # It gives up after ten seconds.
            with suppress(OSError):
                return msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """Hold *directory*, made if absent, against other processes that would write to it.

    Waits for who has it. Raises ConfigError if nothing can be written there.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = (directory / LOCK).open("w")
    except OSError as error:
        raise ConfigError(f"{directory}: cannot be written: {error.strerror}") from None
    with file:
        lock(file)
        yield
