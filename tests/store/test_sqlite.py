"""SQLite: durable settings, one file in the end, and files that are no store of ours."""

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import apsw
import pytest
from sqlalchemy import text
from store_jobs import add, held, names

from tremble.errors import StoreError
from tremble.store import database, sqlite
from tremble.store.engine import Store, Transaction
from tremble.store.sql import Statement


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "tremble.db") as opened:
        yield opened


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


def test_checkpoints(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long log is folded in and counted; what somebody reads holds it back until that ends."""
    monkeypatch.setattr(sqlite, "CHECKPOINT_PAGES", 20)
    store.write(add, "a").result()
    assert 0 < (store.checkpoints().log_pages or 0) < 20
    store.write(add, "b" * 200_000).result()
    first = store.checkpoints()
    assert (first.count, first.log_pages) == (1, 0)
    assert first.pages >= 25
    assert first.seconds > 0

    reader = apsw.Connection(str(tmp_path / "tremble.db"))
    reader.execute("BEGIN; SELECT count(*) FROM board")
    for name in "cde":
        store.write(add, name * 200_000).result()
    held_back = store.checkpoints()
    assert held_back.count == 1
    assert (held_back.log_pages or 0) >= 75
    reader.close()
    store.write(add, "f").result()

    last = store.checkpoints()
    assert (last.count, last.log_pages) == (2, 0)
    assert last.pages - first.pages > (held_back.log_pages or 0)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux shows open files so")
def test_threads_leave_nothing_open(store: Store) -> None:
    """A thread that read and ended has no connection any more: a web process has new ones all day."""

    def open_files() -> int:
        found = 0
        for number in os.listdir("/proc/self/fd"):
            with suppress(FileNotFoundError):  # closed meanwhile
                found += os.readlink(f"/proc/self/fd/{number}").startswith(store.name)
        return found

    store.read(names)
    before = open_files()
    for _ in range(5):
        thread = threading.Thread(target=store.read, args=(names,))
        thread.start()
        thread.join()

    # SQLite itself may keep one for the next connection.
    assert open_files() < before + 5


def test_closed_file(tmp_path: Path) -> None:
    """Closing leaves no log behind."""
    with Store(tmp_path / "tremble.db") as store:
        store.write(add, "duel").result()

    assert sorted(p.name for p in tmp_path.iterdir()) == ["tremble.db"]


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
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 20)
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
