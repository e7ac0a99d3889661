"""Backups of a data directory while it is in use: one folder each, whole or not there at all.

  backups/20260102T030405Z/
    tremble.db outbox.db     copies of the databases, each of one moment, checked after they were written
    keys/ server.toml ...    what else cannot be made again
    backup.json              when, by which version, up to which match, size and digest of every file

It is written under another name, flushed to the disk, and renamed: a backup that has its name is whole.
A record on PostgreSQL is not in it: `pg_dump` is for that.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import msgspec

from tremble.errors import StoreError

#: Adds files to the folder of a backup that is being made.
Extra = Callable[[Path], None] | None

FOLDER = "backups"
INDEX = "backup.json"
#: Databases, and other files and folders that are copied as they are.
DATABASES = ("tremble.db", "outbox.db")
FILES = ("server.toml", "server_config.json", "bans.json", "keys")
#: A backup that is being written.
PART = ".part"
NAME = "%Y%m%dT%H%M%SZ"


class Entry(msgspec.Struct, frozen=True):
    """A file of a backup: size in bytes, SHA-256 in hex."""

    size: int
    digest: str


class Backup(msgspec.Struct, frozen=True):
    """What backup.json holds; *files* by their path in the backup.

    *matches* are in its record; the last one posted has the number *last_seq* and the id *last_match*.
    *safety*: it was made just before a restore, and stays until somebody removes it.
    """

    name: str
    created_at: datetime
    version: str
    files: dict[str, Entry]
    matches: int = 0
    last_seq: int = 0
    last_match: str | None = None
    safety: bool = False

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.files.values())


class Keep(msgspec.Struct, frozen=True):
    """Which backups stay: the *newest* so many, and the last of each of so many *days* and *weeks*."""

    newest: int
    days: int = 0
    weeks: int = 0


def create(
    directory: Path,
    now: datetime,
    version: str,
    keep: int | Keep,
    extra: Extra = None,
    *,
    safety: bool = False,
) -> Backup:
    """Back up the data *directory*, check the copy, and remove what *keep* does not keep.

    *extra* puts more into the folder of the backup; *safety*: it is made before a restore.

    Raises StoreError, with nothing left behind, if it cannot be written or a copy is not sound.
    """
    folder = directory / FOLDER
    name = now.astimezone(UTC).strftime(NAME)
    part, final = folder / f"{name}{PART}", folder / name
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        part.mkdir(mode=0o700)
    except FileExistsError:
        raise StoreError(f"{part}: another backup is being written") from None
    except OSError as error:
        raise StoreError(f"{error.filename}: {error.strerror}") from None
    try:
        if final.exists():
            raise StoreError(f"{final}: a backup of this second is there already")
        copy_all(directory, part)
        if extra is not None:
            extra(part)
        made = Backup(name, now, version, dict(entries(part)), *last_match(part), safety)
        if not made.files:
            raise StoreError(f"{directory}: there is nothing to back up")
        (part / INDEX).write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=1))
        flush(part)
        part.rename(final)
        flush(folder)
    except OSError as error:
        raise StoreError(f"{error.filename or final}: {error.strerror}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    prune(directory, keep if isinstance(keep, Keep) else Keep(keep))
    return made


def last_match(folder: Path) -> tuple[int, int, str | None]:
    """Return how many matches the record in *folder* holds, and number and id of the last posted."""
    from tremble.store import sqlite  # as in copy_all()

    path = folder / "tremble.db"
    return sqlite.last_match(path) if path.exists() else (0, 0, None)


def copy_all(directory: Path, target: Path) -> None:
    """Copy to *target* all that a backup holds. Raises StoreError, OSError."""
    from tremble.store import sqlite  # slow to import; whoever only lists needs none of it

    for name in DATABASES:
        if (directory / name).exists():
            sqlite.copy(directory / name, target / name)
    for name in FILES:
        source = directory / name
        if source.is_dir():
            shutil.copytree(source, target / name)
        elif source.exists():
            shutil.copy2(source, target / name)


def entries(folder: Path) -> Iterator[tuple[str, Entry]]:
    """Yield every file of a backup but its index, by path."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != INDEX:
            with path.open("rb") as file:
                digest = sha256()
                while block := file.read(1 << 20):
                    digest.update(block)
            yield (
                path.relative_to(folder).as_posix(),
                Entry(path.stat().st_size, digest.hexdigest()),
            )


def flush(folder: Path) -> None:
    """Put *folder* and all in it on the disk."""
    for path in [*folder.rglob("*"), folder] if folder.name != FOLDER else [folder]:
        sync(path)


def sync(path: Path) -> None:
    """Put the file or folder *path* on the disk, of a folder the names in it alone. Raises OSError."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def every(directory: Path) -> list[Backup]:
    """Return the backups of a data *directory*, the newest first; what is none is left out."""
    found = []
    for path in (directory / FOLDER).glob(f"*/{INDEX}"):
        try:
            backup = msgspec.json.decode(path.read_bytes(), type=Backup)
        except (OSError, msgspec.MsgspecError):
            continue
        if backup.name == path.parent.name:
            found.append(backup)
    return sorted(found, key=lambda backup: backup.name, reverse=True)


def verify(directory: Path, name: str) -> list[str]:
    """Return what is wrong with the backup *name*, one line each: files lost, changed, unsound."""
    backup = next((b for b in every(directory) if b.name == name), None)
    if backup is None:
        return [f"there is no backup {name} in {directory / FOLDER}"]
    return problems(directory / FOLDER / name, backup)


def problems(folder: Path, backup: Backup) -> list[str]:
    """Return what is wrong with *backup* in *folder*."""
    from tremble.store import sqlite  # as in copy_all()

    there = dict(entries(folder))
    found = [f"{path} is missing" for path in backup.files if path not in there]
    for path, entry in there.items():
        if path not in backup.files:
            found.append(f"{path} does not belong to it")
        elif entry != backup.files[path]:
            found.append(f"{path} has changed")
        elif path in DATABASES:
            found += sqlite.faults(folder / path)
    return found


def prune(directory: Path, keep: Keep) -> list[str]:
    """Remove the backups that *keep* does not keep; return their names."""
    gone = outdated(every(directory), keep)
    for name in gone:
        shutil.rmtree(directory / FOLDER / name, ignore_errors=True)
    return gone


def outdated(backups: list[Backup], keep: Keep) -> list[str]:
    """Return the names of those of *backups*, the newest first, that *keep* does not keep.

    Those made before a restore stay, and count for nothing.
    """
    backups = [backup for backup in backups if not backup.safety]
    kept = {backup.name for backup in backups[: keep.newest]}
    for count, unit in ((keep.days, "%Y-%m-%d"), (keep.weeks, "%G-%V")):
        last: dict[str, str] = {}
        for backup in backups:
            last.setdefault(backup.created_at.astimezone(UTC).strftime(unit), backup.name)
        kept.update(list(last.values())[:count])
    return [backup.name for backup in backups if backup.name not in kept]
