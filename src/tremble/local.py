"""The console's socket in the data directory: naming it, listening at it, asking at it.

What travels there stands at the head of `server/console.py`. Both halves may ask.
"""

import errno
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

NAME = "console.sock"
#: Longest path of a Unix socket everywhere: sun_path has 104 bytes on macOS, 108 on Linux, NUL included.
MAX_PATH = 103


@contextmanager
def short_path(path: Path) -> Iterator[str]:
    """Give *path* as the system takes it for a socket: as it is, relative, or through /proc.

    Raises OSError if it is too long for all of them.
    """
    for text in (str(path), os.path.relpath(path)):
        if len(os.fsencode(text)) <= MAX_PATH:
            yield text
            return
    if not os.path.isdir("/proc/self/fd"):
        why = f"the path of a socket has at most {MAX_PATH} bytes; use a shorter --dir"
        raise OSError(errno.ENAMETOOLONG, why, str(path))
    fd = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{fd}/{path.name}"
    finally:
        os.close(fd)


def listen(directory: Path, backlog: int) -> socket.socket:
    """Return a socket that listens in *directory*, for its owner alone.

    One that nobody answers at is replaced. Raises OSError, EADDRINUSE if another process listens.
    """
    path = directory / NAME
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with short_path(path) as name:
            try:
                sock.bind(name)
            except OSError as error:
                if error.errno != errno.EADDRINUSE or answers(name):
                    raise
                path.unlink()
                sock.bind(name)
            # Nobody can connect before listen(), so nobody comes in before the mode is right.
            path.chmod(0o600)
        sock.listen(backlog)
    except BaseException:
        sock.close()
        raise
    return sock


def answers(name: str) -> bool:
    """Say whether somebody listens at the socket *name*."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(1.0)
        try:
            sock.connect(name)
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True
        return True


def connect(directory: Path, timeout: float | None) -> socket.socket:
    """Return a socket connected to the console of *directory*. Raises OSError if nobody answers."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout)
        with short_path(directory / NAME) as name:
            sock.connect(name)
    except BaseException:
        sock.close()
        raise
    return sock


class ConsoleLink:
    """Asks at the console of *directory*, one thing after the other. Raises OSError, as all of it does."""

    def __init__(self, directory: Path, timeout: float | None = 10.0) -> None:
        self._sock = connect(directory, timeout)
        self._file = self._sock.makefile("rb")
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self._sock.close()

    def send(self, request: dict[str, Any]) -> int:
        """Send *request* under a fresh id, which is returned."""
        self._number += 1
        self._sock.sendall(json.dumps({"id": self._number, **request}).encode() + b"\n")
        return self._number

    def read(self) -> dict[str, Any]:
        """Return the next object that comes. Raises ConnectionError when the server has gone."""
        line = self._file.readline()
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise ConnectionError(errno.ECONNRESET, "the server has gone")
        return found

    def show(self, what: str) -> Any:
        """Return "status" or "metrics" of the server, whichever *what* is. Raises KeyError without it."""
        return self.answer(self.send({"show": what}))["data"][what]

    def call(self, line: str, **who: str) -> dict[str, Any]:
        """Have *line* obeyed; return {"ok": ..., "text": ..., "data": ...}.

        *who*: by, via, role, from, as they stand at the head of `server/console.py`.
        """
        return self.answer(self.send({"line": line, **who}))

    def answer(self, number: int) -> dict[str, Any]:
        """Return the next object that comes with the id *number*."""
        while True:
            found = self.read()
            if found.get("id") == number:
                return found
