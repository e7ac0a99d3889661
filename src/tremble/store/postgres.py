"""PostgreSQL: the store is a database that several web processes may share.

One of them writes at a time: each write transaction holds one advisory lock. So jobs see what
they see on SQLite, none can deadlock with another, and numbers are given in the order of commits.

The driver is asynchronous and jobs are not: every connection has an event loop of its own, which
runs in the thread that uses the connection, for as long as a statement takes.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import Empty, LifoQueue
from typing import Any, TypeVar

import asyncpg

from tremble.errors import Conflict, StoreError
from tremble.log import logger
from tremble.store import database, schema
from tremble.store.database import Checkpoints, Collision, Connection, Database
from tremble.store.place import shown
from tremble.store.sql import Row, Statement, Value

T = TypeVar("T")

#: Connections that read; on a server of few cores more only wait for each other.
READERS = 8
CONNECT_TIMEOUT_S = 5.0
#: No statement of ours takes this long; one that does has lost its server without a word.
STATEMENT_TIMEOUT_S = 60.0
#: Statements that stay prepared in a connection: more than there are.
PREPARED = 1024
#: Rows in one statement.
AT_ONCE = 10_000
#: A process that is stopped in the middle of a transaction keeps the others waiting this long.
MAX_IDLE_MS = 600_000
#: How long to wait for another process that migrates.
MIGRATION_TIMEOUT_MS = 120_000

LOCK = f"SELECT pg_advisory_xact_lock({database.OURS})"
# Whatever the server's default: each statement is to see what was there when the lock was had.
BEGIN = f"BEGIN ISOLATION LEVEL READ COMMITTED; {LOCK}"
BEGIN_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
#: Checkpoints of the whole server, in the view that has them: from version 17 on one of their own.
CHECKPOINTS = """
SELECT checkpoints_timed + checkpoints_req, checkpoint_write_time + checkpoint_sync_time, buffers_checkpoint
FROM pg_stat_bgwriter
"""
CHECKPOINTS_17 = """
SELECT num_timed + num_requested, write_time + sync_time, buffers_written FROM pg_stat_checkpointer
"""
VERSION_COLUMNS = """
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
  AND a.attnum > 0 AND NOT a.attisdropped
"""

Kinds = tuple[type[Exception], ...]
#: The database undid a transaction, or would not run a statement that it has to plan anew.
COLLISIONS: Kinds = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InvalidCachedStatementError,
)
#: The conversation is over; another must be begun.
LOST: Kinds = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the driver lost its way as the server went
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
#: What the operator reads, by error of the driver; the first that fits.
REASONS: tuple[tuple[Kinds, str], ...] = (
    ((asyncpg.DiskFullError,), "the server's disk is full; free some space, writing then goes on"),
    ((asyncpg.TooManyConnectionsError,), "it has no connection left; raise max_connections"),
    (
        (asyncpg.InvalidAuthorizationSpecificationError,),
        "user or password is refused; check the setting store.url and pg_hba.conf",
    ),
    ((asyncpg.InvalidCatalogNameError,), "there is no such database; make it with createdb"),
    ((asyncpg.InsufficientPrivilegeError,), "not permitted; make the database's owner our user"),
    ((asyncpg.ReadOnlySQLTransactionError,), "cannot be written; is it a standby?"),
    ((asyncpg.LockNotAvailableError,), "another process holds it locked; wait for it or end it"),
    (
        (asyncpg.DataCorruptedError, asyncpg.IndexCorruptedError),
        "the database is damaged; keep a copy of it and restore a backup",
    ),
    ((asyncpg.PostgresIOError,), "the server cannot read or write its disk; check its log"),
    ((asyncpg.CannotConnectNowError,), "the server is starting or stopping; it is tried again"),
    ((TimeoutError,), "the server does not answer in time; check it and the network"),
    (LOST, "the server cannot be reached; start it, or check the setting store.url"),
)


class PostgresConnection(Connection):
    """A connection to *url*, made when first needed and again when it was lost."""

    remote = True

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop = asyncio.new_event_loop()
        self._session: asyncpg.Connection | None = None

    def begin(self) -> None:
        self.start(BEGIN)

    def start(self, text: str) -> None:
        """Begin a transaction with *text*; the first statement notices if the server was restarted."""
        if self._session is not None:
            try:
                return self.command(text)
            except LOST:
                self.drop()
        self.command(text)

    def commit(self) -> None:
        self.command("COMMIT")

    def rollback(self) -> None:
        if self.in_transaction:
            self.command("ROLLBACK")

    @property
    def in_transaction(self) -> bool:
        session = self._session
        return session is not None and not session.is_closed() and session.is_in_transaction()

    def command(self, text: str) -> None:
        self._wait(self._connected().execute(text))

    def rows(self, statement: Statement, parameters: Mapping[str, Value]) -> list[Row]:
        numbered = statement.numbered
        return self.fetch(numbered.text, *numbered.arguments(parameters))

    def fetch(self, text: str, *arguments: Value | list[Value]) -> list[Row]:
        """Run *text* with `$1`, `$2` ... and return all its rows."""
        records = self._wait(self._connected().fetch(text, *arguments))
        return [tuple(record) for record in records]

    def rows_each(
        self, statement: Statement, each: Sequence[Mapping[str, Value]]
    ) -> list[list[Row]]:
        numbered = statement.numbered
        found: list[list[Row]] = [[] for _ in each]
        for position, *row in self.fetch(numbered.text_each, *numbered.columns(each)):
            found[position - 1].append(tuple(row))
        return found

    def many(self, statement: Statement, each: Sequence[Mapping[str, Value]]) -> None:
        numbered = statement.numbered
        for first in range(0, len(each), AT_ONCE):
            some = each[first : first + AT_ONCE]
            if numbered.text_many is not None:
                self.fetch(numbered.text_many, *numbered.columns(some))
            else:
                arguments = [numbered.arguments(parameters) for parameters in some]
                self._wait(self._connected().executemany(numbered.text, arguments))

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run *coroutine* in the loop of this connection."""
        return self._loop.run_until_complete(coroutine)

    def drop(self) -> None:
        """Break off the conversation."""
        session, self._session = self._session, None
        if session is not None:
            session.terminate()
            # The socket is closed by a callback of the loop.
            self.run(asyncio.sleep(0))

    def close(self) -> None:
        session, self._session = self._session, None
        if session is not None and not session.is_closed():
            try:
                self.run(session.close(timeout=CONNECT_TIMEOUT_S))
            except LOST:
                session.terminate()
        self.run(asyncio.sleep(0))
        self._loop.close()

    def _connected(self) -> asyncpg.Connection:
        if self._session is None:
            self._session = self.run(connect(self._url))
        return self._session

    def _wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        try:
            return self._loop.run_until_complete(coroutine)
        except BaseException as error:
            # After an interrupt in the middle of a statement the next would get its answer.
            if isinstance(error, LOST) or not isinstance(error, Exception):
                self.drop()
            raise


class PostgreSQL(Database):
    """The store in the database at *url*, its schema brought up to date."""

    remote = True

    def __init__(self, url: str) -> None:
        """Raises StoreError, with everything closed again."""
        self.name = shown(url)
        self._url = url
        with self.translated():
            self._prepare()
        #: Those that nobody uses now; None once they are closed.
        self._readers: LifoQueue[PostgresConnection | None] = LifoQueue()
        for _ in range(READERS):
            self._readers.put(PostgresConnection(url))
        self._threads = ThreadPoolExecutor(READERS, "store-reader")

    def writer(self) -> Connection:
        return PostgresConnection(self._url)

    def read(self, job: Callable[[Connection], T]) -> T:
        if asyncio._get_running_loop() is None:
            return self._read(job)
        # The loop of a connection cannot run inside another one.
        try:
            reading = self._threads.submit(self._read, job)
        except RuntimeError:  # they are told to end
            raise StoreError(f"{self.name}: the store is closed") from None
        return reading.result()

    def _read(self, job: Callable[[Connection], T]) -> T:
        try:
            connection = self._readers.get(timeout=CONNECT_TIMEOUT_S)
        except Empty:
            raise StoreError(f"{self.name}: all {READERS} connections are busy") from None
        if connection is None:
            self._readers.put(None)  # for who comes next
            raise StoreError(f"{self.name}: the store is closed")
        try:
            connection.start(BEGIN_READ)
            try:
                return job(connection)
            finally:
                connection.rollback()
        finally:
            self._readers.put(connection)

    def free_bytes(self) -> int | None:
        return None

    def sizes(self) -> dict[str, int]:
        return {"data": self.read(database_bytes)}

    def checkpoints(self) -> Checkpoints:
        return self.read(checkpoints_of)

    def close(self) -> None:
        self._threads.shutdown()
        for _ in range(READERS):
            connection = self._readers.get()
            assert connection is not None  # the store closes once
            connection.close()
        self._readers.put(None)

    @contextmanager
    def translated(self) -> Iterator[None]:
        try:
            yield
        except asyncpg.IntegrityConstraintViolationError as error:
            raise Conflict(f"{self.name}: {error}") from error
        except COLLISIONS as error:
            raise Collision(f"{self.name}: undone in favour of another writer ({error})") from error
        except asyncpg.DataError:
            # A value that does not fit its column should have been refused long before.
            raise
        except (*LOST, asyncpg.PostgresError) as error:
            for kinds, reason in REASONS:
                if isinstance(error, kinds):
                    raise StoreError(f"{self.name}: {reason} ({error})") from error
            raise StoreError(f"{self.name}: {error}") from error

    def _prepare(self) -> None:
        """Make the database a store of the current schema."""
        connection = PostgresConnection(self._url)
        try:
            [(encoding, fsync)] = connection.fetch(
                "SELECT current_setting('server_encoding'), current_setting('fsync')"
            )
            if encoding != "UTF8":
                raise StoreError(
                    f"{self.name}: its encoding is {encoding}; make one that can hold all names: "
                    "createdb --encoding=UTF8 --template=template0"
                )
            if fsync != "on":
                logger("store").warning("fsync is off: power loss can lose results", at=self.name)
            if not schema.check(self.name, *found_schema(connection)):
                connection.run(self._upgrade())
        finally:
            connection.close()

    async def _upgrade(self) -> None:
        """Run the migrations that are lacking, all or none, while no other process does or writes."""
        from sqlalchemy.exc import SQLAlchemyError
        from sqlalchemy.ext.asyncio import create_async_engine
        from sqlalchemy.pool import NullPool

        engine = create_async_engine(
            "postgresql+asyncpg://", async_creator=lambda: connect(self._url), poolclass=NullPool
        )
        try:
            async with engine.begin() as connection:
                await connection.exec_driver_sql(f"SET LOCAL lock_timeout = {MIGRATION_TIMEOUT_MS}")
                await connection.exec_driver_sql(LOCK)
                await connection.run_sync(schema.migrate)
        except SQLAlchemyError as error:
            raise schema.failed(self.name, error) from error
        finally:
            await engine.dispose()


def database_bytes(connection: Connection) -> int:
    """Return the bytes of the database that *connection* is to."""
    assert isinstance(connection, PostgresConnection)
    return int(connection.fetch("SELECT pg_database_size(current_database())")[0][0])


def checkpoints_of(connection: Connection) -> Checkpoints:
    """Return the checkpoints of the server that *connection* is to, since it counts."""
    assert isinstance(connection, PostgresConnection)
    [(version,)] = connection.fetch("SELECT current_setting('server_version_num')::int")
    [(count, ms, pages)] = connection.fetch(CHECKPOINTS_17 if version >= 170_000 else CHECKPOINTS)
    return Checkpoints(int(count), ms / 1000, int(pages))


async def connect(url: str) -> asyncpg.Connection:
    """Return a connection that waits for the disk at each commit, whatever the server's default."""
    return await asyncpg.connect(
        url,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=STATEMENT_TIMEOUT_S,
        statement_cache_size=PREPARED,
        max_cached_statement_lifetime=0,
        server_settings={
            "application_name": "tremble",
            "synchronous_commit": "on",
            "lock_timeout": str(database.BUSY_TIMEOUT_MS),
            "idle_in_transaction_session_timeout": str(MAX_IDLE_MS),
            "jit": "off",
        },
    )


def found_schema(connection: PostgresConnection) -> tuple[str | None, dict[str, set[str]]]:
    """Return the schema version of a database (None: fresh) and the columns of each of its tables."""
    columns: dict[str, set[str]] = {}
    for table, column in connection.fetch(VERSION_COLUMNS):
        columns.setdefault(table, set()).add(column)
    if columns.pop(schema.VERSION_TABLE, None) is None:
        return None, columns
    rows = connection.fetch("SELECT version_num FROM alembic_version")
    return (rows[0][0] if rows else None), columns
