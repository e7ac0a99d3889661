"""The record, as a game server sees it: its key and its bans, asked for by a thread of its own.

  GET /v1/server/record-key -> keys/record.pub, pinned: from then on no other key counts
  GET /v1/server/bans, signed -> record_bans.json and the house; who is banned and here is put out

While people are here it asks again and again, and the record answers once a ban has changed. With nobody
here it sleeps until somebody joins.
"""

import http.client
import socket
import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from time import time
from urllib.parse import urlsplit

import msgspec

from tremble import keyfile, token
from tremble.errors import ConfigError
from tremble.log import logger
from tremble.server import bans
from tremble.server.bans import Ban
from tremble.server.loop import GameServer

log = logger("record")

#: Seconds between two attempts, doubled after each failure.
MIN_WAIT = 0.25
MAX_WAIT = 5.0
#: Seconds that the record may wait for a change before it answers, and for all else.
LONG_WAIT = 25
TIMEOUT = 5.0
#: Seconds that stopping waits for the thread.
PATIENCE = 0.5
#: Longest answer read: a page of bans has some 400 kB.
MAX_ANSWER = 1 << 22


class KeyAnswer(msgspec.Struct, frozen=True):
    """What the record says of its key: *public* is in hex."""

    public: str


class Held(msgspec.Struct, frozen=True):
    """A ban of the record; *until* None: for good."""

    banned_at: datetime
    until: datetime | None
    reason: str


class Change(msgspec.Struct, frozen=True):
    """A player's ban has changed; *ban* None: it was taken back."""

    player_id: str
    ban: Held | None


class Page(msgspec.Struct, frozen=True):
    """Changes up to number *last*; *afresh*: what was known before counts no more."""

    changes: list[Change]
    last: int
    more: bool
    afresh: bool


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
    """Asks the record at *url* on behalf of *server*, signed with *private*; files are in *directory*."""

    def __init__(self, url: str, directory: Path, private: bytes, server: GameServer) -> None:
        self.url = url
        self.directory = directory
        self.private = private
        self.server = server
        self.house = server.house
        self.since = 0  # number of the last change that is known; after a start all is asked for
        self._changed = False
        self._asleep = False
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._connection: http.client.HTTPConnection | None = None
        self._told = ""
        self._thread = threading.Thread(target=self._run, name="record", daemon=True)
        server.between.append(self.attend)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def close(self) -> None:
        """Stop asking, also in the middle of an answer."""
        self._stopping.set()
        self._wake.set()
        sock = self._connection.sock if self._connection is not None else None
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        if self._thread.is_alive():
            self._thread.join(PATIENCE)

    def attend(self, now: float) -> None:
        """In the loop's thread: wake the other when somebody is here, put out whom it has found banned."""
        if self._asleep and not self.server.idle:
            self._wake.set()
        if self._changed:
            self._changed = False
            self.server.touch()
            self.server.clients.put_out_banned(now)

    def _run(self) -> None:
        pause, met = MIN_WAIT, False
        while not self._stopping.is_set():
            good = self._know_key() and self._follow()
            met = met or good
            if met and self.server.idle:
                self._sleep()
            elif not good:
                self._stopping.wait(pause)
            pause = MIN_WAIT if good else min(pause * 2, MAX_WAIT)

    def _sleep(self) -> None:
        """Wait until somebody is here."""
        self._wake.clear()
        self._asleep = True
        if self.server.idle and not self._stopping.is_set():
            self._wake.wait()
        self._asleep = False

    def _know_key(self) -> bool:
        """See to it that the record's key is known; False if it must be asked for again."""
        if self.house.admission.record_key is not None:
            return True
        status, body = self._get("/v1/server/record-key", {}, TIMEOUT)
        try:
            if status != 200:
                return self._failed(status, body)
            public = bytes.fromhex(msgspec.json.decode(body, type=KeyAnswer).public)
            path = self.directory / "keys" / "record.pub"
            keyfile.publish(path, public)
            self.house.admission.record_key = keyfile.read(path)
        except (msgspec.DecodeError, ValueError, OSError, ConfigError) as error:
            return self._failed(status, str(error).encode())
        log.info("record's key pinned", url=self.url, key=public.hex())
        return True

    def _follow(self) -> bool:
        """Ask what has changed, once or until there is no more; False if it must be asked again."""
        known, since = dict(self.house.bans.of_record), self.since
        while True:
            page = self._ask(since, 0 if self.server.idle else LONG_WAIT)
            if page is None:
                return False
            if page.afresh:
                known = {}
            apply(page, known)
            since = page.last
            if not page.more:
                break
        self.since = since
        self._told = ""
        if known != self.house.bans.of_record:
            self._keep(known)
        return True

    def _keep(self, known: dict[str, Ban]) -> None:
        """Let the bans *known* hold, and write them down for when the record is away."""
        self.house.bans.of_record = known
        self._changed = True
        log.info("bans of the record", count=len(known))
        body = msgspec.json.encode(list(known.values()))
        try:
            bans.replace(self.directory / bans.RECORD_NAME, body + b"\n")
        except OSError as error:
            log.error("bans of the record not written", why=str(error))

    def _ask(self, since: int, wait: int) -> Page | None:
        at = int(time())
        body = token.bans_request(since, wait, at)
        headers = {
            token.SERVER_HEADER: self.house.admission.tickets.server_id,
            token.SIGNATURE_HEADER: token.sign(self.private, body),
        }
        path = f"/v1/server/bans?since={since}&wait={wait}&at={at}"
        status, answer = self._get(path, headers, wait + TIMEOUT)
        try:
            if status == 200:
                return msgspec.json.decode(answer, type=Page)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            answer = str(error).encode()
        self._failed(status, answer)
        return None

    def _failed(self, status: int, answer: bytes) -> bool:
        """Log that the record does not tell, once for each reason; return False."""
        why = answer[:300].decode(errors="replace")
        if why != self._told and not self._stopping.is_set():
            self._told = why
            log.warning("record does not tell of bans", url=self.url, status=status, why=why)
        return False

    def _get(self, path: str, headers: dict[str, str], timeout: float) -> tuple[int, bytes]:
        """Return status (0: no answer) and body of the answer to GET *path*."""
        where = urlsplit(self.url)
        secure = where.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        self._connection = kind(where.hostname or "", where.port, timeout=timeout)
        try:
            self._connection.request("GET", path, headers=headers)
            answer = self._connection.getresponse()
            return answer.status, answer.read(MAX_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            return 0, str(error).encode()
        finally:
            self._connection.close()


def apply(page: Page, known: dict[str, Ban]) -> None:
    """Change *known*, bans by player id, as *page* says."""
    for change in page.changes:
        known.pop(change.player_id, None)
        held = change.ban
        if held is not None:
            made = Ban(change.player_id, held.reason, bans.RECORD, held.banned_at, held.until)
            known[change.player_id] = made
