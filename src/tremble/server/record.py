"""The record, as a game server sees it: its key, learnt by a thread of its own.

GET /v1/server/record-key -> keys/record.pub, pinned: from then on no other key counts
"""

import http.client
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from tremble import keyfile
from tremble.errors import ConfigError
from tremble.log import logger

log = logger("record")

#: Seconds between two attempts, doubled after each failure.
MIN_WAIT = 0.25
MAX_WAIT = 30.0
#: Seconds for one answer.
TIMEOUT = 5.0
#: Seconds that stopping waits for the thread.
PATIENCE = 0.5


class KeyAnswer(msgspec.Struct, frozen=True):
    """What the record says of its key: *public* is in hex."""

    public: str


def pinned(directory: Path) -> bytes | None:
    """Return the record's public key as it was pinned; None if it was not. Raises ConfigError."""
    path = directory / "keys" / "record.pub"
    try:
        return keyfile.read(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None


class Record:
    """Learns the key of the record at *url* and pins it in *directory*; *learnt* is told it."""

    def __init__(self, url: str, directory: Path, learnt: Callable[[bytes], None]) -> None:
        self.url = url
        self.directory = directory
        self.learnt = learnt
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="record", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def close(self) -> None:
        """Stop asking."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(PATIENCE)

    def _run(self) -> None:
        pause = MIN_WAIT
        while not self._learn():
            if self._stopping.wait(pause):
                return
            pause = min(pause * 2, MAX_WAIT)

    def _learn(self) -> bool:
        """Ask for the key and pin it; False if it must be asked again."""
        status, body = self._get("/v1/server/record-key")
        if status != 200:
            return False
        try:
            public = bytes.fromhex(msgspec.json.decode(body, type=KeyAnswer).public)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
            return False
        path = self.directory / "keys" / "record.pub"
        try:
            if not path.exists():
                keyfile.publish(path, public)
                log.info("record's key pinned", url=self.url, key=public.hex())
            public = keyfile.read(path)
        except (OSError, ConfigError) as error:
            log.error("record's key not pinned", why=str(error))
            return False
        self.learnt(public)
        return True

    def _get(self, path: str) -> tuple[int, bytes]:
        """Return status (0: no answer) and body of the answer to GET *path*."""
        where = urlsplit(self.url)
        secure = where.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(where.hostname or "", where.port, timeout=TIMEOUT)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read(1 << 20)
        except (OSError, http.client.HTTPException) as error:
            return 0, str(error).encode()
        finally:
            connection.close()
