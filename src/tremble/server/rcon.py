"""Source RCON over TCP, in the desk's thread; the protocol itself is `net/rcon.py`.

Off until there is a password. An address that fails too often is not let in for a while, twice as long
each time that it goes on.
"""

from __future__ import annotations

import errno
import hmac
import socket
from time import monotonic

import msgspec

from tremble.errors import ConfigError, PortBusy, ProtocolError
from tremble.log import logger
from tremble.net import rcon
from tremble.server.calling import Caller, Reply
from tremble.server.desk import Connection, Talk
from tremble.server.lockout import Lockout, network

log = logger("rcon")

#: Seconds in which a connection must show the password.
AUTH_TIMEOUT = 10.0
#: Connections from one address.
PER_ADDRESS = 4


class RconOptions(msgspec.Struct, frozen=True):
    """[rcon]. *lockout_s* after *max_failures* wrong passwords; an empty *password*: no RCON."""

    password: str = ""
    bind: str = "127.0.0.1"
    port: int = 4433
    max_failures: int = 5
    lockout_s: float = 300.0


class RconDoor:
    """The TCP port."""

    most = 32

    def __init__(self, options: RconOptions) -> None:
        self.options = options
        self.lockout = Lockout(options.max_failures, options.lockout_s)
        self.by_address: dict[str, int] = {}
        self.listener = bind(options.bind, options.port)
        self.port = int(self.listener.getsockname()[1])

    def open(self) -> socket.socket | None:
        self.listener.listen(self.most)
        log.info("rcon listens", bind=self.options.bind, port=self.port)
        return self.listener

    def let_in(self, connection: Connection, address: str) -> Talk | None:
        key = network(address)
        if self.by_address.get(key, 0) >= PER_ADDRESS or self.lockout.locked(address, monotonic()):
            return None
        self.by_address[key] = self.by_address.get(key, 0) + 1
        return RconTalk(self, connection, address, monotonic())

    def gone(self, address: str) -> None:
        """A connection from *address* has ended."""
        key = network(address)
        self.by_address[key] -= 1
        if not self.by_address[key]:
            del self.by_address[key]

    def close(self) -> None:
        self.listener.close()


class RconTalk:
    """One connection. Until it has shown the password it may do nothing else."""

    def __init__(self, door: RconDoor, connection: Connection, address: str, now: float) -> None:
        self.door = door
        self.connection = connection
        self.address = address
        self.since = now
        self.known = False
        self.reader = rcon.Reader(rcon.MAX_REQUEST)
        # Answers in the order of the packets: what asks for the end waits for the commands before it.
        self.order: list[bytes | None] = []
        self.first = 0

    def hear(self, data: bytes) -> None:
        for packet in self.reader.receive(data):
            if packet.kind == rcon.AUTH:
                self.authenticate(packet)
            elif not self.known:
                self.connection.write(rcon.encode(rcon.REFUSED, rcon.AUTH_RESPONSE, b""))
                raise ProtocolError("rcon command before the password")
            elif packet.kind == rcon.COMMAND:
                self.obey(packet)
            elif packet.kind == rcon.RESPONSE:
                self.answer(self.place(), rcon.respond_end(packet.number))
            else:
                raise ProtocolError(f"rcon packet of unknown kind {packet.kind}")

    def authenticate(self, packet: rcon.Packet) -> None:
        """Check the password in *packet*; a wrong one ends the connection."""
        password = self.door.options.password.encode()
        now = monotonic()
        right = hmac.compare_digest(packet.body, password)
        # Other connections of a locked address may still be open.
        if not right or self.door.lockout.locked(self.address, now):
            wait = self.door.lockout.failed(self.address, now)
            log.warning("rcon refused", address=self.address, locked_s=wait)
            self.connection.write(rcon.encode(rcon.REFUSED, rcon.AUTH_RESPONSE, b""))
            raise ProtocolError("wrong rcon password")
        self.door.lockout.passed(self.address)
        self.known = True
        log.info("rcon connected", address=self.address)
        self.connection.write(rcon.encode(packet.number, rcon.AUTH_RESPONSE, b""))

    def obey(self, packet: rcon.Packet) -> None:
        """Have the line in *packet* obeyed; an empty one is answered empty."""
        place = self.place()
        number = packet.number
        if not packet.body.strip():
            self.answer(place, rcon.respond(number, ""))
            return
        caller = Caller("rcon", "rcon", "admin", self.address)

        def answer(reply: Reply) -> None:
            self.answer(place, rcon.respond(number, reply.text))

        self.connection.call(caller, packet.text, answer)

    def place(self) -> int:
        """Return the place of the next answer."""
        if len(self.order) >= 256:
            raise ProtocolError("too many rcon packets at once")
        self.order.append(None)
        return self.first + len(self.order) - 1

    def answer(self, place: int, data: bytes) -> None:
        """Write the answer of *place* as soon as all before it are written."""
        self.order[place - self.first] = data
        out = bytearray()
        while self.order and self.order[0] is not None:
            out += self.order.pop(0) or b""
            self.first += 1
        if out:
            self.connection.write(bytes(out))

    def timed(self) -> bool:
        return not self.known

    def look(self, now: float) -> None:
        if not self.known and now - self.since > AUTH_TIMEOUT:
            raise ProtocolError("no rcon password in time")

    def gone(self) -> None:
        self.door.gone(self.address)


def bind(host: str, port: int, section: str = "rcon") -> socket.socket:
    """Return a TCP socket bound to *host* and *port* of a settings' *section*.

    Raises PortBusy or ConfigError.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(1)  # bind() alone does not tell that another listens
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise PortBusy(
                f"TCP port {port} ({section}.port) is in use by another program; choose another one"
            ) from None
        raise ConfigError(f"{section}.bind = {host!r}: {error.strerror or error}") from None
    return sock
