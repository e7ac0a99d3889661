"""tremble update: a newer release beside this one, tried, switched to between matches, taken back if bad.

fresh environment ─► version, settings, migration of a copy ─► link ─► restart ─► answers: done
        └── any of it fails: removed, nothing changed               └─► does not: link and record back
"""

import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Annotated

from cyclopts import Parameter

import tremble
from tremble import config
from tremble.cli import life, logs, releases
from tremble.cli.options import Dir, prepared
from tremble.cli.releases import Releases, call
from tremble.cli.restart import READY_S, Countdown, Deadline, When, plan, wait_for_next
from tremble.errors import TrembleError
from tremble.server import lock
from tremble.server.lock import Holder
from tremble.store import backup, sqlite

RECORD = "tremble.db"


def update(
    *,
    wheel: Annotated[Path | None, Parameter(help="This file instead of the package index.")] = None,
    version: Annotated[str | None, Parameter(help="This version instead of the newest.")] = None,
    when: When = "between-matches",
    countdown: Countdown = 30.0,
    deadline: Deadline = 0.0,
    directory: Dir = None,
) -> None:
    """Install a newer release, try it, and restart the running server with it.

    The exit code is 1, and everything as it was, if the new release does not do.
    """
    path = config.data_directory(directory, os.environ)
    here = releases.here()
    what = str(wheel.absolute()) if wheel else f"tremble=={version}" if version else "tremble"
    fresh = here.fresh(datetime.now(UTC))
    print(f"installing {what} in {fresh}", flush=True)
    found = releases.install(fresh, what)
    if found == tremble.__version__ and wheel is None:
        shutil.rmtree(fresh)
        print(f"{found} is the newest: nothing to do")
        return
    try:
        saved = tried(fresh, path)
    except TrembleError:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    before = here.current()
    schema = sqlite.schema_version(path / RECORD)
    holder = lock.holder(path)
    here.switch(here.target_of(fresh))
    if holder is not None:
        try:
            switched(path, holder, found, [when, f"{countdown:g}", f"{deadline:g}", "update"])
        except (TrembleError, KeyboardInterrupt) as error:
            here.switch(before)
            taken_back(here, path, holder, saved, schema)
            shutil.rmtree(fresh, ignore_errors=True)
            raise TrembleError(
                f"{found} does not do, {tremble.__version__} is back: {error}"
            ) from None
    here.clean([here.current(), before])
    print(f"updated from {tremble.__version__} to {found}")


def tried(fresh: Path, path: Path) -> str | None:
    """Try the release *fresh* on the settings of *path* and on a copy of its record.

    Return the backup from which that was made; None if there is no record here.
    """
    program = str(fresh / "bin" / "tremble")
    call([program, "config", "check", "--dir", str(path)], "the settings, for the new version")
    if not (path / RECORD).exists():
        return None
    kept = backup.Keep(10_000)
    made = backup.create(prepared(path), datetime.now(UTC), tremble.__version__, kept)
    words = [program, "restore", made.name, "--dry-run", "--dir", str(path)]
    print("tried: " + call(words, "the record, for the new version").strip(), flush=True)
    return made.name


def switched(path: Path, holder: Holder, version: str, words: list[str]) -> None:
    """Restart who runs on *path*; it must come back as *version*. Raises TrembleError."""
    print(plan(path, words), flush=True)
    found = wait_for_next(path, holder)
    if found is None:
        raise TrembleError("the restart was taken back")
    if found.version != version:
        raise TrembleError(
            f"it came back as {found.version}: it was not started by the program `tremble` of its "
            "environment, which leads to the newest release"
        )


def taken_back(
    here: Releases, path: Path, holder: Holder, saved: str | None, schema: str | None
) -> None:
    """Let the old release run again on *path*, on the record as it was if the new one changed its schema."""
    found = lock.holder(path)
    if found is not None and found.since == holder.since:
        plan_off(path)
        return
    if found is None and lock.runs(holder):
        found = (
            holder  # the same process by now runs the new one, which has not come to the lock yet
        )
    if found is not None:
        life.end(found, path, signal.SIGTERM)
        if not life.wait_for_end(found, life.STOP_S):
            raise TrembleError(f"process {found.pid} does not end: end it, and start Tremble again")
    if saved is not None and sqlite.schema_version(path / RECORD) != schema:
        call([str(here.link), "restore", saved, "--dir", str(path)], "the record as it was")
    if holder.log.startswith(logs.JOURNAL):
        call(["systemctl", "restart", holder.log.removeprefix(logs.JOURNAL)], "the service")
    else:
        start(here, path, holder)
    until = monotonic() + READY_S
    while lock.holder(path) is None or life.ask(path, "status") is None:
        if monotonic() > until:
            raise TrembleError("the old version does not come back either; tremble logs tells why")
        sleep(0.25)


def plan_off(path: Path) -> None:
    """Take a restart back that was planned; there may be none any more."""
    try:
        plan(path, ["off"])
    except TrembleError as error:
        print(f"warning: {error}", file=sys.stderr)


def start(here: Releases, path: Path, holder: Holder) -> None:
    """Start what *holder* was, with the arguments that it had, apart from this command."""
    log = path / logs.FOLDER / logs.NAME
    with log.open("ab") as file:
        subprocess.Popen(
            [str(here.link), *holder.arguments],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
