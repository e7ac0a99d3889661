"""The SQLite engine: one thread writes and commits in groups, every thread reads for itself.

    write(job) ─► queue ─► writer thread:  BEGIN  job job job ...  COMMIT (fsync) ─► futures resolve
    read(job)  ─► the calling thread's own connection, one snapshot

A future resolves only after the COMMIT is on the disk (WAL, synchronous=FULL), so what was
acknowledged survives kill -9 and power loss. A job that raises is rolled back alone; the rest of
its group is kept.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import apsw

from tremble.errors import Conflict, StoreError
from tremble.store import schema
from tremble.store.sql import Row, Statement, Value

P = ParamSpec("P")
T = TypeVar("T")

#: Marks the file as ours: "Trem".
APPLICATION_ID = 0x5472656D
#: Of rows of about 2 kB, 8 kB pages waste a third less than 4 kB ones.
PAGE_SIZE = 8192
#: How long to wait for a lock that another program holds.
BUSY_TIMEOUT_MS = 5000
#: Jobs in one transaction; beyond 256 the waiting grows faster than the throughput.
MAX_GROUP = 256

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


class Transaction:
    """What a job may do: run statements that are kept or undone together."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def rows(self, statement: Statement, /, **parameters: Value) -> list[Row]:
        """Run *statement* and return all its rows."""
        if statement.constants:
            parameters = {**statement.constants, **parameters}
        return self._connection.execute(statement.text, parameters).fetchall()

    def row(self, statement: Statement, /, **parameters: Value) -> Row | None:
        """Run *statement* and return its first row, None if there is none."""
        rows = self.rows(statement, **parameters)
        return rows[0] if rows else None

    def run(self, statement: Statement, /, **parameters: Value) -> None:
        """Run *statement* for its effect."""
        self.rows(statement, **parameters)

    def run_many(self, statement: Statement, each: Sequence[Mapping[str, Value]], /) -> None:
        """Run *statement* for its effect with *each* of these parameters, in that order."""
        if statement.constants:
            each = [{**statement.constants, **parameters} for parameters in each]
        self._connection.executemany(statement.text, each)


class Job:
    """A function waiting for its turn in the writer, and the future of its answer."""

    def __init__(self, function: Callable[[Transaction], Any]) -> None:
        self.function = function
        self.future: Future[Any] = Future()
        self.answer: Any = None
        self.error: BaseException | None = None

    def resolve(self, group_error: StoreError | None) -> None:
        error = self.error or group_error
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(self.answer)


class Store:
    """An open store. Use `with Store(path) as store:`, or call `close` in the end."""

    def __init__(self, path: Path) -> None:
        """Open the file at *path*, made if absent, its schema brought up to date.

        Raises StoreError, with everything closed again.
        """
        self.path = path
        prepare(path)
        self._readers = threading.local()
        self._open: list[apsw.Connection] = []
        self._lock = threading.Lock()
        self._closed = False
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._writer = self._connect()
        self._thread = threading.Thread(target=self._write, name="store-writer", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def write(
        self, job: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        """Run *job(transaction, ...)* in the writer; the future resolves once it is on the disk.

        What *job* raises undoes all of it and comes out of the future, an error of the database as
        StoreError. A job runs at most once and must have no effect beside its statements.
        """
        waiting = Job(lambda tx: job(tx, *args, **kwargs))
        with self._lock:
            if self._closed:
                raise StoreError(f"{self.path}: the store is closed")
            self._queue.put(waiting)
        return waiting.future

    def read(
        self, job: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return *job(transaction, ...)*, run here and now; all it reads is of one moment."""
        connection = self._reader()
        with translated(self.path):
            connection.execute("BEGIN")
            try:
                return job(Transaction(connection), *args, **kwargs)
            finally:
                connection.execute("ROLLBACK")

    def close(self) -> None:
        """Finish what was accepted, fold the log into the file, let go of it. Twice is fine."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        with translated(self.path):
            for connection in self._open[1:]:
                connection.close()
            # A reader of another process may hold the log back; it is then folded in later.
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._writer.close()

    def _connect(self) -> apsw.Connection:
        with translated(self.path):
            connection = connect(self.path)
        with self._lock:
            self._open.append(connection)
        return connection

    def _reader(self) -> apsw.Connection:
        if self._closed:
            raise StoreError(f"{self.path}: the store is closed")
        connection: apsw.Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            connection = self._connect()
            connection.execute("PRAGMA query_only=1")
            self._readers.connection = connection
        return connection

    def _write(self) -> None:
        """The writer thread: until the None that `close` puts last."""
        while (first := self._queue.get()) is not None:
            group = [first]
            last = False
            while len(group) < MAX_GROUP and not last:
                try:
                    job = self._queue.get_nowait()
                except Empty:
                    break
                if job is None:
                    last = True
                else:
                    group.append(job)
            self._commit([job for job in group if job.future.set_running_or_notify_cancel()])
            if last:
                return

    def _commit(self, group: list[Job]) -> None:
        """Run *group* in one transaction, then resolve its futures."""
        failure: StoreError | None = None
        try:
            with translated(self.path):
                self._writer.execute("BEGIN IMMEDIATE")
                for job in group:
                    self._run(job)
                self._writer.execute("COMMIT")
        except StoreError as error:
            failure = error
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
        for job in group:
            job.resolve(failure)

    def _run(self, job: Job) -> None:
        """Run *job* in its own savepoint; raises only if the whole transaction is lost."""
        self._writer.execute("SAVEPOINT job")
        try:
            with translated(self.path):
                job.answer = job.function(Transaction(self._writer))
        except BaseException as error:
            job.error = error
            if not self._writer.in_transaction:
                # A full disk or an I/O error makes SQLite undo everything by itself.
                raise StoreError(str(error)) from error
            self._writer.execute("ROLLBACK TO job")
        self._writer.execute("RELEASE job")


def prepare(path: Path) -> None:
    """Make the file at *path* a store of the current schema. Raises StoreError."""
    with translated(path):
        connection = apsw.Connection(str(path))
        try:
            connection.set_busy_timeout(BUSY_TIMEOUT_MS)
            if connection.pragma("page_count") == 0:
                connection.execute(f"PRAGMA page_size={PAGE_SIZE}")
                connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
                connection.execute("PRAGMA journal_mode=WAL")
            elif connection.pragma("application_id") != APPLICATION_ID:
                raise StoreError(f"{path}: this database belongs to another program; not touched")
            if schema.check(path, *found_schema(connection)):
                return
        finally:
            connection.close()
        schema.upgrade(path)


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


def connect(path: Path) -> apsw.Connection:
    """Open one connection to the prepared file at *path*."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=1")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn errors of the driver into StoreError, in words that tell the operator what to do."""
    try:
        yield
    except apsw.ConstraintError as error:
        raise Conflict(f"{path}: {error}") from error
    except apsw.Error as error:
        for kind, reason in REASONS:
            if isinstance(error, kind):
                raise StoreError(f"{path}: {reason} ({error})") from error
        raise StoreError(f"{path}: {error}") from error
