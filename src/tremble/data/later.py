"""The thread behind `save_later`: many calls within half a second become one flush."""

import atexit
import logging
import threading
from collections.abc import Callable

log = logging.getLogger("tremble.data")

#: Seconds to let more work gather; well under the one second that `save_later` promises.
DELAY_S = 0.5


class Later:
    """Calls *flush* DELAY_S after `wake`, again until it returns True, and at the process's end."""

    def __init__(self, flush: Callable[[], bool]) -> None:
        self.flush = flush
        self.due = threading.Event()
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._run, name="tremble-save-later", daemon=True)

    def wake(self) -> None:
        """Ask for a flush; the first call starts the thread."""
        self.due.set()
        if self.thread.ident is None:
            self.thread.start()
            atexit.register(self.flush)

    def stop(self) -> None:
        """End the thread; it does not flush again."""
        self.stopped.set()
        self.due.set()
        # A receiver of a signal may close from this very thread.
        if self.thread.ident is not None and self.thread is not threading.current_thread():
            self.thread.join()
        atexit.unregister(self.flush)

    def _run(self) -> None:
        while self.due.wait() and not self.stopped.wait(DELAY_S):
            self.due.clear()
            try:
                done = self.flush()
            except Exception:
                # A receiver's fault must not end the saving.
                log.exception("a receiver of a signal of DataManager failed")
                done = True
            if not done:
                self.due.set()
