"""The shelf: replays as files, `<match id>.trpl`, each there whole or not at all, the oldest thrown away.

<id>.part        being recorded; after a crash of the process it becomes
<id>.cut.trpl    what there was of a match that never ended
<id>.fault.trpl  a match that ended by a fault of ours, with the traceback in <id>.fault.txt
<id>.film.gz     a film made of the replay; goes with it
"""

import os
import re
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from threading import get_ident

from msgspec import Struct

FINISHED = re.compile(r"([0-9a-f]{32})\.trpl")
KEPT = re.compile(r"[0-9a-f]{32}(\.cut|\.fault)?\.trpl")
DAY = 86400.0


class Room(Struct, frozen=True):
    """How much stays on a shelf; 0 stands for no limit."""

    keep_days: float = 30.0
    max_bytes: int = 2_000_000_000
    max_count: int = 10_000


class Shelf:
    """The replays in *directory*, which is made when the first is put there."""

    def __init__(self, directory: Path, room: Room) -> None:
        self.directory = directory
        self.room = room

    def path(self, match_id: str) -> Path:
        """Return where the replay of *match_id* (32 hex digits) lies, or would lie."""
        return self.directory / f"{match_id}.trpl"

    def part(self, match_id: str) -> Path:
        """Return where it lies while it is written."""
        return self.directory / f"{match_id}.part"

    def cut(self, match_id: str) -> Path:
        """Return where it lies after a crash, as far as it came."""
        return self.directory / f"{match_id}.cut.trpl"

    def film(self, match_id: str) -> Path:
        """Return where the film made of it lies, or would lie."""
        return self.directory / f"{match_id}.film.gz"

    def finish(self, part: Path, name: str) -> None:
        """Give the whole, written file *part* its *name*; it survives a crash of the machine."""
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(self.directory / name)
        if os.name != "nt":
            folder = os.open(self.directory, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def put(self, match_id: str, data: bytes) -> None:
        """Put the replay of *match_id* here. Raises OSError."""
        self.directory.mkdir(parents=True, exist_ok=True)
        # Sent again because it took long, it may come twice at once.
        part = self.directory / f"{match_id}.{os.getpid()}.{get_ident()}.upload"
        part.write_bytes(data)
        self.finish(part, f"{match_id}.trpl")

    def keep_cut(self, going_on: Collection[str] = ()) -> int:
        """Keep what a process that has gone was recording; return how many those were.

        The matches *going_on* are recorded by another one now.
        """
        parts = [p for p in self.directory.glob("*.part") if p.stem not in going_on]
        for part in parts:
            part.replace(part.with_suffix(".cut.trpl"))
        return len(parts)

    def replays(self) -> list[Path]:
        """Return the replays here, cut and failed ones too, the newest first."""
        return [path for _, _, path in self._told()]

    def _told(self) -> list[tuple[float, int, Path]]:
        """Return time, bytes and path of each, the newest first; others may delete meanwhile."""
        found = []
        for path in self.directory.glob("*.trpl"):
            if KEPT.fullmatch(path.name):
                with suppress(FileNotFoundError):
                    told = path.stat()
                    found.append((told.st_mtime, told.st_size, path))
        return sorted(found, reverse=True)

    def prune(self, now: float) -> int:
        """Delete what is older than keep_days at *now* (seconds since 1970), and the oldest beyond
        max_count and max_bytes; return how many replays went. Raises OSError."""
        room = self.room
        gone = size = 0
        for count, (changed, bytes_, path) in enumerate(self._told(), 1):
            size += bytes_
            old = room.keep_days and now - changed > room.keep_days * DAY
            many = room.max_count and count > room.max_count
            if old or many or (room.max_bytes and size > room.max_bytes):
                self.remove(path)
                gone += 1
        return gone

    def remove(self, path: Path) -> None:
        """Delete the replay at *path* and what was made of it."""
        path.unlink(missing_ok=True)
        path.with_suffix(".txt").unlink(missing_ok=True)
        path.with_suffix(".film.gz").unlink(missing_ok=True)
