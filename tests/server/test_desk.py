"""The desk's thread: that it ends as it should. What it serves is tested with its doors."""

import socket
from collections.abc import Callable
from time import sleep

from tremble.server.desk import Connection, Desk


class Interrupted(Desk):
    """A desk whose thread is woken, and has done what there is, just before each of our tasks."""

    def later(self, task: Callable[[], None]) -> None:
        super().later(lambda: None)
        sleep(0.05)
        super().later(task)


def test_thread_that_is_awake_at_the_end() -> None:
    """Closing passes on the last tasks, also while the thread looks around for another reason."""
    done: list[int] = []
    desk = Interrupted(lambda: None)
    desk.start([])
    desk.later(lambda: done.append(1))

    desk.close()

    assert done == [1]


class Listening:
    """A door with a socket at which it listens."""

    most = 1

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.open_at_the_end = False

    def open(self) -> socket.socket:
        return self.listener

    def let_in(self, connection: Connection, address: str) -> None:
        return None

    def close(self) -> None:
        self.open_at_the_end = self.listener.fileno() >= 0


def test_doors_close_before_their_sockets() -> None:
    """While a door removes its path its socket listens: nobody takes that for one left behind."""
    door = Listening()
    desk = Desk(lambda: None)
    desk.start([door])

    desk.close()

    assert door.open_at_the_end
    assert door.listener.fileno() < 0
