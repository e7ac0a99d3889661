"""A client of Source RCON: ours, or any other game's."""

import socket
from typing import Self

from tremble.errors import TrembleError
from tremble.net import rcon


class RconRefused(TrembleError):
    """The server does not take the password, or not from here."""


class RconClient:
    """A connection to *host*:*port*, *password* shown.

    Raises OSError, RconRefused, or ProtocolError if that is no RCON server.
    """

    def __init__(self, host: str, port: int, password: str, timeout: float = 10.0) -> None:
        self._sock = socket.create_connection((host, port), timeout)
        self._reader = rcon.Reader(1 << 20)  # some servers send long answers in one piece
        self._waiting: list[rcon.Packet] = []
        self._number = 0
        try:
            self._authenticate(password)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self._sock.close()

    def _authenticate(self, password: str) -> None:
        self._number += 1
        try:
            self._sock.sendall(rcon.encode(self._number, rcon.AUTH, password.encode()))
            packet = self._read()
            while packet.kind != rcon.AUTH_RESPONSE:
                packet = self._read()  # Valve's servers send an empty RESPONSE first
        except (ConnectionError, EOFError):
            raise RconRefused(
                "the server ended the connection; is this address locked out?"
            ) from None
        if packet.number != self._number:
            raise RconRefused("wrong RCON password")

    def call(self, line: str) -> str:
        """Return the answer to *line*. Raises EOFError if the server ends the connection."""
        number, end = self._number + 1, self._number + 2
        self._number = end
        # An empty RESPONSE behind it comes back after the last piece of the answer.
        question = rcon.encode(number, rcon.COMMAND, line.encode()) + rcon.encode(
            end, rcon.RESPONSE, b""
        )
        self._sock.sendall(question)
        body = b""
        while True:
            packet = self._read()
            if packet.number == end:
                return body.decode("utf-8", "replace")
            if packet.number == number:
                body += packet.body

    def _read(self) -> rcon.Packet:
        while not self._waiting:
            data = self._sock.recv(65536)
            if not data:
                raise EOFError("the server has ended the connection")
            self._waiting = self._reader.receive(data)
        return self._waiting.pop(0)
