"""Generations of each document: every save leaves one, with its time and checksum in the name.

  backups/player_stats_backup.000042.20261122T165300Z.9f86d081884c7d659a2feaa0c55ad015.json
          stem               sequence time (UTC)      BLAKE2b of the content

The sequence orders them, so a clock that was set back does no harm. `player_stats_backup.json`,
the single backup of the game's first sketch, counts as the oldest.
"""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple

from tremble.data import files
from tremble.data.documents import DataType
from tremble.data.migrations import NewerVersion
from tremble.errors import TrembleError

NAME = re.compile(
    r"(?P<stem>[a-z_]+)_backup(\.(?P<sequence>[0-9]{6,12})\.(?P<at>[0-9]{8}T[0-9]{6}Z)"
    r"\.(?P<digest>[0-9a-f]{32}))?\.json"
)
TIME = "%Y%m%dT%H%M%SZ"
STEMS = frozenset(data_type.value for data_type in DataType)


class Keep(NamedTuple):
    """Which generations stay: *newest* of them, and the last of each of the last *days* days."""

    newest: int = 10
    days: int = 30


class Generation(NamedTuple):
    """One backup. *digest* is empty for the unnumbered backup of the first sketch."""

    data_type: DataType
    sequence: int
    at: datetime
    digest: str
    name: str


#: A generation and its content.
Backup = tuple[Generation, bytes]


def digest_of(content: bytes) -> str:
    """Return the checksum by which contents are told apart."""
    return blake2b(content, digest_size=16).hexdigest()


class BackupError(TrembleError):
    """There is no such backup, or it is not what its name says."""


class Backups:
    """The generations in one folder."""

    def __init__(self, folder: str, disk: files.Disk, keep: Keep, durable: bool) -> None:
        if keep.newest < 1 or keep.days < 0:
            raise ValueError(f"keep at least 1 generation and 0 days or more, not {keep}")
        self.folder = folder
        self.disk = disk
        self.keep = keep
        self.durable = durable
        # What lies in the folder, newest first, as far as we have looked: only we write there.
        self.known: dict[DataType, list[Generation]] = {}

    def list(self, data_type: DataType) -> list[Generation]:
        """Return the generations of *data_type* that lie in the folder, newest first."""
        found: list[Generation] = []
        with suppress(FileNotFoundError, NotADirectoryError):
            for entry in os.scandir(self.folder):
                generation = self.parse(entry)
                if generation is not None and generation.data_type is data_type:
                    found.append(generation)
        found.sort(key=lambda g: (g.sequence, g.at), reverse=True)
        self.known[data_type] = found
        return list(found)

    def parse(self, entry: "os.DirEntry[str]") -> Generation | None:
        """Return the generation that the name of *entry* tells of, or None."""
        match = NAME.fullmatch(entry.name)
        if match is None or match["stem"] not in STEMS:
            return None
        data_type = DataType(match["stem"])
        if match["sequence"] is None:
            changed = datetime.fromtimestamp(entry.stat(follow_symlinks=False).st_mtime, UTC)
            return Generation(data_type, 0, changed, "", entry.name)
        try:
            at = datetime.strptime(match["at"], TIME).replace(tzinfo=UTC)
        except ValueError:
            return None
        return Generation(data_type, int(match["sequence"]), at, match["digest"], entry.name)

    def read(self, generation: Generation) -> bytes:
        """Return what *generation* holds; raise BackupError if its checksum is wrong."""
        content = files.read(os.path.join(self.folder, generation.name))
        if generation.digest and digest_of(content) != generation.digest:
            raise BackupError(
                f"{generation.name}: the content does not have the checksum of the name"
            )
        return content

    def find(self, data_type: DataType, good: Callable[[bytes], bool]) -> Backup | None:
        """Return the newest generation that can be read and is *good*, which may raise instead.

        Raises OSError if there is none but the disk refused one that might be, and NewerVersion if
        a newer release made a newer one: neither is the same as having none.
        """
        refused: OSError | None = None
        for generation in self.list(data_type):
            try:
                content = self.read(generation)
                if good(content):
                    return generation, content
            except NewerVersion:
                raise
            except OSError as error:
                refused = error
            except TrembleError:
                continue
        if refused is not None:
            raise refused
        return None

    def holds(self, generation: Generation, digest: str) -> bool:
        """Say whether *generation* holds the content with *digest*, in name and in truth."""
        if generation.digest != digest:
            return False
        try:
            return digest_of(self.read(generation)) == digest
        except (OSError, TrembleError):
            return False

    def add(self, data_type: DataType, content: bytes, now: datetime) -> None:
        """Keep *content* as the newest generation, read it back, and only then let old ones go.

        Raises OSError or BackupError if it could not be kept; older generations are untouched then.
        """
        digest = digest_of(content)
        if data_type not in self.known:
            self.list(data_type)
        known = self.known[data_type]
        if known and self.holds(known[0], digest):
            return
        sequence = known[0].sequence + 1 if known else 1
        name = f"{data_type.value}_backup.{sequence:06d}.{now.astimezone(UTC):{TIME}}.{digest}.json"
        path = os.path.join(self.folder, name)
        temp = os.path.join(os.path.dirname(self.folder), "temp", f"{data_type.value}_backup.tmp")
        files.write(self.disk, path, content, temp, self.durable)
        generation = Generation(data_type, sequence, now, digest, name)
        self.read(generation)
        known.insert(0, generation)
        self.prune(data_type, now)

    def prune(self, data_type: DataType, now: datetime) -> None:
        """Remove the generations that need not stay; what others made is not ours to remove."""
        for generation in surplus(self.known[data_type], self.keep, now):
            if generation.sequence > 0:
                with suppress(FileNotFoundError):
                    self.disk.unlink(os.path.join(self.folder, generation.name))
                self.known[data_type].remove(generation)


def surplus(generations: list[Generation], keep: Keep, now: datetime) -> list[Generation]:
    """Return those of *generations* (newest first) that *keep* lets go."""
    days = {g.at.date() for g in generations[: keep.newest]}
    oldest = now - timedelta(days=keep.days)
    gone: list[Generation] = []
    for generation in generations[keep.newest :]:
        day = generation.at.date()
        if generation.at >= oldest and day not in days:
            days.add(day)
        else:
            gone.append(generation)
    return gone
