"""A process of ours among others: told to stop by a signal, gone when its parent is."""

import gc
import os
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

#: Containers made before the collector looks at the young ones, and how many such looks before the older.
#: Python's own 700 cost a post of a result 5 % of its CPU; the record makes hardly any cycle.
YOUNG, MIDDLE, OLD = 50_000, 20, 50


def collect_rarely() -> None:
    """Let the collector look for cycles rarely, and never again among what this process holds now."""
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)


class StopFlag:
    """Turns SIGTERM and SIGINT into a flag and a readable file descriptor; a second one ends at once.

    *gentle*: SIGTERM sets `asked` first, for a process that has something to finish, and `stopping`
    when it comes again; SIGINT sets `stopping` at once.

    SIGHUP sets `reloading`, for whoever reads the settings again and clears it; elsewhere nothing
    comes of it. If the terminal has gone it stops us, as it always does.

    The end of a child makes `fd` readable too, for who asked for it in listen().
    """

    def __init__(self, gentle: bool = False) -> None:
        self.gentle = gentle
        self.asked = False
        self.stopping = False
        self.reloading = False
        self._terminal = has_terminal()
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self.fd = self._reader.fileno()

    def listen(self, children: bool = False) -> None:
        """Catch the signals from now on, that of a child's end if wanted. For the main thread alone."""
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, self._reload)
        if children and hasattr(signal, "SIGCHLD"):
            signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def _reload(self, number: int, frame: object) -> None:
        if self._terminal and not has_terminal():
            self.stopping = True
        else:
            self.reloading = True

    def poke(self) -> None:
        """Make `fd` readable, from any thread, so that whoever waits for it looks around."""
        with suppress(BlockingIOError):  # it is readable then as it is
            self._writer.send(b"\0")

    def _stop(self, number: int, frame: object) -> None:
        if self.stopping:
            os._exit(1)
        if self.gentle and number == signal.SIGTERM and not self.asked:
            self.asked = True
            return
        self.stopping = True


def has_terminal() -> bool:
    """Say whether this process has a terminal that is still there."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | getattr(os, "O_NOCTTY", 0)))
    except OSError:
        return False
    return True


def follow_parent(heard: Callable[[bytes], None] | None = None) -> None:
    """Stop this process when its standard input ends: the supervisor, however it died, is gone.

    Each line that it writes until then is given to *heard*, on a thread of its own.
    """

    def wait() -> None:
        rest = b""
        while data := os.read(0, 65536):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                if heard is not None:
                    heard(line)
        os.kill(os.getpid(), signal.SIGINT)  # at once: there is nobody left to drain for

    threading.Thread(target=wait, name="parent", daemon=True).start()
