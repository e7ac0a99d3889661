"""DataManager: loads and saves a player's documents so that none is ever lost.

What stands at the path decides what a load does:

  valid                  return it; keep a backup if none has this content
  missing                restore the newest valid backup; with none: defaults, saved
  damaged, or no file    move it to corrupt/ with the reason, then as if missing
  newer version          return what is understood; refuse saving, leave the file as it is
  unreadable (EIO, ...)  return the newest valid backup or defaults; refuse saving until it loads

A save looks first at what it would replace: what is neither ours nor valid is moved to corrupt/,
what is valid but unknown (edited by hand, written by Godot) becomes a backup. Only then the new
file takes its place.
"""

import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self, overload

from blinker import Signal
from platformdirs import user_data_path

from tremble.data import codec, documents, files
from tremble.data.backups import TIME, Backup, BackupError, Backups, Generation, Keep, digest_of
from tremble.data.codec import Damaged, Problem
from tremble.data.documents import DataType, Document
from tremble.data.later import Later
from tremble.data.migrations import NewerVersion, Raw
from tremble.errors import StoreError, TrembleError

log = logging.getLogger("tremble.data")

FOLDERS = ("backups", "logs", "temp", "corrupt")
#: What a failed read or write of the disk raises here.
FAULTS = (OSError, TrembleError)
#: What says that there is data which cannot be had now, and must not be replaced.
HIDDEN = (OSError, NewerVersion)
KEEP = Keep()


def default_folder() -> Path:
    """Return TREMBLE_DIR, or the folder for this user's data."""
    named = os.environ.get("TREMBLE_DIR")
    return Path(named) if named else user_data_path("tremble", appauthor=False)


def utc_now() -> datetime:
    return datetime.now(UTC)


class DataManager:
    """The documents of one folder (default: TREMBLE_DIR, else the user's data folder).

    One process at a time may save there: a second one gets AlreadyRunning, unless it is
    *read_only*. *durable* False leaves out fsync: only for tests and measurements. Methods may be
    called from any thread.

    Signals (blinker; the arguments follow the sender): `data_saved(data_type, success)`,
    `data_loaded(data_type, success)`, `data_corrupted(data_type, error)`, with *data_type* the name
    as in "PLAYER_STATS". Those of `save_later` come from its own thread. After a failure
    `last_error` says what was wrong and how to mend it.
    """

    def __init__(
        self,
        folder: str | Path | None = None,
        keep: Keep = KEEP,
        *,
        durable: bool = True,
        read_only: bool = False,
        disk: files.Disk | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.folder = Path(folder) if folder is not None else default_folder()
        self.read_only = read_only
        self.data_saved = Signal("data_saved(data_type, success)")
        self.data_loaded = Signal("data_loaded(data_type, success)")
        self.data_corrupted = Signal("data_corrupted(data_type, error)")
        #: The newest failure, None if there was none yet.
        self.last_error: Exception | None = None
        self._disk = disk or files.Disk()
        self._durable = durable
        self.clock = clock
        self._paths = {t: str(self.folder / f"{t.value}.json") for t in DataType}
        self._backups = Backups(str(self.folder / "backups"), self._disk, keep, durable)
        self._lock_file = files.Lock(self.folder / "data.lock")
        # Checksum of the valid content at each path, as far as we know.
        self._known: dict[DataType, str] = {}
        # Documents whose file could not be read: what the game holds is not what it would replace.
        self._unread: set[DataType] = set()
        self._events: deque[tuple[Signal, dict[str, Any]]] = deque()
        self._pending: dict[DataType, bytes] = {}
        self._mutex = threading.RLock()
        self._later = Later(self.flush)
        self._closed = False
        if not read_only:
            try:
                self.setup_data_directories()
            except OSError as error:
                # The disk may allow it later: each save tries again.
                self._fail(error)

    def setup_data_directories(self) -> None:
        """Make the folders, take the lock, clear away what a crash left half written.

        Raises AlreadyRunning if another process saves here, OSError if the disk does not allow it.
        """
        self._check_open()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock_file.acquire()
        for name in FOLDERS:
            (self.folder / name).mkdir(exist_ok=True)
        for left in (self.folder / "temp").glob("*.tmp"):
            left.unlink(missing_ok=True)

    # Loading

    @overload
    def load_data(self, data_type: Literal[DataType.PLAYER_STATS]) -> documents.PlayerStats: ...
    @overload
    def load_data(self, data_type: Literal[DataType.SETTINGS]) -> documents.Settings: ...
    @overload
    def load_data(self, data_type: Literal[DataType.LEADERBOARD]) -> documents.Leaderboard: ...
    @overload
    def load_data(self, data_type: Literal[DataType.MATCH_HISTORY]) -> documents.MatchHistory: ...
    @overload
    def load_data(self, data_type: Literal[DataType.TERMINAL_STATE]) -> documents.TerminalState: ...
    @overload
    def load_data(
        self, data_type: Literal[DataType.PERFORMANCE_DATA]
    ) -> documents.PerformanceData: ...
    @overload
    def load_data(self, data_type: DataType) -> Document: ...

    def load_data(self, data_type: DataType) -> Document:
        """Return the document, whatever stands at its path: the table of the module says how."""
        with self._mutex:
            self._flush([data_type])
            if data_type in self._pending:
                # The disk refuses it for now: what waits is newer than the file.
                document = codec.decode(data_type, self._pending[data_type])
                self._event(self.data_loaded, data_type, success=True)
            else:
                document = self._load(data_type)
        self._emit()
        return document

    def load_all_data(self) -> dict[DataType, Document]:
        """Load all six."""
        return {data_type: self.load_data(data_type) for data_type in DataType}

    def _load(self, data_type: DataType) -> Document:
        try:
            content = files.read(self._paths[data_type])
            document = codec.decode(data_type, content)
        except FileNotFoundError:
            return self._load_missing(data_type)
        except files.NotAFile as error:
            return self._load_damaged(data_type, [Problem("$", error.expected, error.found)])
        except Damaged as error:
            return self._load_damaged(data_type, error.problems)
        except NewerVersion as error:
            self._fail(error)
            self._event(self.data_loaded, data_type, success=False)
            return codec.decode_partly(data_type, content, self.get_default_data(data_type))
        except OSError as error:
            return self._load_unreadable(data_type, error)
        self._unread.discard(data_type)
        self._remember(data_type, content)
        self._event(self.data_loaded, data_type, success=True)
        return document

    def _remember(self, data_type: DataType, content: bytes) -> None:
        """Note that valid *content* stands at the path, and see to it that it has a backup."""
        digest = digest_of(content)
        if self.read_only or self._known.get(data_type) == digest:
            return
        try:
            self._make_writable()
            self._backups.add(data_type, content, self.clock())
            self._known[data_type] = digest
        except FAULTS as error:
            self._fail(error)

    def _load_missing(self, data_type: DataType) -> Document:
        try:
            backup = self._newest_backup(data_type)
        except HIDDEN as error:
            return self._load_unreadable(data_type, error)
        if backup is not None:
            return self._load_damaged(data_type, [Problem("$", "a file", "nothing")])
        self._unread.discard(data_type)
        self._known.pop(data_type, None)
        document = self.get_default_data(data_type)
        if not self.read_only:
            self._store(data_type, codec.encode(data_type, document))
        self._event(self.data_loaded, data_type, success=True)
        return document

    def _load_damaged(self, data_type: DataType, problems: list[Problem]) -> Document:
        """Keep the bad file aside, put the newest valid backup in its place, and tell."""
        try:
            backup = self._newest_backup(data_type)
        except HIDDEN as error:
            return self._load_unreadable(data_type, error)
        self._unread.discard(data_type)
        notes = [str(problem) for problem in problems]
        try:
            self._make_writable()
            notes += self._set_aside(data_type, problems)
            if backup is not None:
                self._write(data_type, backup[1])
        except FAULTS as error:
            self._fail(error)
            notes.append(f"the file could not be replaced ({error})")
        if backup is None:
            notes.append("no valid backup: defaults")
        else:
            notes.append(f"restored the backup of {documents.stamp(backup[0].at)}")
        self._corrupted(data_type, notes)
        self._event(self.data_loaded, data_type, success=backup is not None)
        return self._document_of(data_type, backup)

    def _load_unreadable(self, data_type: DataType, error: Exception) -> Document:
        """Answer as well as we can, and refuse saving: what is hidden must stay."""
        self._fail(error)
        self._unread.add(data_type)
        self._event(self.data_loaded, data_type, success=False)
        try:
            return self._document_of(data_type, self._newest_backup(data_type))
        except HIDDEN:
            return self.get_default_data(data_type)

    def _document_of(self, data_type: DataType, backup: Backup | None) -> Document:
        if backup is None:
            return self.get_default_data(data_type)
        return codec.decode(data_type, backup[1])

    # Saving

    def save_data(self, data_type: DataType, data: Document | Raw) -> bool:
        """Save *data* durably: True once it is safe on the disk, with a backup beside it.

        False if *data* is invalid or the disk refused: what was saved before is intact then,
        `last_error` says why, and the next save starts anew.
        """
        with self._mutex:
            content = self._encode(data_type, data)
            saved = content is not None and self._store(data_type, content)
        self._emit()
        return saved

    def save_later(self, data_type: DataType, data: Document | Raw) -> bool:
        """Save *data* as it is now, at most one second from now; many calls become one write.

        False if *data* is invalid or saving is refused. `flush`, `close` and the end of the process
        write at once; if the disk refuses, it is tried again until it works.
        """
        with self._mutex:
            content = self._encode(data_type, data)
            if content is not None:
                try:
                    self._check_saving(data_type)
                except StoreError as error:
                    self._fail(error)
                    content = None
                else:
                    self._pending[data_type] = content
                    self._later.wake()
        self._emit()
        return content is not None

    def flush(self) -> bool:
        """Write now what `save_later` still holds; False if some of it could not be written."""
        with self._mutex:
            done = self._flush(list(self._pending))
        self._emit()
        return done

    def close(self) -> bool:
        """Flush, and let another process save here; False if some of it could not be written."""
        done = self.flush()
        with self._mutex:
            self._closed = True
            self._lock_file.release()
        self._later.stop()
        return done

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def _encode(self, data_type: DataType, data: Document | Raw) -> bytes | None:
        try:
            return codec.encode(data_type, data)
        except Damaged as error:
            self._fail(error)
            self._event(self.data_corrupted, data_type, error=str(error))
            return None

    def _store(self, data_type: DataType, content: bytes) -> bool:
        """Put *content* at its path and among the backups, and note it for the signals."""
        try:
            self._check_saving(data_type)
            self._make_writable()
            self._clear_the_way(data_type)
            self._write(data_type, content)
        except FAULTS as error:
            if isinstance(error, NewerVersion):
                # Trying again would never help.
                self._pending.pop(data_type, None)
            self._fail(error)
            self._event(self.data_saved, data_type, success=False)
            return False
        self._pending.pop(data_type, None)
        try:
            self._backups.add(data_type, content, self.clock())
        except FAULTS as error:
            # The document is safe; the next load or save tries to back it up again.
            self._known.pop(data_type, None)
            self._fail(error)
        self._event(self.data_saved, data_type, success=True)
        return True

    def _check_open(self) -> None:
        if self.read_only:
            raise StoreError(f"{self.folder} was opened read-only")
        if self._closed:
            raise StoreError("this DataManager is closed")

    def _check_saving(self, data_type: DataType) -> None:
        """Raise StoreError if this manager does not save, or not this document now."""
        self._check_open()
        if data_type in self._unread:
            raise StoreError(
                f"{data_type.value}.json could not be read when it was loaded, and saving would "
                "replace what it holds: load it again first"
            )

    def _make_writable(self) -> None:
        """Take the lock and make the folders, where that has not worked yet or they have gone."""
        if (
            self._closed
            or not self._lock_file.held
            or not all(os.path.isdir(self.folder / name) for name in ("temp", "backups", "corrupt"))
        ):
            self.setup_data_directories()

    def _write(self, data_type: DataType, content: bytes) -> None:
        temp = str(self.folder / "temp" / f"{data_type.value}.tmp")
        self._known.pop(data_type, None)
        files.write(self._disk, self._paths[data_type], content, temp, self._durable)
        self._known[data_type] = digest_of(content)

    def _clear_the_way(self, data_type: DataType) -> None:
        """See to it that nothing of worth stands at the path that is not kept elsewhere."""
        try:
            content = files.read(self._paths[data_type])
            if digest_of(content) == self._known.get(data_type):
                return
            codec.decode(data_type, content)
        except FileNotFoundError:
            return
        except files.NotAFile as error:
            self._report_aside(data_type, [Problem("$", error.expected, error.found)])
        except Damaged as error:
            self._report_aside(data_type, error.problems)
        else:
            self._backups.add(data_type, content, self.clock())

    def _report_aside(self, data_type: DataType, problems: list[Problem]) -> None:
        self._corrupted(data_type, [*map(str, problems), *self._set_aside(data_type, problems)])

    def _corrupted(self, data_type: DataType, notes: list[str]) -> None:
        self._event(self.data_corrupted, data_type, error=f"{data_type.value}: " + "; ".join(notes))

    def _set_aside(self, data_type: DataType, problems: list[Problem]) -> list[str]:
        """Move what stands at the path to corrupt/, the reason beside it; say where it went."""
        now = self.clock()
        reason = f"set aside {documents.stamp(now)}\n" + "".join(f"{p}\n" for p in problems)
        kept = files.set_aside(
            self._disk, self._paths[data_type], self.folder / "corrupt", reason, f"{now:{TIME}}"
        )
        return [f"kept as corrupt/{kept}"] if kept else []

    # Backups

    def create_backup(self, data_type: DataType) -> bool:
        """Keep the file as it is now; False if it is missing or damaged, or the disk refuses."""
        with self._mutex:
            try:
                self._flush([data_type])
                self._make_writable()
                content = files.read(self._paths[data_type])
                codec.decode(data_type, content)
                self._backups.add(data_type, content, self.clock())
                done = True
            except FAULTS as error:
                self._fail(error)
                done = False
        self._emit()
        return done

    def restore_from_backup(
        self, data_type: DataType, generation: Generation | None = None
    ) -> bool:
        """Put *generation* back; by default the newest valid one that differs from the file.

        So it mends a damaged file, and takes back the last save of a good one. The file it replaces
        is a generation itself, or is kept in corrupt/. False if there is nothing to restore.
        """
        with self._mutex:
            self._flush([data_type])
            try:
                content = self._backups.read(self.find_backup(data_type, generation))
                self._unread.discard(data_type)
                done = self._store(data_type, content)
            except FAULTS as error:
                self._fail(error)
                done = False
        self._emit()
        return done

    def find_backup(self, data_type: DataType, generation: Generation | None = None) -> Generation:
        """Return the generation that `restore_from_backup` would take; raise BackupError."""
        if generation is not None:
            codec.decode(data_type, self._backups.read(generation))
            return generation
        try:
            found = self._newest_backup(data_type, self._digest_at(data_type))
        except OSError as error:
            raise BackupError(f"{data_type.value}: the backups cannot be read: {error}") from error
        if found is None:
            raise BackupError(f"{data_type.value}: there is no other valid backup to restore")
        return found[0]

    def list_backups(self, data_type: DataType) -> list[Generation]:
        """Return the generations of *data_type*, newest first."""
        return self._backups.list(data_type)

    def _newest_backup(self, data_type: DataType, other_than: str = "") -> Backup | None:
        def good(content: bytes) -> bool:
            codec.decode(data_type, content)
            return digest_of(content) != other_than

        return self._backups.find(data_type, good)

    def _digest_at(self, data_type: DataType) -> str:
        """Return the checksum of the file, "" if there is none that can be read."""
        try:
            return digest_of(files.read(self._paths[data_type]))
        except FAULTS:
            return ""

    # Checking

    def validate_data(self, data_type: DataType, data: Document | Raw) -> bool:
        """Say whether *data* could be saved; if not, `last_error` lists what is wrong."""
        try:
            codec.encode(data_type, data)
        except Damaged as error:
            self.last_error = error
            return False
        return True

    def get_default_data(self, data_type: DataType) -> Document:
        """Return a fresh document with the defaults."""
        return documents.default_document(data_type, self.clock())

    # Signals

    def _event(self, signal: Signal, data_type: DataType, **arguments: object) -> None:
        self._events.append((signal, {"data_type": data_type.name, **arguments}))

    def _emit(self) -> None:
        """Send what has happened, outside of the mutex: a receiver may wait for another thread."""
        while self._events:
            try:
                signal, arguments = self._events.popleft()
            except IndexError:
                return
            signal.send(self, **arguments)

    def _fail(self, error: Exception) -> None:
        # What `save_later` tries twice a second need not be logged twice a second.
        if str(error) != str(self.last_error):
            log.warning("%s", error)
        self.last_error = error

    def _flush(self, data_types: list[DataType]) -> bool:
        waiting = [t for t in data_types if t in self._pending]
        return all([self._store(t, self._pending[t]) for t in waiting])
