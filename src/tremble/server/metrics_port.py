"""The TCP port for those who watch a game server: /metrics, /healthz and /readyz over HTTP.

In the desk's thread; off until `metrics.port` is set. Health is asked of the loop itself, between two
ticks: who hangs does not answer, and is not well.

  /healthz   200: the loop has answered within PATIENCE; 503: it has not
  /readyz    the same, and nobody is turned away by a drain, and results can be written
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING

import msgspec

from tremble import metrics
from tremble.errors import ProtocolError
from tremble.log import logger
from tremble.server.desk import Connection, Desk, Talk
from tremble.server.rcon import bind

if TYPE_CHECKING:
    from tremble.server.loop import GameServer

log = logger("metrics")

#: Seconds for the loop to answer, and for a request to come in whole.
PATIENCE = 1.0
REQUEST_TIMEOUT = 5.0
#: Longest request, in bytes.
MAX_REQUEST = 8192
TEXT = "text/plain; charset=utf-8"


class MetricsOptions(msgspec.Struct, frozen=True):
    """[metrics]. *port* 0: no port. Who is not on this machine shows *token*, unless it is *open*."""

    bind: str = "127.0.0.1"
    port: int = 0
    token: str = ""
    open: bool = False


class MetricsDoor:
    """The port. *ready* says in the loop's thread why no player should be sent here, "" if one may."""

    most = 16

    def __init__(
        self, options: MetricsOptions, desk: Desk, ready: Callable[[GameServer], str]
    ) -> None:
        self.options = options
        self.desk = desk
        self.ready = ready
        self.listener = bind(options.bind, options.port, "metrics")
        self.port = int(self.listener.getsockname()[1])

    def open(self) -> socket.socket | None:
        metrics.exposition([])  # imports what it needs now, and not beside a match
        self.listener.listen(self.most)
        log.info("metrics listen", bind=self.options.bind, port=self.port)
        return self.listener

    def let_in(self, connection: Connection, address: str) -> Talk | None:
        return HttpTalk(self, connection, address, monotonic())

    def close(self) -> None:
        self.listener.close()


class HttpTalk:
    """One connection, one request."""

    def __init__(self, door: MetricsDoor, connection: Connection, address: str, now: float) -> None:
        self.door = door
        self.connection = connection
        self.address = address
        self.until = now + REQUEST_TIMEOUT
        self.got = b""
        self.asked = False
        self.done = False

    def hear(self, data: bytes) -> None:
        if self.asked:
            return
        self.got += data
        head, end, _ = self.got.partition(b"\r\n\r\n")
        if len(head) > MAX_REQUEST:
            raise ProtocolError("a request for metrics is too long")
        if end:
            self.asked = True
            self.answer(head.decode("latin-1").split("\r\n"))

    def answer(self, lines: list[str]) -> None:
        """Answer the request with these *lines*."""
        method, _, rest = lines[0].partition(" ")
        path = rest.partition(" ")[0].partition("?")[0]
        given = {name.strip().lower(): value.strip() for name, _, value in map(split, lines[1:])}
        if path not in ("/metrics", "/healthz", "/readyz"):
            self.write(404, "there are /metrics, /healthz and /readyz\n")
        elif method != "GET":
            self.write(405, "use GET\n")
        elif path != "/metrics":
            self.ask(path == "/readyz")
        elif self.may_read(given.get("authorization", "")):
            self.show(given.get("accept", ""))
        else:
            self.write(403, "metrics are for this machine, or with metrics.token as bearer\n")

    def may_read(self, authorization: str) -> bool:
        options = self.door.options
        return options.open or metrics.may_read(self.address, authorization, options.token)

    def ask(self, readiness: bool) -> None:
        """Ask the loop how it is; look() answers if it does not."""
        self.until = monotonic() + PATIENCE

        def asked(server: GameServer) -> None:
            fault = self.door.ready(server) if readiness else ""
            self.door.desk.later(lambda: self.tell(fault))

        self.door.desk.ask(asked)

    def tell(self, fault: str) -> None:
        self.write(503 if fault else 200, f"{fault or 'ok'}\n")

    def show(self, accept: str) -> None:
        """Ask the loop for its figures and write them."""
        self.until = monotonic() + REQUEST_TIMEOUT

        def asked(server: GameServer) -> None:
            families = server.house.families()
            self.door.desk.later(lambda: self.write_metrics(families, accept))

        self.door.desk.ask(asked)

    def write_metrics(self, families: list[metrics.Family], accept: str) -> None:
        kind, text = metrics.exposition(families, accept)
        self.write(200, text.decode(), kind)

    def write(self, code: int, text: str, kind: str = TEXT) -> None:
        """Answer, once, and end the connection."""
        if self.done:
            return
        self.done = True
        body = text.encode()
        head = f"HTTP/1.1 {code} {HTTPStatus(code).phrase}\r\nContent-Type: {kind}\r\n"
        rest = f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        self.connection.write((head + rest).encode() + body)
        self.connection.end()

    def timed(self) -> bool:
        return True

    def look(self, now: float) -> None:
        if now < self.until or self.done:
            return
        if self.asked:
            self.write(503, f"the loop has not answered for {PATIENCE:g} s\n")
        else:
            raise ProtocolError("a request for metrics does not come")

    def gone(self) -> None:
        self.done = True


def split(line: str) -> tuple[str, str, str]:
    """Return name, colon and value of a header."""
    return line.partition(":")
