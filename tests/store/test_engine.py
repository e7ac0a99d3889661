"""The engine: what is acknowledged is kept, what fails is undone alone, errors say what to do."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import insert
from store_jobs import ADD, add, held, names

from tremble.errors import Conflict, StoreError
from tremble.store.database import Collision
from tremble.store.engine import Store, Transaction
from tremble.store.sql import Statement
from tremble.store.tables import board_entry


def test_write_and_read(store: Store) -> None:
    """What a job wrote is there for a reader as soon as its future resolves, with its answer."""
    assert store.write(add, "duel").result() == "duel"

    assert store.read(names) == ["duel"]


def test_reopened(place: Path | str) -> None:
    """It is there when the store is opened again."""
    with Store(place) as store:
        store.write(add, "duel").result()

    with Store(place) as store:
        assert store.read(names) == ["duel"]


def test_failure_is_undone_alone(store: Store) -> None:
    """A job that raises is undone, and the others of its group are kept."""

    def fail(tx: Transaction) -> None:
        add(tx, "half done")
        raise KeyError("no")

    go, _ = held(store)
    before, failing, after = store.write(add, "a"), store.write(fail), store.write(add, "b")
    go.set()

    assert (before.result(), after.result()) == ("a", "b")
    with pytest.raises(KeyError):
        failing.result()
    assert store.read(names) == ["a", "b"]


def test_constraint(store: Store) -> None:
    """A row that is there already is a Conflict, for the job that brought it alone."""
    go, _ = held(store)
    first, second = store.write(add, "a"), store.write(add, "a")
    go.set()

    assert first.result() == "a"
    with pytest.raises(Conflict):
        second.result()


def test_reference(store: Store) -> None:
    """A row that refers to nothing is a Conflict."""
    row = {column.name: column.type.python_type(0) for column in board_entry.columns}

    with pytest.raises(Conflict):
        store.write(Transaction.run, Statement(insert(board_entry).values(row))).result()


def test_cancelled(store: Store) -> None:
    """A job that was cancelled before its turn is not run."""
    go, _ = held(store)
    cancelled = store.write(add, "a")
    assert cancelled.cancel()
    go.set()

    store.write(add, "b").result()

    assert store.read(names) == ["b"]


def test_followers_know_first(store: Store) -> None:
    """Who has the answer to a write finds that the followers were told of it."""
    told: list[int] = []

    def slowly() -> None:
        threading.Event().wait(0.05)
        told.append(1)

    store.follow(slowly)
    store.write(add, "a").result()

    assert told == [1]


def test_readers_cannot_write(store: Store) -> None:
    """A job that writes is refused where it should only read."""
    with pytest.raises(StoreError, match="cannot be written"):
        store.read(add, "a")


def test_one_moment(store: Store) -> None:
    """A reader sees one moment, whatever is committed while it reads."""

    def twice(tx: Transaction) -> list[list[str]]:
        before = names(tx)
        store.write(add, "a").result()
        return [before, names(tx)]

    assert store.read(twice) == [[], []]
    assert store.read(names) == ["a"]


def test_many_threads(store: Store) -> None:
    """Threads write and read at once; every write is kept."""
    threads = [
        threading.Thread(
            target=lambda i=i: store.write(add, f"{i:02}").result() and store.read(names)
        )
        for i in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert store.read(names) == [f"{i:02}" for i in range(20)]


def test_closed(place: Path | str) -> None:
    """A closed store says so; closing it again is fine, and what was accepted was finished."""
    store = Store(place)
    accepted = store.write(add, "a")
    store.close()
    store.close()

    assert accepted.result() == "a"
    with pytest.raises(StoreError, match="closed"):
        store.write(add, "b")
    with pytest.raises(StoreError, match="closed"):
        store.read(names)
    if store.remote:  # at once: nobody gives a connection back any more
        with pytest.raises(StoreError, match="closed"):
            store.sizes()


def test_closed_while_threads_read(place: Path | str) -> None:
    """Threads that begin to read just then get an answer or StoreError, and nothing is in the way."""
    store = Store(place)
    started = threading.Barrier(9)
    answers: list[object] = []

    def read() -> None:
        started.wait()
        for _ in range(20):
            try:
                answers.append(store.read(names))
            except StoreError as error:
                answers.append(error)
                return

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    started.wait()
    store.close()
    for thread in threads:
        thread.join()

    assert len(answers) >= 8
    assert all(answer == [] or "closed" in str(answer) for answer in answers)


def add_all(tx: Transaction, wanted: Sequence[str]) -> list[str]:
    """Add each of *wanted*; answer with how many there were."""
    tx.run_many(ADD, [{"n": name} for name in wanted])
    return [f"{name} of {len(wanted)}" for name in wanted]


def test_batch(store: Store) -> None:
    """Items that wait side by side for one batch are done together, each with its own answer."""
    go, _ = held(store)
    futures = [store.write_batch(add_all, name) for name in "abc"]
    other = store.write(add, "d")
    futures += [store.write_batch(add_all, "e")]
    go.set()

    assert [future.result() for future in futures] == ["a of 3", "b of 3", "c of 3", "e of 1"]
    assert other.result() == "d"
    assert store.read(names) == ["a", "b", "c", "d", "e"]


def test_failing_batch(store: Store) -> None:
    """An item that fails in a batch is undone alone, the others of the batch are kept."""
    go, _ = held(store)
    futures = [store.write_batch(add_all, name) for name in ("a", "b", "a", "c")]
    go.set()

    assert [future.exception() is None for future in futures] == [True, True, False, True]
    assert isinstance(futures[2].exception(), Conflict)
    assert store.read(names) == ["a", "b", "c"]


def test_nothing_to_run(store: Store) -> None:
    """A batch without items runs nothing."""
    assert store.write(add_all, []).result() == []


def test_undone_in_favour_of_another(store: Store) -> None:
    """A group that the database undid is run again, and fails only if that happens each time."""
    tries = []

    def lose(tx: Transaction, until: int) -> int:
        tries.append(add(tx, f"try {len(tries)}"))
        if len(tries) < until:
            raise Collision("lost")
        return len(tries)

    assert store.write(lose, 3).result() == 3
    assert store.read(names) == ["try 2"]
    with pytest.raises(Collision):
        store.write(lose, 100).result()


def test_read_within_an_event_loop(store: Store) -> None:
    """Reading works in a thread that runs an event loop, too."""
    store.write(add, "duel").result()

    async def read() -> list[str]:
        return store.read(names)

    assert asyncio.run(read()) == ["duel"]
