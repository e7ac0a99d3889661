"""A restore under `tremble up`, which has begun afresh for it: nothing else runs yet.

  the wish ─► this process keeps the lock and the sockets, and waits
                └─► python -m tremble.cli.restoring DIR    safety backup, build, swap
  what came of it ─► restore.json, the log, the audit log; then all is started as ever

Whatever ends the process of its own, and the machine too, the record is the old one or the new one.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from time import sleep
from typing import IO, Any

import msgspec

import tremble
from tremble import restoring
from tremble.errors import StoreError, TrembleError
from tremble.log import logger
from tremble.process import follow_parent
from tremble.restoring import Restoring
from tremble.server import lock, notify
from tremble.server.audit import Audit
from tremble.server.calling import Caller, Reply
from tremble.server.lock import Lock

log = logger("restore")

#: Seconds between two looks at whether it is done.
LOOK_S = 0.25
#: As store/restore.py has it, which is slow to import.
PART = "restore.part"
RECORD = "tremble.db"


def wish_of(environ: MutableMapping[str, str] = os.environ) -> Restoring | None:
    """Take from *environ* what is to be restored; None: nothing, as at nearly every start."""
    text = environ.pop(restoring.ENVIRONMENT, "")
    try:
        return msgspec.json.decode(text, type=Restoring) if text else None
    except msgspec.MsgspecError:
        return None


def hand_on(wish: dict[str, Any], environ: MutableMapping[str, str] = os.environ) -> None:
    """Leave *wish* for the program that this process is about to become."""
    environ[restoring.ENVIRONMENT] = msgspec.json.encode(wish).decode()


def at_start(
    path: Path, held: Lock, errors: IO[bytes] | None, stopping: Callable[[], bool]
) -> None:
    """Do what the environment says is to be restored on *path*; clear up what a crash has left.

    For who has the lock *held*, before anything opens the record. *errors*: where the process of its
    own complains; it is ended as soon as *stopping*.
    """
    wish = wish_of()
    if wish is not None:
        log.info("restore begins", target=wish.target, by=wish.by)
        keep(path, msgspec.structs.replace(wish, state="begun", at=datetime.now(UTC)))
        try:
            why = carry_out(path, held, errors, stopping)
        except OSError as error:
            why = f"its process could not be started: {error}"
        settle(path, why)
    else:
        settle(path, "Tremble was ended in the middle of it")
    for left in path.glob(f"{PART}*"):
        rmtree(left, ignore_errors=True)


def carry_out(
    path: Path, held: Lock, errors: IO[bytes] | None, stopping: Callable[[], bool]
) -> str:
    """Run the process that restores; return why it failed, "" if it did not.

    It has the lock *held* too: after a kill of this one nobody begins before that one has ended.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", "tremble.cli.restoring", str(path)],
        stdin=subprocess.PIPE,  # its end tells it that we have gone
        stdout=subprocess.PIPE,
        stderr=errors,
        pass_fds=[held.fd] if os.name != "nt" else (),
        start_new_session=True,
    )
    ended = ""
    with child:
        while child.poll() is None:
            if stopping():
                ended = "Tremble was told to stop"
                child.kill()
            notify.alive()
            with suppress(subprocess.TimeoutExpired):
                child.wait(LOOK_S)
        assert child.stdout is not None
        said = child.stdout.read().decode(errors="replace").strip()
    if not child.returncode:
        return ""
    return ended or said or f"its process ended with code {child.returncode}"


def settle(path: Path, why: str) -> None:
    """Write down what came of a restore on *path* that is no longer at work; *why* it failed, if it did."""
    found = restoring.read(path)
    if found is None or found.state not in ("begun", "placing"):
        return
    # The new record is built in PART and leaves it in the one step that puts it in place.
    placed = found.state == "placing" and not (path / PART / RECORD).exists()
    if placed:
        text, after = f"{found.text}; what was there is in backup {found.safety}", found.after
    else:
        kept = f" (backup {found.safety} was made of it)" if found.safety else ""
        text = f"the record is the one from before{kept}: {why}"
        after = None
    found = msgspec.structs.replace(
        found,
        state="restored" if placed else "failed",
        at=datetime.now(UTC),
        text=text,
        after=after,
    )
    keep(path, found)
    note(path, found)
    if placed:
        log.info("restored", target=found.target, by=found.by, safety=found.safety)
    else:
        log.error("restore failed", target=found.target, by=found.by, why=why)


def keep(path: Path, found: Restoring) -> None:
    """Write *found* down; a disk that does not take it is told to the log alone."""
    try:
        restoring.write(path, found)
    except OSError as error:
        log.error("not written", why=str(error))


def note(path: Path, found: Restoring) -> None:
    """Put what came of it into the audit log of commands."""
    caller = Caller(found.by, found.via, "admin", found.address)
    reply = Reply(found.state == "restored", found.text, before=found.before, after=found.after)
    line = f"restore {found.target}: {found.state}"
    for write in Audit(path).entry(datetime.now(UTC), caller, line, reply):
        try:
            write()
        except OSError as error:
            log.error("not written", why=str(error))


def restore(path: Path) -> None:
    """Do what restore.json in *path* says has begun. Raises TrembleError, with the old record in place."""
    from tremble import ledger
    from tremble.cli.restore import in_words, target_of
    from tremble.store import restore as record

    wish = restoring.read(path)
    if wish is None or wish.state != "begun":
        raise StoreError(f"{path / restoring.NAME}: nothing has begun to be restored")
    safety = saved(path)
    before = {"matches": safety.matches, "last_match": safety.last_match, "backup": safety.name}
    wish = msgspec.structs.replace(wish, safety=safety.name, before=before)
    restoring.write(path, wish)
    target = target_of(path, wish.backup or None, wish.match or None)
    done = record.build(path, target, ledger.record_all)
    if RECORD not in done.files:
        raise StoreError(f"backup {done.backup} holds no record")
    after = {"matches": done.matches, "last_match": done.last_match, "backup": done.backup}
    wish = msgspec.structs.replace(
        wish, state="placing", backup=done.backup, after=after, text=in_words(done)
    )
    sign(path, wish)
    restoring.write(path, wish)
    record.swap(path)


def saved(path: Path) -> Any:
    """Return a fresh backup of the record as it is. Raises StoreError if it cannot be made."""
    from tremble.store import backup

    if not (path / RECORD).exists():
        raise StoreError(f"there is no {RECORD} in {path}")
    now = datetime.now(UTC)
    while (path / backup.FOLDER / now.strftime(backup.NAME)).exists():
        sleep(LOOK_S)  # one of this very second: names have seconds
        now = datetime.now(UTC)
    everything = backup.Keep(sys.maxsize)
    return backup.create(path, now, tremble.__version__, everything, safety=True)


def sign(path: Path, wish: Restoring) -> None:
    """Put into the audit of the record that is to be who wanted it, and what was there. Raises StoreError."""
    from tremble.store import audit, instant
    from tremble.store.engine import Store

    who = "operator" if wish.via == "web" else wish.via
    by = audit.By(f"{who}:{wish.by}", wish.address, instant.to_store(datetime.now(UTC)))
    with Store(path / PART / RECORD) as store:
        store.write(audit.note, by, "restore", wish.backup, wish.before, wish.after).result()


def main() -> None:
    """Entry of `python -m tremble.cli.restoring DIR`, for `tremble up` alone, which holds the lock."""
    path = Path(sys.argv[1])
    holder = lock.holder(path)
    if holder is None or holder.pid != os.getppid():
        sys.exit("use `tremble restore`")
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # at once, also in the middle of a long statement
    follow_parent()
    try:
        restore(path)
    except (TrembleError, OSError) as error:
        print(error, flush=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
