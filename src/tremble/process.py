"""A process of ours among others: told to stop by a signal, gone when its parent is."""

import os
import signal
import socket
import threading
from contextlib import suppress


class StopFlag:
    """Turns SIGTERM and SIGINT into a flag and a readable file descriptor; a second one ends at once."""

    def __init__(self) -> None:
        self.stopping = False
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self.fd = self._reader.fileno()

    def listen(self) -> None:
        """Catch the signals from now on. For the main thread alone."""
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def poke(self) -> None:
        """Make `fd` readable, from any thread, so that whoever waits for it looks around."""
        with suppress(BlockingIOError):  # it is readable then as it is
            self._writer.send(b"\0")

    def _stop(self, number: int, frame: object) -> None:
        if self.stopping:
            os._exit(1)
        self.stopping = True


def follow_parent() -> None:
    """Stop this process when its standard input ends: the supervisor, however it died, is gone."""

    def wait() -> None:
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()
