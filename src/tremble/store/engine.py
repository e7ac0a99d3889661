"""The engine: one thread writes and commits in groups, every thread reads for itself.

    write(job) ─► queue ─► writer thread:  BEGIN  job job job ...  COMMIT (fsync) ─► futures resolve
    read(job)  ─► the calling thread, one snapshot

A future resolves only after the COMMIT is on the disk, so what was acknowledged survives kill -9
and power loss. A job that raises is rolled back alone; the rest of its group is kept. The same on
SQLite (sqlite.py) and PostgreSQL (postgres.py); what they must provide stands in database.py.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from itertools import groupby
from pathlib import Path
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from tremble.errors import StoreError
from tremble.metrics import Histogram
from tremble.store.database import Checkpoints, Collision, Database
from tremble.store.database import Transaction as Transaction
from tremble.store.place import is_url
from tremble.store.sqlite import SQLite

P = ParamSpec("P")
T = TypeVar("T")
I = TypeVar("I")  # noqa: E741

#: Jobs in one transaction; beyond 256 the waiting grows faster than the throughput.
MAX_GROUP = 256
#: How often a group is tried that the database undid in favour of another transaction.
ATTEMPTS = 3
#: Seconds of a commit, jobs included; jobs in a group.
COMMIT_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
GROUP_BOUNDS = (1, 2, 4, 8, 16, 32, 64, 128, 256)

Batch = Callable[[Transaction, Sequence[Any]], Sequence[Any]]


class Job:
    """A call that waits for its turn in the writer, and the future of its answer.

    Calls of the same *batch* that wait side by side are made as one, with the *item* of each.
    """

    def __init__(self, batch: Batch, item: Any) -> None:
        self.batch = batch
        self.item = item
        self.future: Future[Any] = Future()
        self.answer: Any = None
        self.error: BaseException | None = None

    def resolve(self, group_error: BaseException | None) -> None:
        error = self.error or group_error
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(self.answer)


class Store:
    """An open store. Use `with Store(place) as store:`, or call `close` in the end."""

    def __init__(self, place: Path | str) -> None:
        """Open the file at *place*, made if absent, or the database at a postgresql:// URL.

        Its schema is brought up to date. Raises StoreError, with everything closed again.
        """
        self._database = database_at(place)
        self._lock = threading.Lock()
        self._closed = False
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        #: What the writer has done so far.
        self.commit_times = Histogram(COMMIT_BOUNDS)
        self.group_sizes = Histogram(GROUP_BOUNDS)
        self.failed_commits = 0
        self._followers: list[Callable[[], None]] = []
        with self._database.translated():
            self._writer = self._database.writer()
        self._transaction = Transaction(self._writer)
        self._thread = threading.Thread(target=self._write, name="store-writer", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def name(self) -> str:
        """Where it is, for people; without a password."""
        return self._database.name

    @property
    def remote(self) -> bool:
        """Whether reading may take long, and so does not belong in an event loop."""
        return self._database.remote

    def free_bytes(self) -> int | None:
        """Return how much its disk can still take, None if that cannot be known."""
        return self._database.free_bytes()

    def waiting(self) -> int:
        """Return how many jobs wait for the writer, about."""
        return self._queue.qsize()

    def sizes(self) -> dict[str, int]:
        """Return the bytes of its parts: data, and log where it has one. Raises StoreError."""
        with self._database.translated():
            return self._database.sizes()

    def checkpoints(self) -> Checkpoints:
        """Return how often and how long its log was folded in. Raises StoreError."""
        with self._database.translated():
            return self._database.checkpoints()

    def follow(self, told: Callable[[], None]) -> None:
        """Call *told* in the writer's thread after each commit, before anybody is answered.

        It must be quick and raise nothing.
        """
        self._followers.append(told)

    def write(
        self, job: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        """Run *job(transaction, ...)* in the writer; the future resolves once it is on the disk.

        What *job* raises undoes all of it and comes out of the future, an error of the database as
        StoreError. A job must have no effect beside its statements: one that was undone may be run
        again. If the future has StoreError, a job may yet have been kept when the connection broke
        during the commit; ask again, or post what counts once.
        """
        return self._put(Job(lambda tx, _: [job(tx, *args, **kwargs)], None))

    def write_batch(
        self, batch: Callable[[Transaction, Sequence[I]], Sequence[T]], item: I
    ) -> Future[T]:
        """Like `write`, for a *batch* that does the work of many items in fewer statements.

        Items that wait side by side come to it together, in order; it returns an answer for each.
        If it raises, it is called again with each of them alone.
        """
        return self._put(Job(batch, item))

    def read(
        self, job: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return *job(transaction, ...)*, run here and now; all it reads is of one moment."""
        if self._closed:
            raise StoreError(f"{self.name}: the store is closed")
        with self._database.translated():
            return self._database.read(
                lambda connection: job(Transaction(connection), *args, **kwargs)
            )

    def close(self) -> None:
        """Finish what was accepted, then let go of the database. Twice is fine."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        with self._database.translated():
            self._database.close()
            self._writer.close()

    def _put(self, job: Job) -> Future[Any]:
        with self._lock:
            if self._closed:
                raise StoreError(f"{self.name}: the store is closed")
            self._queue.put(job)
        return job.future

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
        failure: BaseException | None = None
        began = perf_counter()
        for _ in range(ATTEMPTS):
            failure = self._attempt(group)
            if not isinstance(failure, Collision):
                break
        self.commit_times.observe(perf_counter() - began)
        self.group_sizes.observe(len(group))
        self.failed_commits += failure is not None
        # Before the answers: who has one and then asks must find what is kept of before to be old.
        for told in self._followers if failure is None else ():
            told()
        for job in group:
            job.resolve(failure)

    def _attempt(self, group: list[Job]) -> BaseException | None:
        """Run *group* in one transaction; return what undid all of it, None if it is on the disk."""
        try:
            with self._database.translated():
                self._writer.begin()
                together = list(batches(group))
                if len(together) == 1:
                    self._run_alone(group)
                else:
                    for batch in together:
                        self._run(batch)
                self._writer.commit()
        except BaseException as error:
            self._abandon()
            return error
        return None

    def _abandon(self) -> None:
        """Undo what is left of a transaction that failed."""
        try:
            with self._database.translated():
                self._writer.rollback()
        except StoreError:
            # The connection is gone and the transaction with it; `begin` makes another.
            return

    def _run_alone(self, jobs: list[Job]) -> None:
        """Run *jobs*, of one batch and all that the transaction does; raises as `_run`.

        If they fail the whole transaction is undone and begun again: for a savepoint SQLite copies
        every page before it is first changed, a fifth of the price of a post.
        """
        try:
            self._call(jobs)
        except BaseException as error:
            self._check_undoable(error)
            self._writer.rollback()
            self._writer.begin()
            if len(jobs) == 1:
                jobs[0].error = error
            else:
                for job in jobs:
                    self._run([job])

    def _call(self, jobs: list[Job]) -> None:
        """Run *jobs*, of one batch, and note their answers."""
        for job in jobs:
            job.error = None
        with self._database.translated():
            answers = jobs[0].batch(self._transaction, [job.item for job in jobs])
        for job, answer in zip(jobs, answers, strict=True):
            job.answer = answer

    def _check_undoable(self, error: BaseException) -> None:
        """Raise if with *error* the whole transaction is lost."""
        if isinstance(error, Collision):
            raise error
        if not self._writer.in_transaction:
            raise StoreError(str(error)) from error

    def _run(self, jobs: list[Job]) -> None:
        """Run *jobs*, of one batch, in a savepoint; raises only if the whole transaction is lost."""
        self._writer.command("SAVEPOINT job")
        try:
            self._call(jobs)
            with self._database.translated():
                self._writer.command("RELEASE job")
        except BaseException as error:
            self._check_undoable(error)
            self._writer.command("ROLLBACK TO job")
            self._writer.command("RELEASE job")
            if len(jobs) == 1:
                jobs[0].error = error
            else:
                for job in jobs:
                    self._run([job])


def database_at(place: Path | str) -> Database:
    """Return the database at *place*, its schema brought up to date. Raises StoreError."""
    if isinstance(place, str) and is_url(place):
        # The driver and its dialect take a tenth of a second that SQLite does not need.
        from tremble.store.postgres import PostgreSQL

        return PostgreSQL(place)
    return SQLite(Path(place))


def batches(group: list[Job]) -> Iterator[list[Job]]:
    """Yield the jobs of *group* that stand side by side with the same batch."""
    for _, jobs in groupby(group, key=lambda job: job.batch):
        yield list(jobs)
