"""The outbox: finished matches, on disk before anything else, posted until they are acknowledged.

  put() -> SQLite, fsynced -> POST /v1/server/results -> 200 or 201 -> gone
                           -> anything else: tried again, later and later, up to MAX_WAIT
                           -> 400, 401, 403, 413, 422: kept as refused with the reason, not tried again

A thread of its own does all of it: the tick hands a result over and goes on.
"""

import queue
import threading
from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from time import monotonic

import apsw
import msgspec

from tremble import token
from tremble.errors import StoreError
from tremble.log import logger
from tremble.metrics import Histogram
from tremble.result import MatchResult
from tremble.server import signed, upload

log = logger("outbox")

#: Seconds between two attempts, doubled after each failure.
MIN_WAIT = 0.25
MAX_WAIT = 10.0
#: Seconds for one attempt.
TIMEOUT = 5.0
#: Answers after which the same bytes would be refused again.
FINAL = (400, 401, 403, 413, 422)

#: Seconds that a post takes.
POST_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
OUTCOMES = ("recorded", "refused", "failed")
FIRST = "SELECT body FROM outbox WHERE refused IS NULL ORDER BY rowid LIMIT 1"
COUNTS = "SELECT count(*) - count(refused), count(refused) FROM outbox"

SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
  match_id TEXT PRIMARY KEY,
  body BLOB NOT NULL,
  refused TEXT
)
"""


class Ended(msgspec.Struct):
    """Of a result, what tells its age."""

    ended_at: datetime


def counts(path: Path) -> tuple[int, int]:
    """Return how many results wait in the outbox at *path*, and how many were refused; 0, 0 without one.

    It may be in use. Raises StoreError if it cannot be read.
    """
    if not path.exists():
        return 0, 0
    try:
        db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            db.set_busy_timeout(5000)
            query = "SELECT count(*) - count(refused), count(refused) FROM outbox"
            [(waiting, refused)] = db.execute(query).fetchall()
        finally:
            db.close()
    except apsw.Error as error:
        raise StoreError(f"the outbox {path} cannot be read: {error}") from None
    return int(str(waiting)), int(str(refused))


class Outbox:
    """Keeps results in *path* and posts them to *url* (http://host:port), signed with *private*.

    Raises StoreError if the file cannot be used. Without *url* results are only kept.
    """

    def __init__(self, path: Path, url: str | None, private: bytes) -> None:
        self.url = url
        self.private = private
        self.server_id = token.server_id(token.public_key(private))
        #: Called when the replay of an acknowledged result is to be sent too; None: it never is.
        self.replay_due: Callable[[], None] | None = None
        self._inbox: queue.SimpleQueue[MatchResult | None] = queue.SimpleQueue()
        self._stop_at: float | None = None
        self._hurry = False
        # Each number is counted by one thread alone: put, written, and those of them that wait.
        self._put = 0
        self._written = 0
        self._stored = 0
        #: When the oldest result that waits ended, None if none does; results that the record refused.
        self.oldest: datetime | None = None
        self.refused = 0
        self.failing = False  # the last result could not be written
        #: Ids of matches whose result is on the disk, for who waits for that; the last of them.
        self.written: deque[str] = deque(maxlen=256)
        self.times = Histogram(POST_BOUNDS)
        self.outcomes: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))
        try:
            self._db = apsw.Connection(str(path))
            self._db.set_busy_timeout(5000)
            for line in ("journal_mode=WAL", "synchronous=FULL"):
                self._db.execute(f"PRAGMA {line}").fetchall()
            self._db.execute(SCHEMA)
            self._db.execute(upload.SCHEMA)
            self._stored = self._look()
        except apsw.Error as error:
            raise StoreError(f"the outbox {path} cannot be used: {error}") from None
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    @property
    def depth(self) -> int:
        """Results that wait for their acknowledgement."""
        return self._stored + self._put - self._written

    def put(self, result: MatchResult) -> None:
        """Take *result* over; returns at once. To be called from one thread."""
        self._put += 1
        self._inbox.put(result)

    def hurry(self) -> int:
        """Try at once to post what waits; return how much that is."""
        self._hurry = True
        self._inbox.put(None)
        return self.depth

    def close(self, patience: float) -> int:
        """Write what was put, try for *patience* seconds to post it; return how many still wait."""
        self._stop_at = monotonic() + patience
        self._inbox.put(None)
        self._thread.join()
        self._db.close()
        return self.depth

    def _look(self) -> int:
        """Look at what lies here; return how many results wait."""
        found = self._db.execute(FIRST).fetchone()
        self.oldest = msgspec.json.decode(found[0], type=Ended).ended_at if found else None
        [(waiting, refused)] = self._db.execute(COUNTS).fetchall()
        assert isinstance(waiting, int) and isinstance(refused, int)
        self.refused = refused
        return waiting

    def _run(self) -> None:
        wait = MIN_WAIT
        due = monotonic()
        while True:
            pending = self._stored > 0 and self.url is not None
            stored = self._take(max(0.0, due - monotonic()) if pending else None)
            if stored or self._hurry:
                self._hurry = False
                wait, due = MIN_WAIT, monotonic()
            if self._stored and self.url and monotonic() >= due:
                done = self._post_all()
                wait = MIN_WAIT if done else min(wait * 2, MAX_WAIT)
                due = monotonic() + wait
            # What was put before the end was asked for is written first of all.
            if self._stop_at is not None and self._inbox.empty():
                if self._nothing_left() or monotonic() >= self._stop_at:
                    return
                due = min(due, monotonic() + MIN_WAIT)

    def _nothing_left(self) -> bool:
        """Say whether all is written, and posted if there is anybody to post it to."""
        return self._written == self._put and not (self._stored and self.url)

    def _take(self, patience: float | None) -> bool:
        """Write what comes in within *patience* seconds (None: for ever); True if anything was."""
        try:
            result = self._inbox.get(timeout=patience)
        except queue.Empty:
            return False
        if result is None:
            return False
        try:
            self._db.execute(
                "INSERT OR IGNORE INTO outbox (match_id, body) VALUES (?, ?)",
                (result.match_id, msgspec.json.encode(result)),
            )
            self._stored = self._look()
        except apsw.Error as error:
            self.failing = True
            log.error("result not written, trying again", match_id=result.match_id, why=str(error))
            threading.Timer(1.0, self._inbox.put, (result,)).start()
            return False
        self.failing = False
        self.written.append(result.match_id)
        self._written += 1
        return True

    def _post_all(self) -> bool:
        """Post all that waits; False if some must be tried again."""
        try:
            return self._post_each()
        except apsw.Error as error:
            log.error("outbox cannot be used, trying again", why=str(error))
            return False

    def _post_each(self) -> bool:
        """Post all that waits, oldest first; False as soon as one must be tried again."""
        query = "SELECT match_id, body FROM outbox WHERE refused IS NULL ORDER BY rowid"
        for match_id, body in self._db.execute(query).fetchall():
            assert isinstance(body, bytes)
            began = monotonic()
            status, text = self._post(body)
            self.times.observe(monotonic() - began)
            self.outcomes[outcome(status)] += 1
            if status in (200, 201):
                self._acknowledged(str(match_id), body)
            elif status in FINAL:
                self._db.execute(
                    "UPDATE outbox SET refused = ? WHERE match_id = ?",
                    (f"{status} {text}", match_id),
                )
                log.error("result refused, kept", match_id=match_id, status=status, why=text)
            else:
                log.warning("result waits", match_id=match_id, status=status, why=text)
                return False
            self._stored = self._look()
        return True

    def _acknowledged(self, match_id: str, body: bytes) -> None:
        """The record has the result: forget it, and have its replay sent if there is one."""
        has_replay = msgspec.json.decode(body, type=MatchResult).replay is not None
        with self._db:
            if has_replay and self.replay_due is not None:
                self._db.execute(upload.ADD, (match_id,))
            self._db.execute("DELETE FROM outbox WHERE match_id = ?", (match_id,))
        log.info("result posted", match_id=match_id)
        if has_replay and self.replay_due is not None:
            self.replay_due()

    def _post(self, body: bytes) -> tuple[int, str]:
        """Post one *body*; return the status (0: no answer) and the start of the answer."""
        path = "/v1/server/results"
        status, text = signed.send(
            self.url or "", self.private, "POST", path, body, timeout=TIMEOUT
        )
        return status, text.decode(errors="replace")[:300]


def outcome(status: int) -> str:
    """Return which of OUTCOMES the HTTP *status* of a post is."""
    if status in (200, 201):
        return "recorded"
    return "refused" if status in FINAL else "failed"
