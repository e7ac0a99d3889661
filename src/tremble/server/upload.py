"""Replays on their way to a record elsewhere, once it has acknowledged their results.

  due() -> PUT /v1/matches/<id>/replay -> 200, 201: done
                                       -> 4xx: given up, the file stays here
                                       -> anything else: tried again, later and later

What is due stands in the outbox's file, so a restart forgets nothing. A thread of its own: a slow line
holds up no result.
"""

import threading
from pathlib import Path

import apsw

from tremble.log import logger
from tremble.server import signed
from tremble.shelf import Shelf

log = logger("upload")

#: Seconds between two attempts, doubled after each failure.
MIN_WAIT = 1.0
MAX_WAIT = 60.0
#: Seconds without any progress after which an attempt has failed.
TIMEOUT = 10.0
#: Seconds that stopping waits for an upload that is under way; it is made again at the next start.
PATIENCE = 1.0

SCHEMA = "CREATE TABLE IF NOT EXISTS upload (match_id TEXT PRIMARY KEY)"
ADD = "INSERT OR IGNORE INTO upload (match_id) VALUES (?)"


class Uploader:
    """Sends the replays on *shelf* that the outbox *path* names to *url*, signed with *private*."""

    def __init__(self, path: Path, url: str, private: bytes, shelf: Shelf) -> None:
        self.path = path
        self.url = url
        self.private = private
        self.shelf = shelf
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="upload", daemon=True)
        self._thread.start()

    def due(self) -> None:
        """Something has become due."""
        self._wake.set()

    def close(self) -> None:
        """Stop; what is not done is done after the next start."""
        self._stopping = True
        self._wake.set()
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        database = apsw.Connection(str(self.path))
        database.set_busy_timeout(5000)
        wait: float | None = 0.0
        pause = MIN_WAIT
        while not self._stopping:
            self._wake.wait(wait)
            self._wake.clear()
            done = self._send_all(database)
            pause = MIN_WAIT if done else min(pause * 2, MAX_WAIT)
            wait = None if done else pause
        database.close()

    def _send_all(self, database: apsw.Connection) -> bool:
        """Send all that is due; False if some must be tried again."""
        try:
            rows = database.execute("SELECT match_id FROM upload ORDER BY rowid").fetchall()
            for (match_id,) in rows:
                if self._stopping or not self._send(str(match_id)):
                    return False
                database.execute("DELETE FROM upload WHERE match_id = ?", (match_id,))
        except apsw.Error as error:
            log.error("uploads not looked through", why=str(error))
            return False
        return True

    def _send(self, match_id: str) -> bool:
        """Send one replay; False if it must be tried again."""
        try:
            body = self.shelf.path(match_id).read_bytes()
        except OSError as error:
            if self.shelf.part(match_id).exists():
                return False  # its result was faster: it is still on its way to the disk
            log.warning("replay not there to be sent", match_id=match_id, why=str(error))
            return True
        status, text = self._put(match_id, body)
        if status in (200, 201):
            log.info("replay sent", match_id=match_id, bytes=len(body))
        elif 400 <= status < 500 and status not in (408, 429):
            log.error("replay refused", match_id=match_id, status=status, why=text)
        else:
            log.warning("replay waits", match_id=match_id, status=status, why=text)
            return False
        return True

    def _put(self, match_id: str, body: bytes) -> tuple[int, str]:
        """Put one *body*; return the status (0: no answer) and the start of the answer."""
        path = f"/v1/matches/{match_id}/replay"
        kind = "application/octet-stream"
        status, text = signed.send(self.url, self.private, "PUT", path, body, kind, TIMEOUT)
        return status, text.decode(errors="replace")[:300]
