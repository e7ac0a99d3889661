"""Going back to a backup, or to a match: built beside the data, then put in its place.

  restore.part/               what is to be: files of the backup, record opened and brought up to date
  backups/<time>.replaced/    what was there before; nothing is deleted

To a match: the newest backup made before it, and the results posted after that, up to the match, from
the record that is there, or from a later backup.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tremble.errors import StoreError
from tremble.result import MatchResult
from tremble.store import backup, losses, match_log, sqlite, staff
from tremble.store.backup import FOLDER, NAME, Backup
from tremble.store.engine import Store, Transaction
from tremble.store.losses import Lost

PART = "restore.part"
RECORD = "tremble.db"
OUTBOX = "outbox.db"
#: Results that are recorded in one transaction.
BATCH = 200
#: Instead of the id of a match: all that can be read.
LAST = "last"

Record = Callable[[Transaction, Sequence[MatchResult]], object]


class Restored(msgspec.Struct, frozen=True):
    """What a restore has done, or would do.

    *matches* are in the record then, *again* of them posted again; *replaced*: where the old files are;
    *lost*: what only the record that is there has, None: not known. *made*: when the backup was.
    """

    backup: str
    matches: int
    again: int
    last_match: str | None
    files: list[str]
    replaced: str | None
    made: datetime
    lost: Lost | None = None


class Target(msgspec.Struct, frozen=True):
    """To which *folder* of a backup, and how far: results of the record *source* up to number *until*."""

    folder: Path
    source: Path | None = None
    until: int = 0


def folder_of(directory: Path, name: str) -> Path:
    """Return the folder of the backup *name*, or of the one at the path *name*. Raises StoreError."""
    path = directory / FOLDER / name
    if not (path / backup.INDEX).is_file():
        path = Path(name).expanduser().absolute()
    if not (path / backup.INDEX).is_file():
        raise StoreError(f"there is no backup {name} in {directory / FOLDER}, nor at that path")
    return path


def check(folder: Path) -> Backup:
    """Return the backup in *folder*. Raises StoreError if anything is wrong with it."""
    try:
        found = msgspec.json.decode((folder / backup.INDEX).read_bytes(), type=Backup)
    except (OSError, msgspec.MsgspecError) as error:
        raise StoreError(f"{folder}: {error}") from None
    problems = backup.problems(folder, found)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise StoreError(f"{folder}: {problems[0]}{more}; choose another backup")
    return found


def to_match(directory: Path, match_id: str, only: Path | None = None) -> Target:
    """Return how to come to the state right after *match_id*, or LAST, from the backup *only* if given.

    Each record is looked at in a copy: to open one may change it. Raises StoreError if one cannot.
    """
    folders = [directory / FOLDER / made.name for made in backup.every(directory)]
    records = [path / RECORD for path in [directory, *folders] if (path / RECORD).exists()]
    for record in records:
        found = look(directory, record, match_id)
        if found is None:
            continue
        until, known = found
        for folder in folders if only is None else [only]:
            base = last_of(directory, folder)
            if base is not None and base[0] <= until and known(base):
                return Target(folder, record, until)
    wanted = "any match" if match_id == LAST else f"match {match_id}"
    which = f"no backup in {directory / FOLDER} was" if only is None else f"{only} was not"
    raise StoreError(f"{which} made before {wanted}, or no record tells the results since")


def look(
    directory: Path, record: Path, match_id: str
) -> tuple[int, Callable[[tuple[int, str]], bool]] | None:
    """Return the number of *match_id* in *record*, and what tells whether it has a match (number, id).

    None if the match is not there or the record cannot be read.
    """
    try:
        with copied(directory, record) as store:
            last = store.read(match_log.last)
            until = store.read(match_log.seq_of, match_id)
            if match_id == LAST and last is not None:
                until = last[0]
            if until is None:
                return None
            known = {
                base: store.read(match_log.seq_of, base[1]) == base[0]
                for base in bases(directory)
                if base is not None
            }
    except StoreError:
        return None
    return until, lambda base: known.get(base, False)


def bases(directory: Path) -> list[tuple[int, str] | None]:
    """Return number and id of the last match of each backup, the newest first."""
    return [last_of(directory, directory / FOLDER / made.name) for made in backup.every(directory)]


def last_of(directory: Path, folder: Path) -> tuple[int, str] | None:
    """Return number and id of the last match in the backup in *folder*; None if it has none."""
    try:
        found = msgspec.json.decode((folder / backup.INDEX).read_bytes(), type=Backup)
    except (OSError, msgspec.MsgspecError):
        return None
    return None if found.last_match is None else (found.last_seq, found.last_match)


@contextmanager
def copied(directory: Path, record: Path) -> Iterator[Store]:
    """Open a copy of the record at a path; it goes at the end of `with`."""
    folder = directory / f"{PART}.look.{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        sqlite.copy(record, folder / RECORD)
        with Store(folder / RECORD) as store:
            yield store
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def build(directory: Path, target: Target, record: Record, part: str = PART) -> Restored:
    """Build in *directory*/*part* what *target* says; *record* posts results. Raises StoreError.

    The record is opened there, so that its schema is that of this program. Nobody is signed in to its
    dashboard: whom somebody has signed out since must not come back.
    """
    found = check(target.folder)
    there = directory / part
    shutil.rmtree(there, ignore_errors=True)
    shutil.copytree(target.folder, there, ignore=shutil.ignore_patterns(backup.INDEX))
    again, count, last = 0, 0, None
    if (there / RECORD).exists():
        with Store(there / RECORD) as store:
            if target.source is not None:
                again = replay(directory, store, target, record)
            store.write(staff.end_everybody).result()
            count, last = store.read(match_log.count), store.read(match_log.last)
    files = sorted(path.name for path in there.iterdir())
    last_match = last[1] if last else None
    return Restored(found.name, count, again, last_match, files, None, found.created_at)


def rehearse(directory: Path, target: Target, record: Record) -> Restored:
    """Build what *target* says, tell what would be lost by it, leave nothing behind. Raises StoreError."""
    part = f"{PART}.try.{os.getpid()}"
    try:
        done = build(directory, target, record, part)
        return msgspec.structs.replace(done, lost=lost(directory, part, done.made))
    finally:
        forget(directory, part)


def lost(directory: Path, part: str, made: datetime) -> Lost | None:
    """Return what the record has that the one built in *part* has not; None if it cannot be read."""
    if not (directory / RECORD).exists():
        return Lost()
    if not (directory / part / RECORD).exists():
        return None
    try:
        with copied(directory, directory / RECORD) as now, Store(directory / part / RECORD) as then:
            return losses.lost(now, then, made)
    except StoreError:
        return None


def replay(directory: Path, store: Store, target: Target, record: Record) -> int:
    """Post to *store* what it lacks of the results of *target*; return how many those are."""
    assert target.source is not None
    base = store.read(match_log.last)
    after, again = (base[0] if base else 0), 0
    with copied(directory, target.source) as source:
        while page := source.read(match_log.results, after, target.until, BATCH):
            store.write(record, [result for _, result in page]).result()
            after = page[-1][0]
            again += len(page)
    return again


def put_in_place(directory: Path, told: Restored, everything: bool, now: datetime) -> Restored:
    """Put what build() made where it belongs, and what was there aside.

    Settings, keys, bans and a sound outbox that are there stay, unless *everything* is to come back.
    """
    part = directory / PART
    aside = directory / FOLDER / f"{now.astimezone(UTC).strftime(NAME)}.replaced"
    aside.mkdir(parents=True, mode=0o700)
    placed = []
    for name in told.files:
        there = directory / name
        if stays(there) and not everything:
            continue
        # With a database go its log and index: they are of the old one.
        for old in [there, *directory.glob(f"{name}-wal"), *directory.glob(f"{name}-shm")]:
            if old.exists():
                old.rename(aside / old.name)
        (part / name).rename(there)
        placed.append(name)
    backup.flush(directory / FOLDER)
    shutil.rmtree(part, ignore_errors=True)
    if not any(aside.iterdir()):
        aside.rmdir()
        return msgspec.structs.replace(told, files=placed)
    return msgspec.structs.replace(told, files=placed, replaced=str(aside))


def swap(directory: Path) -> None:
    """Put the record that build() made in place of the one that is there, and nothing else.

    It is one step: after a crash at any moment it is the old record or the new one, and whole. The old
    one goes. Raises StoreError, with the old one in place: somebody uses it, the disk does not take it.
    """
    new, there = directory / PART / RECORD, directory / RECORD
    for path in (new, there):
        if path.exists():
            sqlite.fold(path)
    try:
        with new.open("rb") as file:
            os.fsync(file.fileno())
        new.replace(there)
        if os.name != "nt":
            backup.sync(directory)
    except OSError as error:
        raise StoreError(f"{error.filename or there}: {error.strerror}") from None


def stays(path: Path) -> bool:
    """Say whether what is at *path* is better than its copy in a backup: it is newer, and sound."""
    if path.name == RECORD or not path.exists():
        return False
    return path.name != OUTBOX or not sqlite.faults(path)


def forget(directory: Path, part: str = PART) -> None:
    """Remove what build() made in *part*."""
    shutil.rmtree(directory / part, ignore_errors=True)
