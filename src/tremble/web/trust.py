"""Trust: which game servers may post results and be listed.

enrolled in the store        trusted until it is revoked there, on every node
keys/servers/<server id>.pub trusted while the file is there, unless the store knows the server

The file holds the server's 32-byte public key in hex. Both are looked at on each request, so a key that is
added counts at once and one that is removed is refused at once; a file is read again when it changed.
"""

import os
import re
import time
from pathlib import Path

from tremble.store import server_keys
from tremble.store.engine import Store, Transaction
from tremble.token import server_id, verify
from tremble.web.problems import Problem
from tremble.web.signed_in import moment

SERVER_ID = re.compile("[0-9a-f]{16}")
#: A file that changed so lately may change once more at what is the same time to the file system.
SETTLED_NS = 2_000_000_000


class Trust:
    """The game servers whose signature counts."""

    def __init__(self, directory: Path, store: Store) -> None:
        self._directory = directory
        self._store = store
        #: Keys of files by server, with what was seen of the file.
        self._kept: dict[str, tuple[tuple[int, ...], bytes]] = {}

    def check(self, server: str | None, signature: str | None, body: bytes) -> str:
        """Return the id of the server that signed *body*; raises Problem if none did."""
        if not server or not signature:
            raise Problem(401, "unsigned", "this must be signed by the game server's key")
        key = self._store.read(self.key_of, server)
        if key is None:
            raise Problem(
                401,
                "unknown_server",
                f"server {server[:16]!r} is not trusted: enrol it, or put its key at "
                "keys/servers/<server id>.pub",
            )
        if not verify(key, body, signature):
            raise Problem(403, "bad_signature", "the signature is not the one of this body")
        return server

    def key_of(self, tx: Transaction, server: str) -> bytes | None:
        """Return the public key of *server*; None if there is none, or it is not that server's."""
        if not SERVER_ID.fullmatch(server):
            return None
        enrolled = server_keys.find(tx, server)
        if enrolled is not None:
            over = enrolled.revoked_at is not None and enrolled.revoked_at <= moment()
            return None if over else bytes.fromhex(enrolled.public)
        return self._in_file(server)

    def _in_file(self, server: str) -> bytes | None:
        """Return the key in the file of *server*: reading it costs ten times a look whether it changed."""
        path = f"{self._directory}/{server}.pub"
        try:
            found = os.stat(path)
            seen = (found.st_ctime_ns, found.st_mtime_ns, found.st_ino, found.st_size)
            kept = self._kept.get(server)
            if kept is not None and kept[0] == seen:
                return kept[1]
            with open(path, encoding="ascii") as file:
                key = bytes.fromhex(file.read().strip())
        except (OSError, ValueError):
            return None
        if server_id(key) != server:
            return None
        if time.time_ns() - max(seen[:2]) > SETTLED_NS:
            self._kept[server] = seen, key
        return key
