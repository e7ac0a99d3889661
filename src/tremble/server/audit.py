"""The audit log: DIR/logs/audit.jsonl, one JSON object for each command that changes something.

  at who via from command ok text before after

It is only ever appended to, and on disk before whoever has called gets the answer.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from tremble.server.calling import Caller, Reply, Write

NAME = "audit.jsonl"


class Audit:
    """The log in *directory*; without one nothing is kept."""

    def __init__(self, directory: Path | None = None) -> None:
        self.path = directory / "logs" / NAME if directory is not None else None

    def entry(self, at: datetime, caller: Caller, line: str, reply: Reply) -> list[Write]:
        """Return what writes the entry of the command *line*."""
        if self.path is None:
            return []
        body = msgspec.json.encode(
            {
                "at": at,
                "who": caller.by,
                "via": caller.via,
                "from": caller.address,
                "command": line,
                "ok": reply.ok,
                "text": reply.text,
                "before": reply.before,
                "after": reply.after,
            }
        )
        return [partial(append, self.path, body + b"\n")]


def append(path: Path, line: bytes) -> None:
    """Append *line* to *path* and to the disk. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(fd, line)
        os.fsync(fd)
    finally:
        os.close(fd)


def read(directory: Path) -> Iterator[dict[str, Any]]:
    """Give the entries in *directory*, oldest first; a line that a crash has torn is left out."""
    path = directory / "logs" / NAME
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            try:
                found = msgspec.json.decode(line)
            except msgspec.DecodeError:
                continue
            if isinstance(found, dict):
                yield found
