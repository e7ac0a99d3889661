"""CloudSaves: keeps a device's saves in step with the server's; sync.py decides, this does it.

Each save has a file sync/TYPE.json beside the documents, written whole and durably before anything
it speaks of is sent: after kill -9 the same upload goes on under the same key.
"""

import random
import secrets
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import msgspec
from msgspec import Struct

from tremble.data import files, merge, sync
from tremble.data.documents import DataType
from tremble.data.manager import DataManager
from tremble.data.merge import Save
from tremble.data.sync import Local, Step
from tremble.errors import StoreError

TIMEOUT_S = 20.0
MAX_ANSWER_BYTES = 8 * 1024 * 1024
#: A save and an upload of it, in JSON.
MAX_LOCAL_BYTES = 16 * 1024 * 1024


class Answer(NamedTuple):
    """An answer of the server."""

    status: int
    headers: Mapping[str, str]
    body: bytes


#: method, path, headers, body -> Answer; raises OSError if there is none.
Transport = Callable[[str, str, dict[str, str], bytes | None], Answer]


class Stored(Struct):
    """What the API answers of a save, as far as it is needed here."""

    version: int
    save: Save


class Refusal(Struct):
    """What the API answers when it refuses."""

    code: str = ""


class StayHere(HTTPRedirectHandler):
    """Follows no redirect: the access token is for the one server."""

    def redirect_request(
        self, req: Request, fp: object, code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def http_transport(url: str, token: Callable[[], str]) -> Transport:
    """Return a transport to the API at *url*; *token* gives the present access token."""
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"{url!r} is no address of the API: it begins with https://")

    opener = build_opener(StayHere)

    def send(method: str, path: str, headers: dict[str, str], body: bytes | None) -> Answer:
        headers = {
            **headers,
            "Authorization": f"Bearer {token()}",
            "Content-Type": "application/json",
        }
        request = Request(url.rstrip("/") + path, body, headers, method=method)
        try:
            with opener.open(request, timeout=TIMEOUT_S) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read(MAX_ANSWER_BYTES))
        except HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read(MAX_ANSWER_BYTES))

    return send


class CloudSaves:
    """The saves of the player who plays here. Call `step` now and then, from one thread."""

    def __init__(
        self,
        data_manager: DataManager,
        transport: Transport,
        *,
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        disk: files.Disk | None = None,
    ) -> None:
        """Use *data_manager*'s folder. Raises OSError if it cannot be written."""
        self.data_manager = data_manager
        self.transport = transport
        self.clock_ms = clock_ms
        self._disk = disk or files.Disk()
        self.folder = Path(data_manager.folder) / "sync"
        self.folder.mkdir(parents=True, exist_ok=True)

    def local(self, kind: str) -> Local:
        """Return what is known here of the save *kind*; a new device if nothing is.

        Raises StoreError if the file is damaged: it is not replaced, since it may hold an upload.
        """
        path = self.folder / f"{kind}.json"
        try:
            return msgspec.json.decode(files.read(str(path), MAX_LOCAL_BYTES), type=Local)
        except FileNotFoundError:
            return sync.new_local(kind, secrets.token_hex(16))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StoreError(f"{path}: damaged ({error}); move it away to start anew") from error

    def keep(self, local: Local) -> Local:
        """Write *local* down durably, and return it. Raises OSError."""
        path = str(self.folder / f"{local.save.type}.json")
        files.write(self._disk, path, msgspec.json.encode(local), path + ".tmp")
        return local

    def note(self, data_type: DataType) -> Local:
        """Take up what the game saved since; call it after each save of the game."""
        local = self.local(data_type.value)
        document = self.data_manager.load_data(data_type)
        return self.keep(sync.noted(local, document, self.clock_ms()))

    def write_slot(self, name: str, content: bytes) -> Local:
        """Put *content* into the free slot *name*, in place of all that is in it."""
        local = self.local(f"slot-{name}")
        return self.keep(sync.slot_written(local, content, self.clock_ms()))

    def begin_profile(self, kind: str) -> Local:
        """The player wants a new profile, as there is none on the server."""
        return self.keep(sync.new_profile(self.local(kind)))

    def step(self, kind: str) -> Step:
        """Do what is next about the save *kind*, and say what that was.

        Raises OSError if this disk cannot be written; nothing was sent then.
        """
        local = self.local(kind)
        step = sync.next_step(local, self.clock_ms())
        if step is Step.DOWNLOAD:
            self._exchange(local, "GET", {}, None)
        elif step is Step.UPLOAD:
            local = self.keep(sync.sealed(local, secrets.token_hex(16), secrets.token_hex(8)))
            assert local.sending is not None
            body = merge.encode(local.sending.save)
            self._exchange(local, "PUT", sync.upload_headers(local), body)
        return step

    def apply(self, data_type: DataType) -> bool:
        """Save what all devices made of the document for the game to read; say if it is new.

        Call it when the game is about to load, not while it holds changes of its own.
        """
        local = self.note(data_type)
        document = sync.to_apply(local)
        if document is None:
            return False
        local = self.keep(sync.applying(local, document))
        if not self.data_manager.save_data(data_type, document):
            return False
        self.keep(sync.noted(local, document, self.clock_ms()))
        return True

    def _exchange(
        self, local: Local, method: str, headers: dict[str, str], body: bytes | None
    ) -> None:
        """Ask the server, and write down what came of it."""
        now_ms = self.clock_ms()
        try:
            answer = self.transport(method, f"/v1/saves/{local.save.type}", headers, body)
            outcome = self._outcome(local, method, answer, now_ms)
        except (OSError, HTTPException, ValueError):
            outcome = sync.failed(local, now_ms, 0, random.random())
        self.keep(outcome)

    def _outcome(self, local: Local, method: str, answer: Answer, now_ms: int) -> Local:
        if answer.status in (200, 201):
            stored = msgspec.json.decode(answer.body, type=Stored)
            if method == "PUT":
                return sync.acknowledged(local, stored.save, stored.version)
            device = secrets.token_hex(16)
            return sync.downloaded(local, stored.save, stored.version, device)
        refusal = msgspec.json.decode(answer.body, type=Refusal)
        if method == "GET" and refusal.code == "unknown_save":
            return sync.found_absent(local)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        after = headers.get("retry-after", "")
        wait_ms = int(after) * 1000 if after.isdecimal() else 0
        share = random.random()
        return sync.refused(local, answer.status, refusal.code, now_ms, wait_ms, share)
