"""The engine: what is acknowledged is kept, what fails is undone alone, errors say what to do."""

import os
import threading
from concurrent.futures import Future
from pathlib import Path

import apsw
import pytest
from sqlalchemy import bindparam, insert, select, text

from tremble.errors import Conflict, StoreError
from tremble.store import engine
from tremble.store.engine import Store, Transaction
from tremble.store.sql import Statement
from tremble.store.tables import board, board_entry

ADD = Statement(insert(board).values(name=bindparam("n"), field="rating", operator="last"))
NAMES = Statement(select(board.c.name).order_by(board.c.name))


def add(tx: Transaction, name: str) -> str:
    tx.run(ADD, n=name)
    return name


def names(tx: Transaction) -> list[str]:
    return [row[0] for row in tx.rows(NAMES)]


def test_write_and_read(store: Store) -> None:
    """What a job wrote is there for a reader as soon as its future resolves, with its answer."""
    assert store.write(add, "duel").result() == "duel"

    assert store.read(names) == ["duel"]


def test_reopened(tmp_path: Path) -> None:
    """It is there when the store is opened again, and closing left no log behind."""
    with Store(tmp_path / "tremble.db") as store:
        store.write(add, "duel").result()

    assert sorted(p.name for p in tmp_path.iterdir()) == ["tremble.db"]
    with Store(tmp_path / "tremble.db") as store:
        assert store.read(names) == ["duel"]


def test_durability_settings(store: Store) -> None:
    """The writer waits for the disk at each commit, and checks references."""
    pragmas = {
        name: store.write(Transaction.rows, Statement(text(f"PRAGMA {name}"))).result()[0][0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "page_size")
    }

    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "page_size": 8192,
    }


def held(store: Store) -> tuple[threading.Event, Future[None]]:
    """Keep the writer busy until the event is set, so that what follows is one group."""
    go = threading.Event()

    def wait(tx: Transaction) -> None:
        go.wait(10)

    return go, store.write(wait)


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
    row = {column.name: 0 for column in board_entry.columns}

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


def test_full_disk(store: Store) -> None:
    """With no space left a write fails in clear words, what was there stays, and later writes go on."""
    store.write(add, "before").result()

    def limit(tx: Transaction, pages: int) -> None:
        tx.rows(Statement(text(f"PRAGMA max_page_count={pages}")))

    store.write(limit, 1).result()
    with pytest.raises(StoreError, match="disk is full"):
        store.write(add, "x" * 100_000).result()
    assert store.read(names) == ["before"]

    store.write(limit, 1_000_000).result()
    store.write(add, "later").result()
    assert store.read(names) == ["before", "later"]


def test_full_disk_fails_the_group(store: Store) -> None:
    """No job of a group that could not be committed is acknowledged."""

    def fill(tx: Transaction) -> None:
        tx.rows(Statement(text("PRAGMA max_page_count=1")))
        add(tx, "x" * 100_000)

    go, _ = held(store)
    jobs = [store.write(add, "a"), store.write(fill), store.write(add, "b")]
    go.set()

    acknowledged = {"ab"[i // 2] for i in (0, 2) if jobs[i].exception() is None}
    assert jobs[1].exception() is not None
    assert set(store.read(names)) == acknowledged


def test_closed(tmp_path: Path) -> None:
    """A closed store says so; closing it again is fine, and what was accepted was finished."""
    store = Store(tmp_path / "tremble.db")
    accepted = store.write(add, "a")
    store.close()
    store.close()

    assert accepted.result() == "a"
    with pytest.raises(StoreError, match="closed"):
        store.write(add, "b")
    with pytest.raises(StoreError, match="closed"):
        store.read(names)


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"\0" * 9000])
def test_not_a_database(tmp_path: Path, content: bytes) -> None:
    """A file that is no database is refused and left as it was."""
    path = tmp_path / "tremble.db"
    path.write_bytes(content)

    with pytest.raises(StoreError, match=r"tremble\.db"):
        Store(path)

    assert path.read_bytes() == content


def test_other_program(tmp_path: Path) -> None:
    """The database of another program is refused and left as it was."""
    path = tmp_path / "tremble.db"
    other = apsw.Connection(str(path))
    other.execute("CREATE TABLE theirs (x)")
    other.close()
    content = path.read_bytes()

    with pytest.raises(StoreError, match="another program"):
        Store(path)

    assert path.read_bytes() == content


def test_damaged(tmp_path: Path) -> None:
    """A damaged file is refused, or its damage reported at the first read, as StoreError."""
    path = tmp_path / "tremble.db"
    with Store(path) as store:
        store.write(add, "a").result()
    content = bytearray(path.read_bytes())
    content[8192:] = os.urandom(len(content) - 8192)
    path.write_bytes(content)

    with pytest.raises(StoreError, match="damaged"), Store(path) as store:
        store.read(names)


def test_no_directory(tmp_path: Path) -> None:
    """A directory that is not there is named."""
    with pytest.raises(StoreError, match="directory exists"):
        Store(tmp_path / "nowhere" / "tremble.db")


def test_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write waits for another program's lock, then fails in clear words, and later goes on."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 20)
    path = tmp_path / "tremble.db"
    with Store(path) as store:
        other = apsw.Connection(str(path))
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            store.write(add, "a").result()
        other.execute("ROLLBACK")
        other.close()

        store.write(add, "b").result()
        assert store.read(names) == ["b"]
