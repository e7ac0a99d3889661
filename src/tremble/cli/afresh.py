"""A restart: a process becomes the same command again. Its sockets stay open (cli/sockets.py)."""

import os
import signal
import sys
from typing import Any

from tremble.cli import restoring
from tremble.process import StopFlag

#: Where the launcher of the single file (deploy/single/launcher.c) tells its own place.
SINGLE = "TREMBLE_SINGLE"


def begin_afresh(stop: StopFlag, wish: dict[str, Any] | None = None) -> None:
    """Become the same command again, in this very process, with Tremble as it is installed by now.

    It restores first what *wish* says. Unless we were told to *stop* meanwhile: nobody would tell it.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)  # from here on it ends us, and the next one too
    if stop.asked or stop.stopping:
        return
    if wish is not None:
        restoring.hand_on(wish)
    words = [sys.executable, "-m", "tremble"]
    if os.path.exists(os.environ.get(SINGLE, "")):
        words = [os.environ[SINGLE]]  # the single file that lies there by now
    elif not sys.argv[0].endswith(".py"):
        words = [sys.argv[0]]  # the program itself: an update leads it to another Python
    if hasattr(signal, "SIGHUP"):
        # Until the next program listens: it reads the settings as it is, and would end of the signal.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    sys.stdout.flush()
    os.execv(words[0], [*words, *sys.argv[1:]])
