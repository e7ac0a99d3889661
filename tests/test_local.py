"""local.py: a socket in a directory, however long its path."""

import errno
import socket
import stat
from pathlib import Path

import pytest

from tremble import local


@pytest.fixture(params=["short", "long" * 50])
def directory(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    found = tmp_path / request.param
    found.mkdir()
    return found


def test_connects_and_is_private(directory: Path) -> None:
    """Whoever connects is heard; nobody but the owner may."""
    with local.listen(directory, 1) as listener, local.connect(directory, 5) as mine:
        theirs, _ = listener.accept()
        with theirs:
            mine.sendall(b"hello")

            assert theirs.recv(5) == b"hello"
    assert stat.S_IMODE((directory / local.NAME).stat().st_mode) == 0o600


def test_stale_socket_is_replaced(directory: Path) -> None:
    """What a killed server has left is no obstacle."""
    local.listen(directory, 1).close()

    with local.listen(directory, 1), local.connect(directory, 5) as mine:
        assert mine.fileno() >= 0


def test_living_socket_is_not_replaced(directory: Path) -> None:
    """Somebody else's console stays his."""
    with local.listen(directory, 1):
        with pytest.raises(OSError) as caught:
            local.listen(directory, 1)
        assert caught.value.errno == errno.EADDRINUSE

        local.connect(directory, 5).close()


def test_nobody_answers(tmp_path: Path) -> None:
    """Without a server connect says so."""
    with pytest.raises(OSError):
        local.connect(tmp_path, 5)


def test_server_that_goes_is_noticed(tmp_path: Path) -> None:
    """An answer that never comes whole is a ConnectionError, not a wrong one."""
    with local.listen(tmp_path, 1) as listener:
        link = local.ConsoleLink(tmp_path)
        theirs, _ = listener.accept()
        theirs.sendall(b'{"id": 1, "ok"')
        theirs.shutdown(socket.SHUT_WR)

        with link, theirs, pytest.raises(ConnectionError):
            link.call("status")
