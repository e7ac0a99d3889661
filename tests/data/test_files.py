"""Atomic writing, careful reading, the lock."""

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tremble.data import files
from tremble.data.files import Disk, Lock, NotAFile
from tremble.errors import AlreadyRunning


def test_write_then_read(tmp_path: Path) -> None:
    """What is written is read, and no temp file is left."""
    target, temp = str(tmp_path / "a"), str(tmp_path / "a.tmp")
    files.write(Disk(), target, b"one", temp)
    files.write(Disk(), target, b"two", temp, durable=False)

    assert files.read(target) == b"two"
    assert os.listdir(tmp_path) == ["a"]


def test_private(tmp_path: Path) -> None:
    """Only the player may read the file."""
    files.write(Disk(), str(tmp_path / "a"), b"x", str(tmp_path / "t"))

    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


def test_a_leftover_temp_file(tmp_path: Path) -> None:
    """A temp file, or a link in its place, is replaced and never followed."""
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "t").symlink_to("victim")
    files.write(Disk(), str(tmp_path / "a"), b"x", str(tmp_path / "t"))

    assert (tmp_path / "victim").read_text() == "precious"
    assert files.read(str(tmp_path / "a")) == b"x"


def test_what_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders, links, pipes, sockets, devices are named for what they are, without waiting."""
    (tmp_path / "link").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    server = socket.socket(socket.AF_UNIX)
    monkeypatch.chdir(tmp_path)
    server.bind("socket")
    server.close()
    for path, found in (
        (str(tmp_path), "a folder"),
        (str(tmp_path / "link"), "a symbolic link"),
        (str(tmp_path / "pipe"), "a named pipe"),
        (str(tmp_path / "socket"), "a socket"),
        ("/dev/zero", "a device"),
    ):
        with pytest.raises(NotAFile, match=found):
            files.read(path)


def test_a_file_that_never_ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file that says it is small but gives more and more is read to the limit only."""
    (tmp_path / "a").write_bytes(b"x")
    monkeypatch.setattr(os, "read", lambda fd, size: b"x" * min(size, 100))

    with pytest.raises(NotAFile, match="1000 bytes at most, found one that grows"):
        files.read(str(tmp_path / "a"), limit=1000)


def test_set_aside_twice(tmp_path: Path) -> None:
    """The same content is kept once; other things are all kept."""
    bad = tmp_path / "settings.json"
    aside = tmp_path / "corrupt"
    aside.mkdir()
    names = []
    for _ in range(2):
        bad.write_bytes(b"bad")
        names.append(files.set_aside(Disk(), str(bad), aside, "why", "now"))
    for _ in range(2):
        bad.mkdir()
        names.append(files.set_aside(Disk(), str(bad), aside, "why", "now"))

    assert names[0] == names[1]
    assert names[2:] == ["settings.now.1.json", "settings.now.2.json"]
    assert files.set_aside(Disk(), str(bad), aside, "why", "now") == ""
    assert (aside / f"{names[0]}.reason.txt").read_text() == "why"


def test_lock(tmp_path: Path) -> None:
    """One holder at a time, in one process or two; a process that dies gives it back."""
    lock = Lock(tmp_path / "lock")
    lock.acquire()
    lock.acquire()
    script = (
        "import sys; from pathlib import Path; from tremble.data.files import Lock\n"
        "Lock(Path(sys.argv[1])).acquire()"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "lock")]

    with pytest.raises(AlreadyRunning):
        Lock(tmp_path / "lock").acquire()
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60)
    lock.release()
    lock.release()
    taken = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert "AlreadyRunning" in refused.stderr
    assert taken.returncode == 0
    lock.acquire()
    assert lock.held
    lock.release()


def test_lock_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file system that has no locks saving goes on; any other fault is told."""
    code = errno.ENOLCK

    def refuse(fd: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(files, "lock_file", refuse)
    lock = Lock(tmp_path / "lock")
    lock.acquire()
    held = lock.held
    lock.release()
    code = errno.EIO

    assert held
    with pytest.raises(OSError, match="Input/output error"):
        lock.acquire()


def test_a_full_disk_has_no_room_for_the_reason(tmp_path: Path) -> None:
    """A file is set aside even if the reason cannot be written beside it."""
    (tmp_path / "settings.json").mkdir()
    (tmp_path / "settings.now.1.json.reason.txt").mkdir()
    name = files.set_aside(Disk(), str(tmp_path / "settings.json"), tmp_path, "why", "now")

    assert (tmp_path / name).is_dir()


def test_lock_in_the_way(tmp_path: Path) -> None:
    """A link or a folder where the lock should be is an error of the disk, not followed."""
    (tmp_path / "link").symlink_to("elsewhere")
    for name in ("link", "."):
        with pytest.raises(OSError):
            Lock(tmp_path / name).acquire()
    assert not (tmp_path / "elsewhere").exists()
