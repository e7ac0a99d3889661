"""Files that are either the old or the new one, never half of one; and reading that cannot hang.

  write:  temp/NAME.tmp (new, exclusive) -> write all -> fsync -> rename -> fsync the folder
  read:   open without following links or waiting -> regular file? -> at most MAX_BYTES

After an fsync that failed the kernel may have dropped the pages, so a temp file is never tried
again: each attempt writes a new one.
"""

import errno
import os
import stat
import sys
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from tremble.data.codec import MAX_BYTES
from tremble.errors import AlreadyRunning, TrembleError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

READ_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    # Opening a pipe must not wait for its writer.
    | getattr(os, "O_NONBLOCK", 0)
)
CREATE_FLAGS = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
)
#: Folders cannot be opened on Windows; a rename is durable there once the journal is flushed.
CAN_SYNC_FOLDERS = os.name != "nt"


class NotAFile(TrembleError):
    """Something other than a regular file of sane size stands at the path."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.expected = expected
        self.found = found


class Disk:
    """The system calls by which data reach the disk; a test passes one that fails on purpose."""

    def write(self, fd: int, content: bytes) -> int:
        return os.write(fd, content)

    def fsync(self, fd: int) -> None:
        os.fsync(fd)

    def rename(self, source: str, target: str) -> None:
        os.replace(source, target)

    def unlink(self, path: str) -> None:
        os.unlink(path)


def read(path: str, limit: int = MAX_BYTES) -> bytes:
    """Return what the regular file at *path* holds, *limit* bytes at most.

    Raises NotAFile for a folder, link, pipe, device or giant; FileNotFoundError; another OSError if
    the world is at fault.
    """
    check(os.lstat(path), limit)
    fd = os.open(path, READ_FLAGS)
    try:
        check(os.fstat(fd), limit)
        content = bytearray()
        while len(content) <= limit:
            piece = os.read(fd, limit + 1 - len(content))
            if not piece:
                return bytes(content)
            content += piece
    finally:
        os.close(fd)
    raise NotAFile(f"a file of {limit} bytes at most", "one that grows beyond")


def check(info: os.stat_result, limit: int) -> None:
    """Raise NotAFile unless *info* is of a regular file of sane size."""
    kind = stat.S_IFMT(info.st_mode)
    if kind != stat.S_IFREG:
        raise NotAFile("a regular file", KINDS.get(kind, "something else"))
    if info.st_size > limit:
        raise NotAFile(f"a file of {limit} bytes at most", f"{info.st_size} bytes")


KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def write(disk: Disk, target: str, content: bytes, temp: str, durable: bool = True) -> None:
    """Put *content* at *target* by way of the file *temp* on the same disk.

    Raises OSError; *target* holds the old content then, or, if only the folder's fsync failed, the
    new.
    """
    with suppress(FileNotFoundError):
        disk.unlink(temp)
    fd = os.open(temp, CREATE_FLAGS, 0o600)
    try:
        try:
            view = memoryview(content)
            while view:
                view = view[disk.write(fd, bytes(view)) :]
            if durable:
                disk.fsync(fd)
        finally:
            os.close(fd)
        disk.rename(temp, target)
    except OSError:
        with suppress(OSError):
            os.unlink(temp)
        raise
    if durable:
        sync_folder(disk, os.path.dirname(target))


def sync_folder(disk: Disk, folder: str) -> None:
    """Make the names in *folder* durable."""
    if not CAN_SYNC_FOLDERS:
        return
    fd = os.open(folder, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        disk.fsync(fd)
    finally:
        os.close(fd)


def set_aside(disk: Disk, path: str, folder: Path, reason: str, now: str) -> str:
    """Move whatever stands at *path* into *folder*, with *reason* beside it; return its new name.

    The same content is kept once, however often it comes back; what is no file is told apart
    by *now* and a number. Return "" if nothing stands there.
    """
    if not os.path.lexists(path):
        return ""
    stem = Path(path).stem
    try:
        name = f"{stem}.{blake2b(read(path), digest_size=16).hexdigest()}.json"
    except NotAFile:
        number = 1
        while os.path.lexists(folder / f"{stem}.{now}.{number}.json"):
            number += 1
        name = f"{stem}.{now}.{number}.json"
    disk.rename(path, str(folder / name))
    # The file itself is what counts; on a full disk there is no room for the reason.
    with suppress(OSError):
        (folder / f"{name}.reason.txt").write_text(reason, "utf-8")
    return name


class Lock:
    """An exclusive lock on a folder, held until released or the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fd = -1

    @property
    def held(self) -> bool:
        return self.fd >= 0

    def acquire(self) -> None:
        """Take the lock; raise AlreadyRunning if another holds it, OSError if it cannot be made."""
        if self.held:
            return
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
        fd = os.open(self.path, flags | getattr(os, "O_NONBLOCK", 0), 0o600)
        try:
            lock_file(fd)
        except (BlockingIOError, PermissionError):
            os.close(fd)
            raise AlreadyRunning(
                f"another process is saving to {self.path.parent}: "
                "close the other game or tool first"
            ) from None
        except OSError as error:
            # Some network file systems have no locks: saving without one is better than never.
            if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
                os.close(fd)
                raise
        self.fd = fd

    def release(self) -> None:
        """Give the lock back; the file stays, since removing it would let two hold it."""
        if self.held:
            os.close(self.fd)
            self.fd = -1


if sys.platform == "win32":

    def lock_file(fd: int) -> None:
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)

else:

    def lock_file(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
