"""The local console: DIR/console.sock, a Unix stream socket that only its owner may open.

One JSON object a line, both ways:

  {"id": 1, "line": "kick Bob too loud", "by": "alice", "via": "web", "role": "admin", "from": "::1"}
      -> {"id": 1, "ok": true, "text": "kicked Bob: too loud", "data": {...}}
  {"id": 2, "watch": "events"}
      -> {"id": 2, "ok": true}   {"id": 2, "event": {"kind": "join", "at": "...", ...}}   ...
  {"id": 3, "watch": "arena", "arena": 0, "hz": 10}
      -> {"id": 3, "ok": true}   {"id": 3, "arena": {...}}   ...
  {"id": 3, "stop": true}
      -> {"id": 3, "ok": true}
  {"id": 4, "show": "status"}   or "metrics"
      -> {"id": 4, "ok": true, "text": "", "data": {"status": {...}, "metrics": [...]}}, one of the two

All members but `line`, `watch`, `show` or `stop` may be left out. `id` comes back as it was. A reader that
is too slow misses frames; the next one that it gets is preceded by {"id": 3, "dropped": 17}.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from tremble import local
from tremble.errors import CommandError, ProtocolError
from tremble.log import logger
from tremble.server.calling import Caller, Reply
from tremble.server.desk import Connection, Desk, Talk
from tremble.server.loop import GameServer
from tremble.server.watch import MAX_HZ, Watch, show

log = logger("console")

#: Longest request, in bytes.
MAX_REQUEST = 16384
#: Watches of one connection.
MAX_WATCHES = 16

Short = Annotated[str, msgspec.Meta(max_length=64)]


class Request(msgspec.Struct, rename={"address": "from"}):
    """One line that came in."""

    id: int | Short = 0
    line: str | None = None
    watch: Literal["events", "arena"] | None = None
    show: Literal["status", "metrics"] | None = None
    stop: bool = False
    by: Short = "console"
    via: Literal["console", "stdin", "web"] = "console"
    role: Literal["viewer", "moderator", "admin"] = "admin"
    address: Short = ""
    arena: Annotated[int, msgspec.Meta(ge=0)] = 0
    hz: Annotated[float, msgspec.Meta(gt=0, le=MAX_HZ)] = 10.0


class Console:
    """What the loop's thread keeps for those at the socket: who listens, who watches."""

    def __init__(self, server: GameServer, desk: Desk) -> None:
        self.server = server
        self.desk = desk
        self.listening: dict[tuple[ConsoleTalk, int | str], Callable[[bytes], None]] = {}
        self.watching: dict[tuple[ConsoleTalk, int | str], Watch] = {}
        server.news.listeners.append(self.hear_news)
        self.looks: list[Callable[[GameServer], None]] = []  # what was asked to be told, once
        server.between.append(self.attend)
        server.after.append(self.show)

    def attend(self, now: float) -> None:
        """Obey what was asked."""
        self.desk.attend(self.server)

    def show(self, now: float) -> None:
        """Tell what was asked for, and show what is watched."""
        looks, self.looks = self.looks, []
        for look in looks:
            look(self.server)
        if self.watching and not self.desk.crowded():
            show(self.server, list(self.watching.values()), now)

    def hear_news(self, kind: str, facts: dict[str, Any]) -> None:
        """Pass one event on to all who listen."""
        if not self.listening or self.desk.crowded():
            return
        at = datetime.now(UTC)
        body = msgspec.json.encode({"kind": kind, "at": at, **facts})
        for send in self.listening.values():
            send(body)

    def listen(self, talk: ConsoleTalk, request: Request) -> None:
        """*talk* wants to hear of every event."""
        self.listening[talk, request.id] = self.sender(talk, request.id)
        talk.settle(self, request.id, Reply(True, ""))

    def watch(self, talk: ConsoleTalk, request: Request) -> None:
        """*talk* wants to see an arena."""
        if request.arena >= len(self.server.arenas):
            text = f"there is no arena {request.arena}; the last is {len(self.server.arenas) - 1}"
            talk.settle(self, request.id, Reply(False, text))
            return
        talk.settle(self, request.id, Reply(True, ""))
        head = b'{"id":' + msgspec.json.encode(request.id)
        self.watching[talk, request.id] = Watch(
            request.arena,
            request.hz,
            lambda still: self.desk.later(
                lambda: talk.frame(head, b',"arena":' + still.json + b"}\n")
            ),
        )

    def forget(self, talk: ConsoleTalk, number: int | str | None) -> None:
        """Stop what *talk* has asked for as *number*; None: all of it."""
        for table in (self.listening, self.watching):
            for key in [k for k in table if k[0] is talk and number in (None, k[1])]:
                table.pop(key)

    def sender(self, talk: ConsoleTalk, number: int | str) -> Callable[[bytes], None]:
        """Return what sends an event to *talk*."""
        head = b'{"id":' + msgspec.json.encode(number)
        return lambda body: self.desk.later(partial(talk.frame, head, b',"event":' + body + b"}\n"))


class ConsoleTalk:
    """One connection at the console's socket."""

    def __init__(self, console: Console, connection: Connection) -> None:
        self.console = console
        self.connection = connection
        self.rest = b""
        self.dropped = 0
        self.watches: set[int | str] = set()

    def hear(self, data: bytes) -> None:
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self.hear_line(line)
        if len(self.rest) > MAX_REQUEST:
            raise ProtocolError(f"a request is longer than {MAX_REQUEST} bytes")

    def hear_line(self, line: bytes) -> None:
        """Do what one line asks for."""
        try:
            request = msgspec.json.decode(line, type=Request)
            self.do(request)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            self.write(0, Reply(False, f"not a request: {error}"))
        except CommandError as error:
            self.write(request.id, Reply(False, str(error)))

    def do(self, request: Request) -> None:
        console = self.console
        if request.line is not None:
            caller = Caller(request.by, request.via, request.role, request.address)
            self.connection.call(caller, request.line, partial(self.write, request.id))
        elif request.watch is not None:
            if len(self.watches) >= MAX_WATCHES:
                raise CommandError(f"one connection may watch {MAX_WATCHES} things; stop one")
            self.watches.add(request.id)
            act = console.listen if request.watch == "events" else console.watch
            console.desk.ask(lambda _: act(self, request))
        elif request.show is not None:
            look = partial(self.show, request.id, request.show)
            console.desk.ask(lambda _: console.looks.append(look))
        elif request.stop:
            self.watches.discard(request.id)
            console.desk.ask(lambda _: self.stop(request.id))
        else:
            raise CommandError('a request has "line", "watch", "show" or "stop"')

    def stop(self, number: int | str) -> None:
        """In the loop's thread: no more frames for *number*."""
        self.console.forget(self, number)
        self.settle(self.console, number, Reply(True, ""))

    def show(self, number: int | str, what: str, server: GameServer) -> None:
        """In the loop's thread: tell all of *what*."""
        figures = server.house.families() if what == "metrics" else server.house.status()
        self.settle(self.console, number, Reply(True, "", {what: figures}))

    def settle(self, console: Console, number: int | str, reply: Reply) -> None:
        """From the loop's thread: answer the request *number*."""
        console.desk.later(partial(self.write, number, reply))

    def write(self, number: int | str, reply: Reply) -> None:
        answer: dict[str, Any] = {"id": number, "ok": reply.ok, "text": reply.text}
        if reply.data:
            answer["data"] = reply.data
        self.connection.write(msgspec.json.encode(answer) + b"\n")

    def frame(self, head: bytes, body: bytes) -> None:
        """Send one frame unless the reader is behind."""
        if self.connection.crowded():
            self.dropped += 1
            return
        if self.dropped:
            self.connection.write(head + b',"dropped":%d}\n' % self.dropped)
            self.dropped = 0
        self.connection.write(head + body)

    def timed(self) -> bool:
        # A dashboard stays for days, and an empty server is to sleep.
        return False

    def look(self, now: float) -> None:
        return

    def gone(self) -> None:
        self.console.desk.ask(lambda _: self.console.forget(self, None))


class ConsoleDoor:
    """The socket in the data directory *directory*."""

    most = 32

    def __init__(self, directory: Path, console: Console) -> None:
        self.directory = directory
        self.console = console
        self.inode = 0
        self.told = False

    def open(self) -> socket.socket | None:
        """Listen; while another process does (one that is about to end), try again."""
        if not hasattr(socket, "AF_UNIX"):
            log.warning("no console: this system's Python has no Unix sockets")
            return socket.socket()  # never listens, so nobody comes in
        try:
            sock = local.listen(self.directory, self.most)
        except OSError as error:
            if not self.told:
                self.told = True
                why = error.strerror or str(error)
                log.warning("no console yet", directory=str(self.directory), why=why)
            return None
        self.inode = (self.directory / local.NAME).stat().st_ino
        return sock

    def let_in(self, connection: Connection, address: str) -> Talk | None:
        return ConsoleTalk(self.console, connection)

    def close(self) -> None:
        """Remove the socket, unless it is another's by now."""
        path = self.directory / local.NAME
        with suppress(OSError):
            if self.inode and path.stat().st_ino == self.inode:
                path.unlink()
