"""Killed at any moment, refused by the disk at any step: what was acknowledged is there."""

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tremble.data import checkup, documents, files
from tremble.data.documents import DataType
from tremble.data.manager import DataManager

STATS = DataType.PLAYER_STATS
KILLER = Path(__file__).with_name("killer.py")


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL and fork are POSIX")
@pytest.mark.parametrize(
    "times", [50, pytest.param(1_000, marks=[pytest.mark.heavy, pytest.mark.timeout(1_200)])]
)
def test_kill_9(tmp_path: Path, times: int) -> None:
    """After every kill -9 each acknowledged save is there, and no corrupt file was ever loaded."""
    ran = subprocess.run(
        [sys.executable, str(KILLER), str(tmp_path / "player"), str(times), "1"],
        check=True,
        capture_output=True,
        timeout=1_000,
    )

    told = json.loads(ran.stdout)
    assert told["saves"] > times
    assert (told["kills"], told["lost"], told["corrupt"]) == (times, 0, [])


class FaultyDisk(files.Disk):
    """Counts its operations and fails the one with number *fail_at*, from then on all if *full*."""

    def __init__(self, fail_at: int = -1, code: int = errno.EIO, full: bool = False) -> None:
        self.fail_at = fail_at
        self.code = code
        self.full = full
        self.done: list[str] = []

    def step(self, name: str) -> None:
        self.done.append(name)
        number = len(self.done) - 1
        if number == self.fail_at or (self.full and number > self.fail_at >= 0):
            raise OSError(self.code, os.strerror(self.code))

    def write(self, fd: int, content: bytes) -> int:
        self.step("write")
        return super().write(fd, content[: max(1, len(content) // 2)])

    def fsync(self, fd: int) -> None:
        self.step("fsync")
        super().fsync(fd)

    def rename(self, source: str, target: str) -> None:
        self.step("rename")
        super().rename(source, target)

    def unlink(self, path: str) -> None:
        self.step("unlink")
        super().unlink(path)


def with_wins(manager: DataManager, wins: int) -> documents.PlayerStats:
    document = manager.get_default_data(STATS)
    assert isinstance(document, documents.PlayerStats)
    document.stats.wins = wins
    return document


def operations_of_a_save(folder: Path) -> list[str]:
    disk = FaultyDisk()
    with DataManager(folder, disk=disk) as manager:
        manager.save_data(STATS, with_wins(manager, 1))
        disk.done.clear()
        manager.save_data(STATS, with_wins(manager, 2))
    return disk.done


def test_every_operation_is_counted(tmp_path: Path) -> None:
    """A save writes, syncs and renames twice, the file and its backup, and syncs both folders."""
    done = operations_of_a_save(tmp_path / "player")

    assert done.count("write") >= 2 * 5
    assert done.count("fsync") == 4
    assert done.count("rename") == 2


@pytest.mark.parametrize("full", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS])
def test_a_fault_at_every_operation(tmp_path: Path, code: int, full: bool) -> None:
    """Whichever operation fails: an honest answer, old or new data intact, the next save works."""
    count = len(operations_of_a_save(tmp_path / "count"))
    assert count > 10
    for fail_at in range(count):
        folder = tmp_path / f"fail{fail_at}"
        with DataManager(folder) as manager:
            manager.save_data(STATS, with_wins(manager, 1))
        disk = FaultyDisk(fail_at, code, full)
        with DataManager(folder, disk=disk) as manager:
            corrupt: list[object] = []
            manager.data_corrupted.connect(
                lambda s, kept=corrupt, **kw: kept.append(kw), weak=False
            )

            saved = manager.save_data(STATS, with_wins(manager, 2))

            assert len(disk.done) > fail_at
            if not saved:
                assert os.strerror(code) in str(manager.last_error)
            with DataManager(folder, read_only=True) as reader:
                assert reader.load_data(STATS).stats.wins in ([2] if saved else [1, 2])
            disk.fail_at = -1
            assert manager.save_data(STATS, with_wins(manager, 3))
            assert manager.load_data(STATS).stats.wins == 3
            assert corrupt == []
            # What was there before the fault is still among the backups.
            kept = [manager._backups.read(g) for g in manager.list_backups(STATS)]
            assert any(b'"wins": 1' in content for content in kept)
        assert list((folder / "temp").iterdir()) == []


def test_a_backup_that_failed_is_made_up_for(tmp_path: Path) -> None:
    """If only the backup could not be written, the save counts, and the next load backs it up."""
    done = operations_of_a_save(tmp_path / "count")
    renames = [number for number, name in enumerate(done) if name == "rename"]
    disk = FaultyDisk()
    with DataManager(tmp_path / "player", disk=disk) as manager:
        manager.save_data(STATS, with_wins(manager, 1))
        disk.done.clear()
        disk.fail_at = renames[1]
        saved = manager.save_data(STATS, with_wins(manager, 2))
        before = len(manager.list_backups(STATS))
        manager.load_data(STATS)

        assert (saved, before) == (True, 1)
        assert b'"wins": 2' in manager._backups.read(manager.list_backups(STATS)[0])


def test_a_fault_while_a_damaged_file_is_restored(tmp_path: Path) -> None:
    """Whichever operation of a restore fails: the player gets the backup, nothing is lost."""
    for fail_at in range(12):
        folder = tmp_path / f"fail{fail_at}"
        with DataManager(folder) as manager:
            manager.save_data(STATS, with_wins(manager, 7))
        (folder / "player_stats.json").write_bytes(b"damaged")
        with DataManager(folder, disk=FaultyDisk(fail_at, errno.ENOSPC)) as manager:
            assert manager.load_data(STATS).stats.wins == 7
            assert manager.load_data(STATS).stats.wins == 7
        left = [p.read_bytes() for p in folder.rglob("player_stats.*json") if p.is_file()]
        assert b"damaged" in left


def test_a_save_waits_for_the_disk(tmp_path: Path) -> None:
    """What `save_later` could not write is written once the fault has gone."""
    disk = FaultyDisk()
    with DataManager(tmp_path / "player", disk=disk) as manager:
        manager.load_data(STATS)
        disk.fail_at, disk.full = len(disk.done), True
        manager.save_later(STATS, with_wins(manager, 5))
        refused = not manager.flush()
        seen = manager.load_data(STATS).stats.wins
        disk.fail_at = -1

        assert (refused, seen) == (True, 5)
        assert manager.flush()
        assert manager.load_data(STATS).stats.wins == 5


def test_a_late_save_tries_again_by_itself(tmp_path: Path) -> None:
    """Nobody has to ask again: once the disk works, what waited is written."""
    disk = FaultyDisk()
    refused, saved = threading.Event(), threading.Event()

    def on_saved(sender: DataManager, data_type: str, success: bool) -> None:
        disk.fail_at = -1
        (saved if success else refused).set()

    with DataManager(tmp_path / "player", disk=disk) as manager:
        manager.load_data(STATS)
        manager.data_saved.connect(on_saved)
        disk.fail_at = len(disk.done)
        disk.full = True
        manager.save_later(STATS, with_wins(manager, 5))

        assert refused.wait(60)
        assert saved.wait(60)
    with DataManager(tmp_path / "player") as manager:
        assert manager.load_data(STATS).stats.wins == 5


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_backups_that_cannot_be_listed() -> None:
    """If even the backups cannot be listed, loads still answer and nothing is overwritten."""
    with tempfile.TemporaryDirectory() as name, unprivileged(Path(name)):
        folder = Path(name, "player")
        with DataManager(folder) as manager:
            manager.save_data(STATS, with_wins(manager, 1))
            (folder / "player_stats.json").unlink()
            (folder / "backups").chmod(0)
            loaded = manager.load_data(STATS).stats.wins
            states = {finding.state for finding in checkup.look(folder)}
            refused = not manager.save_data(STATS, with_wins(manager, 0))
            restored = manager.restore_from_backup(STATS)
            (folder / "backups").chmod(0o700)

            assert (loaded, refused, restored) == (0, True, False)
            assert states == {"unreadable"}
            assert manager.load_data(STATS).stats.wins == 1


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_backup_that_cannot_be_read() -> None:
    """A damaged file whose backup the disk hides stays as it is until the backup can be read."""
    with tempfile.TemporaryDirectory() as name, unprivileged(Path(name)):
        folder = Path(name, "player")
        with DataManager(folder) as manager:
            manager.save_data(STATS, with_wins(manager, 1))
            (folder / "player_stats.json").write_bytes(b"damaged")
            backup = folder / "backups" / manager.list_backups(STATS)[0].name
            backup.chmod(0)
            loaded = manager.load_data(STATS).stats.wins
            content = (folder / "player_stats.json").read_bytes()
            backup.chmod(0o600)

            assert (loaded, content) == (0, b"damaged")
            assert manager.load_data(STATS).stats.wins == 1


def test_unreadable_is_not_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be read now is never replaced: not by defaults, not by what follows."""
    folder = tmp_path / "player"
    with DataManager(folder) as manager:
        manager.save_data(STATS, with_wins(manager, 7))
        for generation in manager.list_backups(STATS):
            (folder / "backups" / generation.name).unlink()
        loaded: list[bool] = []
        manager.data_loaded.connect(
            lambda s, data_type, success: loaded.append(success), weak=False
        )
        with monkeypatch.context() as patch:
            patch.setattr(os, "read", failing_read)
            document = manager.load_data(STATS)
        refused = not manager.save_data(STATS, document)
        refused_later = not manager.save_later(STATS, document)
        why = str(manager.last_error)

        assert (document.stats.wins, loaded) == (0, [False])
        assert refused and refused_later
        assert "load it again first" in why
        assert manager.load_data(STATS).stats.wins == 7
        assert manager.save_data(STATS, with_wins(manager, 8))


def failing_read(fd: int, size: int) -> bytes:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


# The same by the real kernel


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_read_only_folder() -> None:
    """Without permission to write: a clear error, old data intact, then it works again."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "player")
        with unprivileged(Path(name)), DataManager(folder) as manager:
            assert manager.save_data(STATS, with_wins(manager, 1))
            for path in (folder, folder / "backups", folder / "temp"):
                path.chmod(0o500)

            assert not manager.save_data(STATS, with_wins(manager, 2))
            assert "Permission denied" in str(manager.last_error)
            assert manager.load_data(STATS).stats.wins == 1

            for path in (folder, folder / "backups", folder / "temp"):
                path.chmod(0o700)
            assert manager.save_data(STATS, with_wins(manager, 3))


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_read_only_folder_from_the_start() -> None:
    """A manager opens in a folder it may not write to, loads what is there, and saves later."""
    with tempfile.TemporaryDirectory() as name, unprivileged(Path(name)):
        folder = Path(name, "player")
        with DataManager(folder) as manager:
            manager.save_data(STATS, with_wins(manager, 1))
        folder.chmod(0o500)
        (folder / "data.lock").chmod(0o400)
        with DataManager(folder) as manager:
            assert manager.load_data(STATS).stats.wins == 1
            refused = not manager.save_data(STATS, with_wins(manager, 2))
            folder.chmod(0o700)
            (folder / "data.lock").chmod(0o600)

            assert refused
            assert manager.save_data(STATS, with_wins(manager, 3))


@contextmanager
def unprivileged(folder: Path) -> Iterator[None]:
    """Run as a user whom permissions bind, who owns *folder*; root is bound by none."""
    if os.geteuid() != 0:
        yield
        return
    os.chown(folder, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.name == "nt", reason="resource limits are POSIX")
def test_the_kernel_refuses_to_write(tmp_path: Path) -> None:
    """A real refusal in the middle of a file (a size limit): a clear error, old data intact."""
    folder = tmp_path / "player"
    with DataManager(folder) as manager:
        manager.save_data(STATS, with_wins(manager, 1))
        before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
        try:
            saved = manager.save_data(STATS, with_wins(manager, 2))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            signal.signal(signal.SIGXFSZ, before)

        assert not saved
        assert "File too large" in str(manager.last_error)
        assert manager.load_data(STATS).stats.wins == 1
        assert manager.save_data(STATS, with_wins(manager, 3))


def test_blocked_by_a_file(tmp_path: Path) -> None:
    """A file where a folder must be: a clear error, and it works once that is gone."""
    folder = tmp_path / "player"
    folder.mkdir()
    (folder / "backups").write_text("in the way")
    with DataManager(folder) as manager:
        refused = not manager.save_data(STATS, with_wins(manager, 1))
        why = str(manager.last_error)
        (folder / "backups").unlink()

        assert refused
        assert "backups" in why
        assert manager.save_data(STATS, with_wins(manager, 1))
