"""One Tremble on one data directory: a lock that the system releases when its holder dies."""

import os
import sys
from pathlib import Path
from typing import IO

from tremble.errors import AlreadyRunning


def take(directory: Path) -> IO[str]:
    """Lock *directory*; keep the returned file open as long as the lock is to hold.

    Raises AlreadyRunning, naming the process that has it.
    """
    path = directory / "tremble.lock"
    file = path.open("a+")
    if not locked(file):
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise AlreadyRunning(
            f"another tremble (process {holder}) runs on {directory}; stop it, or use --dir"
        )
    file.seek(0)
    file.truncate()
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def locked(file: IO[str]) -> bool:
    """Try to lock *file*; False if somebody else has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
