"""What Agones is told of this server, over the REST of the SDK server beside it.

  the loop turns                  POST /health, every EVERY_S
  it listens, nobody is here      POST /ready
  somebody is here                POST /allocate: a match is not scaled away
  it ends, and not to start anew  POST /shutdown

A thread of its own asks and tells: the loop only says that it turns, so a server that hangs is found
out. Calls that fail are made again.
"""

import http.client
import threading
from collections.abc import Callable, Mapping

from tremble.errors import ConfigError
from tremble.log import logger

log = logger("agones")

#: Where Agones says on which port of this machine its SDK server listens, and where it does by default.
PORT_VARIABLE = "AGONES_SDK_HTTP_PORT"
PORT = 9358
#: Seconds between two signs of life: Agones counts a default period of 5 s without any as a failure.
EVERY_S = 2.0
#: Seconds for one call; the SDK server is on the same machine.
TIMEOUT_S = 2.0

READY = "/ready"
ALLOCATED = "/allocate"
HEALTH = "/health"
SHUTDOWN = "/shutdown"


class Agones:
    """Tells the SDK server on *port*; *poke* makes the loop go round, which then calls attend()."""

    def __init__(self, port: int, poke: Callable[[], None]) -> None:
        self.port = port
        self._poke = poke
        self._wanted = READY
        self._told = ""
        self._failing = False
        self._stopping = False
        self._turned = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="agones", daemon=True)

    def start(self) -> None:
        """Begin to tell: the server listens."""
        self._thread.start()

    def attend(self, idle: bool, draining: bool) -> None:
        """The loop turns; *idle*: nobody is here. Who drains is not offered to anybody any more."""
        self._turned.set()
        wanted = self._wanted if draining else READY if idle else ALLOCATED
        if wanted != self._wanted:
            self._wanted = wanted
            self._wake.set()

    def close(self, again: bool) -> None:
        """Stop telling; unless the server starts *again*, it is over for Agones too."""
        self._stopping = True
        self._turned.set()
        self._wake.set()
        self._thread.join(3 * TIMEOUT_S)
        if not again and self._call(SHUTDOWN):
            log.info("agones told", state="shutdown")

    def _run(self) -> None:
        while not self._stopping:
            self._tell()
            self._wake.wait(EVERY_S)
            self._wake.clear()

    def _tell(self) -> None:
        """Tell what has changed, and that the loop turns if it does."""
        wanted = self._wanted
        if wanted != self._told and self._call(wanted):
            self._told = wanted
            log.info("agones told", state=wanted.removeprefix("/"))
        self._turned.clear()
        if self._stopping:  # the loop has ended, and turns no more
            return
        self._poke()
        turned = self._turned.wait(EVERY_S)
        if self._stopping:
            return
        if turned:
            self._call(HEALTH)
        else:
            log.error("the loop does not turn, agones is not told that all is well")

    def _call(self, path: str) -> bool:
        """Make one call; True if it was taken. Only the first of several failures is logged."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        try:
            connection.request("POST", path, b"{}", {"Content-Type": "application/json"})
            status = connection.getresponse().status
            why = "" if status == 200 else f"status {status}"
        except (OSError, http.client.HTTPException) as error:
            why = str(error) or repr(error)
        finally:
            connection.close()
        if why and not self._failing:
            log.warning("agones does not answer, tried again", call=path, port=self.port, why=why)
        self._failing = why != ""
        return why == ""


def sdk_port(environ: Mapping[str, str]) -> int:
    """Return the port of the SDK server. Raises ConfigError."""
    text = environ.get(PORT_VARIABLE, str(PORT))
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ConfigError(f"{PORT_VARIABLE}={text!r} is no port; Agones sets it, such as {PORT}")
    return int(text)
