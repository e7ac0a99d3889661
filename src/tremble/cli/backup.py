"""tremble backup: make, list and check backups of a data directory; and make them now and then."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import Annotated, Self

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

import tremble
from tremble import config
from tremble.cli.options import Dir, Json, Sets, settings
from tremble.log import logger
from tremble.sections import Settings
from tremble.store import backup, pgdump

app = App(name="backup", help="Make, list and check backups of the data directory.")
log = logger("backup")

#: Seconds between two looks at the clock: settings may have changed.
LOOK = 60.0


@app.command
def create(
    *,
    keep: Annotated[int | None, Parameter(help="The newest to keep (server.backups_kept).")] = None,
    replays: Annotated[bool, Parameter(negative=(), help="The recorded matches too.")] = False,
    directory: Dir = None,
    sets: Sets = None,
) -> None:
    """Back up the data directory, also while Tremble runs on it, and check the copy.

    Example: tremble backup create --dir /srv/tremble
    """
    path, loaded = settings(directory, sets)
    url = loaded.settings.store.url
    dumped = bool(url) and pgdump.there()

    def extra(folder: Path) -> None:
        if dumped:
            pgdump.dump(url, folder)
        if replays and (path / "replays").is_dir():
            copy_replays(path / "replays", folder / "replays")

    kept = to_keep(loaded.settings, keep)
    made = backup.create(path, datetime.now(UTC), tremble.__version__, kept, extra)
    print(f"{path / backup.FOLDER / made.name}: {len(made.files)} files, {made.size} bytes")
    if url and not dumped:
        print(
            "the record is on PostgreSQL and not in it: install pg_dump (postgresql-client)",
            file=sys.stderr,
        )


def to_keep(wanted: Settings, newest: int | None) -> backup.Keep:
    """Return which backups are to stay."""
    server = wanted.server
    count = newest if newest is not None else server.backups_kept
    return backup.Keep(max(1, count), server.backups_kept_days, server.backups_kept_weeks)


def copy_replays(source: Path, target: Path) -> None:
    """Copy the recorded matches, but what is being written or is thrown away meanwhile. Raises OSError."""

    def copy(each: str, there: str) -> None:
        with suppress(FileNotFoundError):
            shutil.copy2(each, there)

    unfinished = shutil.ignore_patterns("*.part", "*.upload")
    shutil.copytree(source, target, ignore=unfinished, copy_function=copy)


@app.command
def prune(
    *,
    keep: Annotated[int | None, Parameter(help="The newest to keep (server.backups_kept).")] = None,
    dry_run: Annotated[bool, Parameter(negative=(), help="Only tell which would go.")] = False,
    directory: Dir = None,
    sets: Sets = None,
) -> None:
    """Remove the backups that the settings do not keep.

    Example: tremble backup prune --dry-run
    """
    path, loaded = settings(directory, sets)
    kept = to_keep(loaded.settings, keep)
    gone = backup.outdated(backup.every(path), kept) if dry_run else backup.prune(path, kept)
    for name in gone:
        print(f"{'would remove' if dry_run else 'removed'} {name}")
    print(f"{len(backup.every(path)) - (len(gone) if dry_run else 0)} backups stay")


@app.command(name="list")
def list_(*, directory: Dir = None, as_json: Json = False) -> None:
    """List the backups, the newest first.

    Example: tremble backup list
    """
    found = backup.every(config.data_directory(directory, os.environ))
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    table = Table("backup", "bytes", "files", "matches", "last match", "version")
    for made in found:
        facts = (str(made.matches), made.last_match or "-", made.version)
        name = f"{made.name} (before a restore)" if made.safety else made.name
        table.add_row(name, str(made.size), str(len(made.files)), *facts)
    Console(markup=False).print(table)


@app.command
def verify(name: str | None = None, *, directory: Dir = None) -> None:
    """Check a backup (default: all) to the last byte; exit with 1 if something is wrong.

    Example: tremble backup verify 20260102T030405Z
    """
    path = config.data_directory(directory, os.environ)
    names = [name] if name else [made.name for made in backup.every(path)]
    bad = False
    for each in names:
        problems = backup.verify(path, each)
        bad = bad or bool(problems)
        for problem in problems:
            print(f"error: {each}: {problem}", file=sys.stderr)
        if not problems:
            print(f"{each}: sound")
    if not names:
        print("there are no backups")
    if bad:
        sys.exit(1)


class Regular:
    """Makes a backup every server.backup_interval_minutes, in a process of its own; `with` ends it.

    *current* returns the settings that hold at the moment; *told* gets why one failed, "" if it did not.
    """

    def __init__(
        self,
        path: Path,
        current: Callable[[], Settings],
        told: Callable[[str], None] | None = None,
    ) -> None:
        self.path = path
        self.current = current
        self.told = told
        self.began = time()
        self.stopping = threading.Event()
        self.lock = threading.Lock()  # held while *process* begins and ends
        self.process: subprocess.Popen[str] | None = None
        self.thread = threading.Thread(target=self.run, name="backups", daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        with self.lock:
            self.stopping.set()
            if self.process is not None:
                self.process.terminate()
        self.thread.join()

    def wait(self) -> float:
        """Return the seconds until the next backup is due, as it is now; infinite if there is none."""
        minutes = self.current().server.backup_interval_minutes
        if not minutes:
            return float("inf")
        newest = next(iter(backup.every(self.path)), None)
        last = max(self.began, newest.created_at.timestamp() if newest else 0.0)
        return max(0.0, last + 60.0 * minutes - time())

    def run(self) -> None:
        """Wait and back up until told to stop."""
        while not self.stopping.wait(max(0.05, min(LOOK, self.wait()))):
            if self.wait() <= 0.0:
                self.began = time()  # also after a failure: not again and again
                try:
                    self.make()
                except OSError as error:  # no room for another process now: the next may have it
                    self.failed(str(error))

    def make(self) -> None:
        """Make a backup and log what became of it."""
        kept = str(self.current().server.backups_kept)
        command = [sys.executable, "-m", "tremble", "backup", "create", "--keep", kept]
        with self.lock:
            if self.stopping.is_set():
                return
            self.process = process = subprocess.Popen(
                [*command, "--dir", str(self.path)],
                stdin=subprocess.PIPE,  # no DEVNULL: an empty root has no /dev
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        out, errors = process.communicate()
        with self.lock:
            self.process = None
        code = process.returncode
        if code == 0:
            log.info("backup made", what=out.strip())
            if self.told is not None:
                self.told("")
        else:
            self.failed(errors.strip())

    def failed(self, why: str) -> None:
        """Log and tell *why* there is no backup, unless we end."""
        if not self.stopping.is_set():
            log.error("backup failed", why=why[-500:])
            if self.told is not None:
                self.told(why[-200:])
