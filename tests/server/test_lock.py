"""server/lock.py: one Tremble on one directory, and who it is."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import tremble
from tremble.errors import AlreadyRunning
from tremble.server import lock

HOLD = "import sys; from pathlib import Path; from tremble.server import lock; \
f = lock.take(Path(sys.argv[1])); f.tell(port=7); print('held', flush=True); sys.stdin.read()"


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds tmp_path."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_second_process_is_refused_by_name(tmp_path: Path, other) -> None:
    """Who comes second is told the process that holds the directory; its death frees it."""
    with pytest.raises(AlreadyRunning, match=f"process {other.pid}") as caught:
        lock.take(tmp_path)
    other.kill()
    other.wait()

    assert caught.value.exit_code == 3
    with lock.take(tmp_path, "web") as held:
        assert (held.holder.pid, held.holder.command) == (os.getpid(), "web")


def test_holder_is_told(tmp_path: Path, other) -> None:
    """Who holds it can be asked for; once it is dead there is nobody, whatever the file says."""
    found = lock.holder(tmp_path)
    other.kill()
    other.wait()

    assert found is not None
    assert (found.pid, found.port, found.version) == (other.pid, 7, tremble.__version__)
    assert lock.holder(tmp_path) is None
    assert lock.holder(tmp_path / "nothing") is None
    assert (tmp_path / "tremble.lock").stat().st_mode & 0o777 == 0o600


def test_signal_reaches_only_the_same_process(tmp_path: Path, other) -> None:
    """A process that has only the number of the holder gets no signal."""
    found = lock.holder(tmp_path)
    assert found is not None
    reused = msgspec.structs.replace(found, started=found.started + 1)

    assert not lock.send(reused, signal.SIGKILL)
    assert other.poll() is None
    assert lock.send(found, signal.SIGKILL)
    assert other.wait() == -signal.SIGKILL
    assert not lock.send(found, signal.SIGKILL)


def test_look_does_not_keep_a_start_away(tmp_path: Path, monkeypatch) -> None:
    """A lock held by nobody who runs, as by a command that looks at it, is waited for."""
    lock.take(tmp_path).close()
    file = (tmp_path / "tremble.lock").open("r+")
    assert lock.locked(file)
    monkeypatch.setattr(lock, "runs", lambda holder: False)
    monkeypatch.setattr(lock, "sleep", lambda seconds: file.close())

    lock.take(tmp_path).close()

    assert file.closed


def test_restart_is_not_refused_by_a_look(tmp_path: Path, monkeypatch) -> None:
    """A process that begins afresh, with the same number, waits for who looks at the lock just then."""
    lock.take(tmp_path).close()
    file = (tmp_path / "tremble.lock").open("r+")
    assert lock.locked(file, shared=True)
    monkeypatch.setattr(lock, "sleep", lambda seconds: file.close())

    lock.take(tmp_path).close()

    assert file.closed


def test_looks_do_not_take_each_other_for_a_holder(tmp_path: Path, other) -> None:
    """Two commands that ask at once, after the holder was killed, both hear that nobody is there."""
    other.kill()
    other.wait()
    with (tmp_path / "tremble.lock").open("r+") as file:
        assert lock.locked(file, shared=True)

        assert lock.holder(tmp_path) is None


def test_look_while_the_holder_goes(tmp_path: Path, monkeypatch) -> None:
    """Who looks when the lock is let go hears that nobody is there."""
    held = lock.take(tmp_path)
    os.truncate(tmp_path / "tremble.lock", 0)
    monkeypatch.setattr(lock, "sleep", lambda seconds: held.close())

    assert lock.holder(tmp_path) is None
