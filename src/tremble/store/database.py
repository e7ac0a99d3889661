"""What the engine asks of a database: the few things in which SQLite and PostgreSQL differ.

Database      one place that holds a store: checked and migrated when opened
Connection    one conversation with it: begin, statements, commit
Transaction   what a job sees of a connection: statements that are kept or undone together
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

from msgspec import Struct

from tremble.errors import StoreError
from tremble.store.sql import Row, Statement, Value

T = TypeVar("T")

#: Marks what is ours, a file or a lock: "Trem".
OURS = 0x5472656D
#: How long to wait for a lock that another process holds.
BUSY_TIMEOUT_MS = 5000


class Checkpoints(Struct):
    """How often and how long what is committed was folded into the data, and how many pages that were.

    *log_pages* still stand in the log alone; None where that is not known.
    """

    count: int = 0
    seconds: float = 0.0
    pages: int = 0
    log_pages: int | None = None


class Collision(StoreError):
    """The database undid a transaction in favour of another one; run again it may succeed."""


class Connection(ABC):
    """One conversation with a database, used by one thread at a time.

    Its methods raise the errors of the driver; `Database.translated` turns them into ours.
    """

    #: Whether to bring a row here costs more than to look at it where it is.
    remote = False

    @abstractmethod
    def begin(self) -> None:
        """Begin to write, with the store's one write lock held until the transaction ends."""

    @abstractmethod
    def commit(self) -> None:
        """Make what was written durable: when this returns it is on the disk."""

    @abstractmethod
    def rollback(self) -> None:
        """Undo all since `begin`; nothing if there is no transaction (any more)."""

    @property
    @abstractmethod
    def in_transaction(self) -> bool:
        """Whether what was written since `begin` can still be committed."""

    @abstractmethod
    def command(self, text: str) -> None:
        """Run *text*, which has no parameters and no rows."""

    @abstractmethod
    def rows(self, statement: Statement, parameters: Mapping[str, Value]) -> list[Row]:
        """Run *statement* and return all its rows."""

    @abstractmethod
    def rows_each(
        self, statement: Statement, each: Sequence[Mapping[str, Value]]
    ) -> list[list[Row]]:
        """Return the rows of *statement* for *each* of these parameters, each in no order."""

    @abstractmethod
    def many(self, statement: Statement, each: Sequence[Mapping[str, Value]]) -> None:
        """Run *statement* with *each* of these parameters, at a fraction of the price of one by one."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the database."""


class Database(ABC):
    """The place of a store. *name* is for people: a path, or a URL without its password."""

    name: str
    #: Whether it answers over a network: reading may then take long, and belongs in a thread.
    remote: bool

    @abstractmethod
    def writer(self) -> Connection:
        """Return a connection for the writer thread."""

    @abstractmethod
    def read(self, job: Callable[[Connection], T]) -> T:
        """Return *job(connection)*; all it reads is of one moment, and it cannot write."""

    @abstractmethod
    def translated(self) -> AbstractContextManager[None]:
        """Turn errors of the driver into StoreError, in words that tell the operator what to do."""

    @abstractmethod
    def free_bytes(self) -> int | None:
        """Return how much its disk can still take, None if that cannot be known."""

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """Return the bytes of its parts by name: data, and log if it has one."""

    @abstractmethod
    def checkpoints(self) -> Checkpoints:
        """Return what was folded in since the store was opened, or since the server counts."""

    @abstractmethod
    def close(self) -> None:
        """Close all connections but the writer's."""


class Transaction:
    """What a job may do: run statements that are kept or undone together."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def remote(self) -> bool:
        """Whether to bring a row here costs more than to look at it where it is."""
        return self._connection.remote

    def rows(self, statement: Statement, /, **parameters: Value) -> list[Row]:
        """Run *statement* and return all its rows."""
        return self._connection.rows(statement, parameters)

    def rows_each(
        self, statement: Statement, each: Sequence[Mapping[str, Value]], /
    ) -> list[list[Row]]:
        """Run the query *statement* with *each* of these parameters; the rows of each, in no order."""
        return self._connection.rows_each(statement, each) if each else []

    def row(self, statement: Statement, /, **parameters: Value) -> Row | None:
        """Run *statement* and return its first row, None if there is none."""
        rows = self._connection.rows(statement, parameters)
        return rows[0] if rows else None

    def run(self, statement: Statement, /, **parameters: Value) -> None:
        """Run *statement* for its effect."""
        self._connection.rows(statement, parameters)

    def run_many(self, statement: Statement, each: Sequence[Mapping[str, Value]], /) -> None:
        """Run *statement* for its effect with *each* of these parameters, in that order.

        If it is an insert that updates what is there, no two may be of one row.
        """
        if each:
            self._connection.many(statement, each)
