"""The desk: one thread for all that is asked of the game from outside it, so that the tick never waits.

  desk's thread    reads and writes its connections, writes to disk   -- ask() -->   loop's thread
  loop's thread    does what was asked, between two ticks             -- later() -> desk's thread

Bytes are understood by the Talk of a connection; a Door makes a Talk for each that comes in. What a slow
reader does not take is dropped if it is a frame of something live; if it is a reply, the connection ends.
"""

from __future__ import annotations

import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from tremble.errors import ProtocolError
from tremble.log import logger
from tremble.server import commands
from tremble.server.calling import Caller, Reply

if TYPE_CHECKING:
    from tremble.server.loop import GameServer

log = logger("console")

#: Bytes that may wait for a reader: beyond the first number frames are dropped, beyond the second it goes.
MAX_FRAMES = 1 << 18
MAX_OUT = 1 << 22
#: Tasks of the loop that may wait for the desk before frames are dropped.
MAX_TASKS = 1024
#: Things asked for that are done in one tick: a command is far shorter than a tick, sixteen are not long.
PER_TICK = 16
#: Replies that one connection may wait for.
MAX_PENDING = 64
#: Seconds between two looks at what has a time limit.
LOOK_EVERY = 0.5


class Talk(Protocol):
    """What understands the bytes of one connection; runs in the desk's thread."""

    def timed(self) -> bool:
        """Say whether it has time limits now: only then it is looked at."""

    def hear(self, data: bytes) -> None:
        """Take *data*. Raises ProtocolError to end the connection."""

    def look(self, now: float) -> None:
        """Act on time limits. Raises ProtocolError to end the connection."""

    def gone(self) -> None:
        """The connection has ended."""


class Door(Protocol):
    """Where connections come in."""

    most: int

    def open(self) -> socket.socket | None:
        """Return a listening socket; None to be asked again later."""

    def let_in(self, connection: Connection, address: str) -> Talk | None:
        """Return who talks to the new *connection*; None to refuse it."""

    def close(self) -> None:
        """Nobody comes in any more."""


class Connection:
    """One connection of the desk. Only its thread touches it."""

    def __init__(self, desk: Desk, sock: socket.socket, door: Door) -> None:
        self.desk = desk
        self.sock = sock
        self.door = door
        self.talk: Talk | None = None
        self.out = bytearray()
        self.pending = 0  # replies that it waits for
        self.ending = False
        self.closed = False

    def write(self, data: bytes) -> None:
        """Send *data*; a reader who leaves MAX_OUT bytes lying is cut off."""
        if self.closed:
            return
        self.out += data
        if len(self.out) > MAX_OUT:
            self.desk.drop(self)
        else:
            self.flush()

    def crowded(self) -> bool:
        """Say whether frames are to be dropped because too much waits already."""
        return len(self.out) > MAX_FRAMES

    def end(self) -> None:
        """Close once everything is written; nothing more is read."""
        self.ending = True
        self.flush()

    def flush(self) -> None:
        """Write what the socket takes."""
        if self.closed:
            return
        try:
            while self.out:
                del self.out[: self.sock.send(self.out[:65536])]
        except BlockingIOError:
            pass
        except OSError:
            self.desk.drop(self)
            return
        if self.ending and not self.out:
            self.desk.drop(self)
        else:
            self.desk.listen_for(self)

    def call(self, caller: Caller, line: str, answer: Callable[[Reply], None]) -> None:
        """Have *line* obeyed; *answer* takes the reply in the desk's thread.

        Raises ProtocolError if too many wait already.
        """
        if self.pending >= MAX_PENDING:
            raise ProtocolError("too many commands at once")
        self.pending += 1

        def answered(reply: Reply) -> None:
            self.pending -= 1
            if not self.closed:
                answer(reply)

        self.desk.call(caller, line, answered)


class Desk:
    """The thread, its connections and the two queues. *wake_loop* makes the loop look around."""

    def __init__(self, wake_loop: Callable[[], None]) -> None:
        self.wake_loop = wake_loop
        self.doors: list[Door] = []
        self.connections: list[Connection] = []
        self._shut: list[Door] = []  # doors that could not be opened yet
        self._asked: deque[Callable[[GameServer], None]] = deque()
        self._tasks: deque[Callable[[], None]] = deque()
        self._selector = selectors.DefaultSelector()
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._stopping = False
        self._looked = 0.0
        self._thread = threading.Thread(target=self._run, name="desk", daemon=True)

    # -- for the loop's thread

    def attend(self, server: GameServer) -> None:
        """Do what was asked for, a little of it at a time."""
        for _ in range(min(len(self._asked), PER_TICK)):
            self._asked.popleft()(server)
        if self._asked:
            self.wake_loop()

    def later(self, task: Callable[[], None]) -> None:
        """Have *task* done in the desk's thread, in the order of the calls."""
        self._tasks.append(task)
        with suppress(OSError):  # it is awake then, or has ended
            self._writer.send(b"\0")

    def crowded(self) -> bool:
        """Say whether the desk is so far behind that frames are to be dropped."""
        return len(self._tasks) > MAX_TASKS

    def start(self, doors: list[Door]) -> None:
        """Open *doors* and serve who comes in."""
        self.doors = doors
        self._shut = list(doors)
        self._look(monotonic())
        self._thread.start()

    def close(self) -> None:
        """Do what is still to be done, pass on what is written, and end the thread."""
        self.later(self._stop)
        self._thread.join()
        self._writer.close()  # not before: what wakes the thread may still come from here

    # -- for any thread

    def ask(self, job: Callable[[GameServer], None]) -> None:
        """Have *job* done by the loop between two ticks."""
        self._asked.append(job)
        self.wake_loop()

    def call(self, caller: Caller, line: str, answer: Callable[[Reply], None]) -> None:
        """Have *line* obeyed by the loop; *answer* takes the reply in the desk's thread."""
        self.ask(lambda server: self.settle(commands.execute(server, caller, line), answer))

    def settle(self, reply: Reply, answer: Callable[[Reply], None]) -> None:
        """Write what *reply* has to write, then pass it on."""
        self.later(partial(finish, reply, answer))

    # -- the desk's own thread

    def _run(self) -> None:
        self._selector.register(self._reader, selectors.EVENT_READ, self._woken)
        while not (self._stopping and not self._tasks):
            for key, events in self._selector.select(self._patience()):
                key.data(events)
            self._do_tasks()
            if monotonic() >= self._looked + LOOK_EVERY:
                self._look(monotonic())
        self._end()

    def _stop(self) -> None:
        self._stopping = True

    def _patience(self) -> float | None:
        """Return how long nothing has to be looked at; None: until something comes."""
        if self._stopping or self._tasks:
            return 0.0
        return LOOK_EVERY if self._shut or any(map(timed, self.connections)) else None

    def _woken(self, events: int) -> None:
        with suppress(BlockingIOError):
            while self._reader.recv(4096):
                pass

    def _do_tasks(self) -> None:
        for _ in range(len(self._tasks)):
            task = self._tasks.popleft()
            try:
                task()
            except Exception:
                # Our fault: it must not end the thread on which every other connection depends.
                log.exception("a task of the desk failed")

    def _look(self, now: float) -> None:
        self._looked = now
        for door in list(self._shut):
            self._open(door)
        for connection in list(self.connections):
            self._guarded(connection, lambda talk: talk.look(now))

    def _open(self, door: Door) -> None:
        listener = door.open()
        if listener is not None:
            listener.setblocking(False)
            self._shut.remove(door)
            heard = partial(self._knocked, door, listener)
            self._selector.register(listener, selectors.EVENT_READ, heard)

    def _knocked(self, door: Door, listener: socket.socket, events: int) -> None:
        try:
            sock, address = listener.accept()
        except OSError:
            return
        sock.setblocking(False)
        connection = Connection(self, sock, door)
        here = sum(1 for other in self.connections if other.door is door)
        host = address[0] if isinstance(address, tuple) else ""
        talk = door.let_in(connection, host) if here < door.most else None
        if talk is None:
            sock.close()
            return
        connection.talk = talk
        self.connections.append(connection)
        heard = partial(self._ready, connection)
        self._selector.register(sock, selectors.EVENT_READ, heard)

    def _ready(self, connection: Connection, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            connection.flush()
        if not events & selectors.EVENT_READ or connection.closed:
            return
        try:
            data = connection.sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.drop(connection)
        elif not connection.ending:
            self._guarded(connection, lambda talk: talk.hear(data))

    def _guarded(self, connection: Connection, act: Callable[[Talk], None]) -> None:
        """Let the connection's talk act; what it does not understand ends the connection."""
        if connection.talk is None or connection.closed:
            return
        try:
            act(connection.talk)
        except ProtocolError as error:
            log.info("connection ended", why=str(error))
            connection.end()
        except Exception:
            log.exception("connection failed")
            self.drop(connection)

    def listen_for(self, connection: Connection) -> None:
        """Watch for room to write as long as something waits to be written."""
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.out else 0)
        key = self._selector.get_key(connection.sock)
        if key.events != wanted:
            self._selector.modify(connection.sock, wanted, key.data)

    def drop(self, connection: Connection) -> None:
        """End *connection* now."""
        if connection.closed:
            return
        connection.closed = True
        if connection in self.connections:
            self.connections.remove(connection)
            self._selector.unregister(connection.sock)
        connection.sock.close()
        if connection.talk is not None:
            connection.talk.gone()

    def _end(self) -> None:
        for connection in list(self.connections):
            connection.end()
            self.drop(connection)
        # The doors first: while a socket listens nobody takes its path for one that was left behind.
        for door in self.doors:
            door.close()
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()


def timed(connection: Connection) -> bool:
    """Say whether *connection* must be looked at."""
    return connection.talk is not None and connection.talk.timed()


def finish(reply: Reply, answer: Callable[[Reply], None]) -> None:
    """Write what *reply* has to write and hand it to *answer*; a failed write is told in it."""
    for write in reply.writes:
        try:
            write()
        except OSError as error:
            log.error("not written", why=str(error))
            reply.ok = False
            reply.text += f"; done, but it could not be written to disk: {error}"
    answer(reply)
