"""server/rcon.py: the door, the password, the lock-out."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import mcrcon
import pytest
import rcon.exceptions
import rcon.source
from memory import Game
from rooms import room

from tremble.client.rcon import RconClient, RconRefused
from tremble.errors import PortBusy
from tremble.net import rcon as codec
from tremble.server import lockout as lockout_module
from tremble.server import rcon as rcon_module
from tremble.server.calling import Command, Reply
from tremble.server.commands import TABLE
from tremble.server.desk import Desk
from tremble.server.lockout import Lockout, network
from tremble.server.rcon import RconDoor, RconOptions

PASSWORD = "gr\u00fcn 7"
LONG = "\u9f8d" * 9000


class Served:
    """A game with a thread that does what the desk asks for, as the loop would."""

    def __init__(self) -> None:
        self.game = Game(room())
        self.woken = threading.Event()
        self.over = False
        self.desk = Desk(self.woken.set)
        self.door = RconDoor(RconOptions(PASSWORD, port=0, max_failures=2, lockout_s=60.0))
        self.port = self.door.port
        self.desk.start([self.door])
        self.loop = threading.Thread(target=self.run)
        self.loop.start()

    def run(self) -> None:
        while not self.over:
            self.woken.wait()
            self.woken.clear()
            self.desk.attend(self.game.server)

    def end(self) -> None:
        self.over = True
        self.woken.set()
        self.loop.join()
        self.desk.close()


@pytest.fixture
def served(monkeypatch) -> Iterator[Served]:
    row = Command("long", "long", "Much.", "viewer", lambda *_: Reply(True, LONG), changes=False)
    monkeypatch.setitem(TABLE, "long", row)
    found = Served()
    yield found
    found.end()


def test_our_client(served: Served) -> None:
    """Answers come whole and in order, short, long and empty ones."""
    with RconClient("127.0.0.1", served.port, PASSWORD) as client:
        assert client.call("players") == "nobody is here"
        assert client.call("long") == LONG
        assert client.call("kik") == "there is no command 'kik'; did you mean kick?"
        assert client.call("") == ""


def test_mcrcon(served: Served) -> None:
    """The client of PyPI's mcrcon: short and long answers."""
    with mcrcon.MCRcon("127.0.0.1", PASSWORD, port=served.port, timeout=60) as client:
        assert client.command("players") == "nobody is here"
        assert client.command("say hi") == "said: hi"


def test_pypi_rcon(served: Served) -> None:
    """The client of PyPI's rcon: short and long answers, a wrong password."""
    where = ("127.0.0.1", served.port)
    with rcon.source.Client(*where, passwd=PASSWORD) as client:
        assert client.run("players") == "nobody is here"
    with rcon.source.Client(*where, passwd=PASSWORD) as client:
        assert client.run("long", enforce_id=False) == LONG
    client = rcon.source.Client(*where, passwd="wrong")
    with pytest.raises(rcon.exceptions.WrongPassword):
        client.connect(login=True)
    client.close()


def test_wrong_passwords_lock_the_address_out(served: Served) -> None:
    """After two of them even the right one is not heard."""
    for _ in range(2):
        with pytest.raises(RconRefused, match="wrong RCON password"):
            RconClient("127.0.0.1", served.port, "wrong")

    with pytest.raises(RconRefused, match="locked out"):
        RconClient("127.0.0.1", served.port, PASSWORD)


def test_command_without_password_ends_the_connection(served: Served) -> None:
    """Nothing is obeyed; the answer is -1 and the end."""
    with socket.create_connection(("127.0.0.1", served.port), 60) as sock:
        sock.sendall(codec.encode(1, codec.COMMAND, b"say hi"))
        data = b""
        while more := sock.recv(4096):
            data += more

    assert data == codec.encode(-1, codec.AUTH_RESPONSE, b"")


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100, b"\0" * 20])
def test_nonsense_ends_the_connection(served: Served, data: bytes) -> None:
    """What is no RCON costs one connection and nothing else."""
    with socket.create_connection(("127.0.0.1", served.port), 60) as sock:
        sock.sendall(data)
        with suppress(ConnectionResetError):
            assert sock.recv(4096) == b""

    with RconClient("127.0.0.1", served.port, PASSWORD) as client:
        assert client.call("players") == "nobody is here"


def test_silent_connection_is_ended(served: Served, monkeypatch) -> None:
    """Who shows no password in time is put out."""
    monkeypatch.setattr(rcon_module, "AUTH_TIMEOUT", 0.1)
    with socket.create_connection(("127.0.0.1", served.port), 60) as sock:
        assert sock.recv(1) == b""


def test_one_address_has_few_connections(served: Served) -> None:
    """The fifth at once is closed unheard; when one goes, the next may come."""
    clients = [RconClient("127.0.0.1", served.port, PASSWORD) for _ in range(4)]
    with pytest.raises(RconRefused):
        RconClient("127.0.0.1", served.port, PASSWORD)

    for client in clients:
        assert client.call("players") == "nobody is here"
        client.close()


def test_busy_port_is_told(served: Served) -> None:
    with pytest.raises(PortBusy, match=str(served.port)):
        RconDoor(RconOptions(PASSWORD, port=served.port))


def test_lockouts_grow() -> None:
    """Each lock-out is twice as long as the last; the right password makes all good."""
    lockout = Lockout(3, 10.0)

    waits = [lockout.failed("192.0.2.1", 0.0) for _ in range(9)]

    assert waits == [0, 0, 10, 0, 0, 20, 0, 0, 40]
    assert lockout.locked("192.0.2.1", 39.0) == 1.0
    assert lockout.locked("192.0.2.1", 41.0) == 0.0
    assert lockout.locked("192.0.2.2", 0.0) == 0.0
    lockout.passed("192.0.2.1")
    assert lockout.failed("192.0.2.1", 50.0) == 0.0


def test_one_host_is_one_address() -> None:
    """All of a /64 is one host; IPv4 within IPv6 is IPv4."""
    assert network("2001:db8::1") == network("2001:db8::ffff:2") != network("2001:db8:0:1::1")
    assert network("::ffff:192.0.2.1") == "192.0.2.1"


def test_lockout_remembers_only_so_many(monkeypatch) -> None:
    """A flood from many addresses does not fill the memory."""
    monkeypatch.setattr(lockout_module, "REMEMBERED", 10)
    lockout = Lockout(1, 10.0)

    for i in range(100):
        lockout.failed(f"192.0.2.{i}", 0.0)

    assert len(lockout.by_address) == 10
    assert lockout.locked("192.0.2.99", 1.0) == 9.0
