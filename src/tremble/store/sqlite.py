"""SQLite: the store is one file, its log beside it (WAL, synchronous=FULL).

One connection writes; every thread that reads has its own, and sees one snapshot per read.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import disk_usage
from time import monotonic, perf_counter, sleep
from typing import TypeVar
from weakref import WeakSet

import apsw
from msgspec import structs

from tremble.errors import Conflict, StoreError
from tremble.store import database, schema
from tremble.store.database import Checkpoints, Connection, Database
from tremble.store.sql import Row, Statement, Value

T = TypeVar("T")

#: Of rows of about 2 kB, 8 kB pages waste a third less than 4 kB ones.
PAGE_SIZE = 8192
#: What the writer may keep in memory: with SQLite's 2 MB a post costs a sixth more at 10,000 players.
CACHE_KIB = 32_768
#: Pages in the log before it is folded in, 32 MB: pages of players who play much are then copied once for
#: many groups. SQLite's own 1,000 are less than one group of posts writes.
CHECKPOINT_PAGES = 4000

#: What the operator reads, by error of the driver.
REASONS: tuple[tuple[type[apsw.Error], str], ...] = (
    (apsw.FullError, "the disk is full; free some space, writing then goes on"),
    (apsw.CorruptError, "the file is damaged; keep a copy of it and restore a backup"),
    (apsw.NotADBError, "this is not a database; move it away and restore a backup"),
    (apsw.BusyError, "another program holds it locked; end that program or wait for it"),
    (apsw.LockedError, "another program holds it locked; end that program or wait for it"),
    (apsw.ReadOnlyError, "cannot be written; check who owns the file and its directory"),
    (apsw.PermissionsError, "cannot be written; check who owns the file and its directory"),
    (apsw.CantOpenError, "cannot be opened; check that its directory exists and is ours"),
    (apsw.IOError, "the disk cannot be read or written; check the system's log"),
)


class SQLiteConnection(Connection):
    """A connection to the prepared file at *path*."""

    def __init__(self, path: Path) -> None:
        self.raw = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            self.raw.set_busy_timeout(database.BUSY_TIMEOUT_MS)
            self.raw.execute("PRAGMA journal_mode=WAL")
            self.raw.execute("PRAGMA synchronous=FULL")
            self.raw.execute("PRAGMA foreign_keys=1")
            # Without this SQLite plans many statements anew for each value of a parameter.
            self.raw.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        except BaseException:
            self.raw.close()
            raise

    def begin(self) -> None:
        self.raw.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self.raw.execute("COMMIT")

    def rollback(self) -> None:
        if self.raw.in_transaction:
            self.raw.execute("ROLLBACK")

    @property
    def in_transaction(self) -> bool:
        # A full disk or an I/O error makes SQLite undo everything by itself.
        return self.raw.in_transaction

    def command(self, text: str) -> None:
        self.raw.execute(text)

    def rows(self, statement: Statement, parameters: Mapping[str, Value]) -> list[Row]:
        return self.raw.execute(statement.text, statement.arguments(parameters)).fetchall()

    def rows_each(
        self, statement: Statement, each: Sequence[Mapping[str, Value]]
    ) -> list[list[Row]]:
        text = statement.text_each
        if text is None or len(each) == 1:
            return [self.rows(statement, parameters) for parameters in each]
        found: list[list[Row]] = [[] for _ in each]
        given = {**statement.constants, "given": statement.given(each)}
        for position, *row in self.raw.execute(text, given):
            found[position].append(tuple(row))
        return found

    def many(self, statement: Statement, each: Sequence[Mapping[str, Value]]) -> None:
        self.raw.executemany(statement.text, map(statement.arguments, each)).fetchall()

    def close(self) -> None:
        self.raw.close()


class SQLiteReader(SQLiteConnection):
    """The connection of one thread that reads; *in_use* is held while it does. Goes with its thread."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.in_use = threading.Lock()
        self.raw.execute("PRAGMA query_only=1")


class SQLite(Database):
    """The store in the file at *path*, made if absent, its schema brought up to date."""

    remote = False

    def __init__(self, path: Path) -> None:
        """Raises StoreError, with everything closed again."""
        self.name = str(path)
        self._path = path
        self._readers = threading.local()
        # Threads come and go: who held their connections here would run out of files.
        self._open: WeakSet[SQLiteReader] = WeakSet()
        self._lock = threading.Lock()
        self._closed = False
        self._checkpoints = Checkpoints(log_pages=0)
        with self.translated():
            prepare(path)

    def writer(self) -> Connection:
        return SQLiteWriter(self._path, self._checkpoints)

    def read(self, job: Callable[[Connection], T]) -> T:
        connection = self._reader()
        with connection.in_use:
            connection.raw.execute("BEGIN")
            try:
                return job(connection)
            finally:
                connection.raw.execute("ROLLBACK")

    def free_bytes(self) -> int | None:
        return disk_usage(self._path.parent).free

    def sizes(self) -> dict[str, int]:
        parts = {"data": self._path, "log": self._path.with_name(self._path.name + "-wal")}
        return {name: path.stat().st_size if path.exists() else 0 for name, path in parts.items()}

    def checkpoints(self) -> Checkpoints:
        return structs.replace(self._checkpoints)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            left = list(self._open)
        for connection in left:
            with connection.in_use:  # another thread may still be reading
                connection.close()

    def _reader(self) -> SQLiteReader:
        """Return this thread's connection."""
        own: SQLiteReader | None = getattr(self._readers, "own", None)
        if own is None:
            own = SQLiteReader(self._path)
            with self._lock:
                # `close` finds only what stands in the set, and never one half made.
                if self._closed:
                    own.close()
                    raise StoreError(f"{self.name}: the store is closed")
                self._open.add(own)
            self._readers.own = own
        return own

    @contextmanager
    def translated(self) -> Iterator[None]:
        try:
            yield
        except apsw.ConstraintError as error:
            raise Conflict(f"{self.name}: {error}") from error
        except apsw.Error as error:
            for kind, reason in REASONS:
                if isinstance(error, kind):
                    raise StoreError(f"{self.name}: {reason} ({error})") from error
            raise StoreError(f"{self.name}: {error}") from error


class SQLiteWriter(SQLiteConnection):
    """The connection that writes and folds the log in, and is the last to be closed."""

    def __init__(self, path: Path, checkpoints: Checkpoints) -> None:
        """Count in *checkpoints*."""
        super().__init__(path)
        self._checkpoints = checkpoints
        #: Pages in the log, and how many of them are folded in.
        self._logged = self._folded = 0
        self.raw.execute(f"PRAGMA cache_size={-CACHE_KIB}")
        # In place of SQLite's own hook, which folds in without telling how long that took.
        self.raw.set_wal_hook(self._note_log)

    def commit(self) -> None:
        super().commit()
        if self._logged >= CHECKPOINT_PAGES:
            # What was committed is on the disk: if it cannot be folded in now, then after the next one.
            with suppress(apsw.Error):
                self._fold_in()

    def _note_log(self, raw: apsw.Connection, name: str, pages: int) -> int:
        """Take from SQLite how many *pages* stand in the log after a commit."""
        written, _ = raw.status(apsw.SQLITE_DBSTATUS_CACHE_WRITE, True)
        if written >= pages:  # nothing before: the log was begun anew, over what is folded in
            self._folded = 0
        self._logged = pages
        self._checkpoints.log_pages = pages - self._folded
        return apsw.SQLITE_OK

    def _fold_in(self) -> None:
        """Copy what no reader holds back from the log into the data."""
        began = perf_counter()
        _, folded = self.raw.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        found = self._checkpoints
        found.seconds += perf_counter() - began
        if folded > self._folded:
            found.count += 1
            found.pages += folded - self._folded
            self._folded = folded
        found.log_pages = self._logged - self._folded

    def close(self) -> None:
        # A reader of another process may hold the log back; it is then folded in later.
        self.raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.raw.close()


def prepare(path: Path) -> None:
    """Make the file at *path* a store of the current schema. Raises StoreError."""
    connection = apsw.Connection(str(path))
    try:
        connection.set_busy_timeout(database.BUSY_TIMEOUT_MS)
        if connection.pragma("page_count") == 0:
            connection.execute(f"PRAGMA page_size={PAGE_SIZE}")
            connection.execute(f"PRAGMA application_id={database.OURS}")
            connection.execute("PRAGMA journal_mode=WAL")
        elif connection.pragma("application_id") != database.OURS:
            raise StoreError(f"{path}: this database belongs to another program; not touched")
        if schema.check(str(path), *found_schema(connection)):
            return
    finally:
        connection.close()
    upgrade(path)


def found_schema(connection: apsw.Connection) -> tuple[str | None, dict[str, set[str]]]:
    """Return the schema version of a file (None: fresh) and the columns of each of its tables."""
    columns: dict[str, set[str]] = {}
    for table, column in connection.execute(
        "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c "
        "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
    ):
        columns.setdefault(table, set()).add(column)
    if columns.pop(schema.VERSION_TABLE, None) is None:
        return None, columns
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return (row[0] if row else None), columns


def upgrade(path: Path) -> None:
    """Run the migrations that the file at *path* lacks: all of them or none.

    Raises StoreError, with the file as it was.
    """
    # Half a second to import, and needed only when something changes.
    from sqlalchemy import URL, create_engine
    from sqlalchemy.exc import SQLAlchemyError

    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"isolation_level": None, "timeout": 30},
    )
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN EXCLUSIVE")
            schema.migrate(connection)
            connection.commit()
    except SQLAlchemyError as error:
        raise schema.failed(str(path), error) from error
    finally:
        engine.dispose()


def copy(source: Path, target: Path) -> None:
    """Copy the database *source*, which may be in use, as it is at one moment, to the new file *target*.

    Raises StoreError if it cannot be read or written, or if the copy is not sound.
    """
    try:
        connection = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.set_busy_timeout(database.BUSY_TIMEOUT_MS)
            connection.execute("VACUUM INTO ?", (str(target),))
        finally:
            connection.close()
    except apsw.Error as error:
        raise StoreError(f"{source}: cannot be copied to {target}: {error}") from None
    found = faults(target)
    if found:
        raise StoreError(f"{source}: its copy is not sound: {found[0]}")


def faults(path: Path) -> list[str]:
    """Return what SQLite finds wrong with the file at *path*, which nobody uses; nothing if it is sound."""
    try:
        connection = unused(path)
        try:
            rows = connection.execute("PRAGMA integrity_check").fetchall()
        finally:
            connection.close()
    except apsw.Error as error:
        return [f"{path.name}: {error}"]
    return [f"{path.name}: {text}" for (text,) in rows if text != "ok"]


def fold(path: Path, patience_s: float = 10.0) -> None:
    """Fold the log into the database at *path*, which becomes one file: it can be renamed then.

    Nobody else may have it open, for which it waits. Raises StoreError.
    """
    until = monotonic() + patience_s
    while not folded(path):
        if monotonic() > until:
            raise StoreError(f"{path}: another program has it open; end that program first")
        sleep(0.05)


def folded(path: Path) -> bool:
    """Do what fold() says, now; False if somebody else has it open. Raises StoreError."""
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            return str(connection.pragma("journal_mode", "DELETE")) == "delete"
        finally:
            connection.close()
    except apsw.BusyError:
        return False
    except apsw.Error as error:
        raise StoreError(f"{path}: {error}") from None


def last_match(path: Path) -> tuple[int, int, str | None]:
    """Return how many matches the record at *path* holds, which nobody uses, and the last one's number
    and id. Raises StoreError.
    """
    try:
        connection = unused(path)
        try:
            [(count,)] = connection.execute("SELECT count(*) FROM match").fetchall()
            last = connection.execute(
                "SELECT seq, id FROM match ORDER BY seq DESC LIMIT 1"
            ).fetchall()
        finally:
            connection.close()
    except apsw.Error as error:
        raise StoreError(f"{path}: {error}") from None
    seq, ident = last[0] if last else (0, None)
    return int(str(count)), int(str(seq)), None if ident is None else str(ident)


def schema_version(path: Path) -> str | None:
    """Return the schema version of the record at *path*, which may be in use; None if it has none."""
    if not path.exists():
        return None
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.set_busy_timeout(database.BUSY_TIMEOUT_MS)
            return found_schema(connection)[0]
        finally:
            connection.close()
    except apsw.Error as error:
        raise StoreError(f"{path}: {error}") from None


def unused(path: Path) -> apsw.Connection:
    """Open the file at *path*, which nobody uses, to read it."""
    return apsw.Connection(
        f"{path.absolute().as_uri()}?immutable=1",
        flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI,
    )
