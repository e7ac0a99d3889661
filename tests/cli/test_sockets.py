"""cli/sockets.py: bound sockets that outlive the program in a process."""

import socket
from pathlib import Path

import pytest

from tremble.cli.sockets import ENVIRONMENT, Sockets
from tremble.errors import PortBusy
from tremble.server import udp


@pytest.fixture
def environ() -> dict[str, str]:
    """What one program leaves to the next: it has bound and handed on the socket `game`."""
    found: dict[str, str] = {}
    with Sockets(found) as sockets:
        sockets.bind("game", "127.0.0.1", 0, udp.bind)
        sockets.hand_on()
    return found


def none(host: str, port: int) -> socket.socket:
    raise PortBusy("a new one is wanted")


def test_the_next_program_has_the_same_socket(environ: dict[str, str]) -> None:
    """What came in meanwhile is there; no child hears of it; at the end it is closed."""
    fd = int(environ[ENVIRONMENT].partition('"fd":')[2].partition(",")[0])
    with socket.socket(fileno=fd) as sock, socket.socket(type=socket.SOCK_DGRAM) as client:
        client.sendto(b"early", sock.getsockname())
        sock.detach()

    with Sockets(environ) as sockets:
        taken = sockets.bind("game", "127.0.0.1", 0, none)

        assert taken.recv(100) == b"early"
        assert not taken.get_inheritable()
    assert environ == {} and taken.fileno() == -1


def test_other_settings_take_another_socket(environ: dict[str, str]) -> None:
    """One for another port, or no longer open, is not taken; the old one is closed."""
    left = dict(environ)
    with Sockets(environ) as sockets, pytest.raises(PortBusy):
        sockets.bind("game", "127.0.0.1", 4433, none)
    with Sockets(left) as sockets, pytest.raises(PortBusy):
        sockets.bind("game", "127.0.0.1", 0, none)


def test_nonsense_is_nothing(tmp_path: Path) -> None:
    """A variable that cannot be read, or that names what is no socket."""
    with (tmp_path / "file").open("wb") as file:
        for text in (
            "",
            "7",
            '{"game": 1}',
            f'{{"game": {{"fd": {file.fileno()}, "host": "", "port": 1}}}}',
        ):
            with Sockets({ENVIRONMENT: text}) as sockets, pytest.raises(PortBusy):
                sockets.bind("game", "", 1, none)
