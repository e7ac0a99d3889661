"""One Tremble on one data directory: a lock that the system releases when its holder dies.

`tremble.lock` also tells who holds it: the process with the moment of its start, so that another one
that has got the same number later is never taken for it, and where it can be reached.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import sleep
from typing import IO, Any, Self

import msgspec

import tremble
from tremble.errors import AlreadyRunning, ConfigError

NAME = "tremble.lock"
#: Looks at a lock whose holder has gone: another command may be looking at it in the same moment.
LOOKS = 20
PAUSE = 0.05


class Holder(msgspec.Struct, frozen=True):
    """Who holds a data directory.

    *started* as start_of() tells it; *command*: up, server or web; *log*: where its log goes, as
    `tremble logs` takes it; *arguments*: those of its command line.
    """

    pid: int
    started: int
    command: str
    version: str
    since: datetime
    arguments: list[str]
    port: int = 0
    url: str = ""
    log: str = ""


class Lock:
    """A lock that is held until close()."""

    def __init__(self, file: IO[str], holder: Holder) -> None:
        self._file = file
        self.holder = holder
        self._write()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def fd(self) -> int:
        """What holds it: a process that inherits this holds it too."""
        return self._file.fileno()

    def close(self) -> None:
        """Let the directory go, and say nothing more of who had it.

        A restart is the same process again: it must not take what is written there for somebody else.
        """
        with suppress(OSError):  # a full disk, or one that has gone
            self._file.truncate(0)
        self._file.close()

    def tell(self, **facts: Any) -> None:
        """Let others know more of the holder: *port*, *url*, *log*."""
        self.holder = msgspec.structs.replace(self.holder, **facts)
        self._write()

    def _write(self) -> None:
        # Not by renaming a new file over it: the lock is on the file that is there.
        self._file.seek(0)
        self._file.truncate()
        self._file.write(msgspec.json.encode(self.holder).decode() + "\n")
        self._file.flush()


def take(directory: Path, command: str = "up") -> Lock:
    """Lock *directory* for this process, which runs *command*.

    Raises AlreadyRunning, naming the process that has it.
    """
    file = (directory / NAME).open("a+")
    if hasattr(os, "fchmod"):
        os.fchmod(file.fileno(), 0o600)  # its arguments may be nobody else's business
    for look in range(LOOKS):
        if locked(file):
            break
        found = read(file)
        if look == LOOKS - 1 or (found is not None and runs(found)):
            file.close()
            who = found.pid if found is not None else "unknown"
            raise AlreadyRunning(
                f"another tremble (process {who}) runs on {directory}; "
                "stop it (tremble stop), or use --dir"
            )
        sleep(PAUSE)
    pid = os.getpid()
    started = start_of(pid) or 0
    now = datetime.now(UTC)
    return Lock(file, Holder(pid, started, command, tremble.__version__, now, sys.argv[1:]))


def holder(directory: Path) -> Holder | None:
    """Return who holds *directory*; None if nobody does. Raises ConfigError if that cannot be known."""
    path = directory / NAME
    try:
        file = path.open("r+")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; look as the user that runs it") from None
    with file:
        for _ in range(LOOKS):
            if locked(file, shared=True):
                return None
            found = read(file)
            if found is not None:
                return found
            sleep(PAUSE)  # it is being written, or let go
    raise ConfigError(f"{path}: somebody holds it and does not say who")


def read(file: IO[str]) -> Holder | None:
    """Return the holder that *file* tells; None if it tells none."""
    file.seek(0)
    try:
        return msgspec.json.decode(file.read(), type=Holder)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def start_of(pid: int) -> int | None:
    """Return when the process *pid* started, in clock ticks since boot; None if there is none.

    Where the system does not tell (no /proc) it is 0.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
        # The name, in brackets, may hold anything; field 22 is the 20th behind it (proc(5)).
        fields = text.rpartition(")")[2].split()
        return None if fields[0] == "Z" else int(fields[19])
    except FileNotFoundError:
        if os.path.exists("/proc/self/stat"):
            return None
    except (ProcessLookupError, IndexError):
        return None
    return 0 if exists(pid) else None


def exists(pid: int) -> bool:
    """Say whether there is a process *pid*, where there is no /proc."""
    if sys.platform == "win32":
        return True  # os.kill would end it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def runs(found: Holder) -> bool:
    """Say whether *found* is a process that this one can see, and still the same."""
    return start_of(found.pid) == found.started


def send(found: Holder, number: int) -> bool:
    """Send the signal *number* to *found*; False if it has gone. Raises ConfigError if we may not."""
    try:
        if not hasattr(os, "pidfd_open"):
            if not runs(found):
                return False
            os.kill(found.pid, number)
            return True
        fd = os.pidfd_open(found.pid)
        try:
            if not runs(found):  # looked at after the process is held: it cannot change any more
                return False
            signal.pidfd_send_signal(fd, number)
        finally:
            os.close(fd)
    except ProcessLookupError:
        return False
    except PermissionError:
        raise ConfigError(f"process {found.pid} belongs to another user; use sudo") from None
    return True


def locked(file: IO[str], shared: bool = False) -> bool:
    """Try to lock *file*, or only to look at it with others (*shared*); False if somebody has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            fcntl.flock(file.fileno(), kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
