"""A restore that a running Tremble is asked for: DIR/restore.json, from the wish to what came of it.

  checking   a process of its own tries the backup beside the game         -> planned, failed
  planned    the game ends when it may (server/leave.py)                    -> begun, failed
  begun      nothing runs but the restore; the record is still the old one  -> placing, failed
  placing    the next step puts the new record in place                     -> restored, failed
  restored   the new record is in place
  failed     the record is the one from before; *text* says why

The game server writes the first two, `tremble up` the others (cli/restoring.py); the dashboard reads.
"""

import os
import re
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

NAME = "restore.json"
#: What `tremble up` finds in its environment when it has begun afresh to restore.
ENVIRONMENT = "TREMBLE_RESTORE"
#: Names of backups, and how far to go: a match, or all that can be read.
BACKUP = re.compile(r"[0-9]{8}T[0-9]{6}Z")
MATCH = re.compile(r"[0-9a-f]{32}|last")

State = Literal["checking", "planned", "begun", "placing", "restored", "failed"]


class Restoring(msgspec.Struct, frozen=True, kw_only=True):
    """To which *backup*, and results up to which *match* ("": the backup alone), since *at*.

    *by*, *via*, *address*: who wanted it (server/calling.py); *text*: what there is to say, for people;
    *safety*: the backup that was made of the record just before. *before*, *after*: the two records.
    """

    state: State
    at: datetime
    backup: str = ""
    match: str = ""
    by: str = ""
    via: str = "console"
    address: str = ""
    text: str = ""
    safety: str = ""
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None

    @property
    def over(self) -> bool:
        """Nothing more will come of it."""
        return self.state in ("restored", "failed")

    @property
    def target(self) -> str:
        """To what, for people."""
        words = [f"backup {self.backup}"] if self.backup else []
        words += [f"match {self.match}"] if self.match else []
        return " up to ".join(words)

    @property
    def words(self) -> list[str]:
        """The same for a command line of `tremble restore`."""
        name = [self.backup] if self.backup else []
        return [*name, *(["--match", self.match] if self.match else [])]


def read(directory: Path) -> Restoring | None:
    """Return the last restore that was asked for on *directory*; None if there is none to be read."""
    try:
        return msgspec.json.decode((directory / NAME).read_bytes(), type=Restoring)
    except (OSError, msgspec.MsgspecError):
        return None


def write(directory: Path, found: Restoring) -> None:
    """Keep *found* on the disk, in place of what was there, whole or not at all. Raises OSError."""
    fresh = directory / f"{NAME}.{os.getpid()}"
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(msgspec.json.encode(found) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(directory / NAME)
    finally:
        fresh.unlink(missing_ok=True)
