"""PostgreSQL: what is acknowledged survives the server's death, and a lost server is found again."""

import importlib
import pkgutil
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from postgres import Server, query
from results import line, match_id, result
from sqlalchemy import bindparam, text, update
from sqlalchemy.ext.asyncio import create_async_engine
from store_jobs import add, held, names
from stores import dump

from tremble import ledger
from tremble import store as store_package
from tremble.errors import ConfigError, Conflict, StoreError
from tremble.result import MatchResult
from tremble.store import database, matches, postgres, schema
from tremble.store.engine import Store, Transaction
from tremble.store.postgres import PostgresConnection
from tremble.store.sql import Statement
from tremble.store.tables import board, metadata


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    """A database with the current schema and no row."""
    yield server.fresh(lambda made: Store(made).close())
    server.forget([table.name for table in reversed(metadata.sorted_tables)])


def test_checkpoints(url: str) -> None:
    """The server's checkpoints are counted, soon after each; how long its log is, is its own affair."""
    with Store(url) as store:
        before = store.checkpoints()
        query(url, "CHECKPOINT")
        end = time.monotonic() + 60
        while (after := store.checkpoints()).count == before.count and time.monotonic() < end:
            time.sleep(0.01)

    assert after.count > before.count
    assert after.seconds >= before.seconds
    assert after.log_pages is None


def test_durability_settings(url: str) -> None:
    """Each commit waits for the disk, on the server that the tests use too."""
    with Store(url) as store:
        shown = {
            name: store.write(Transaction.rows, Statement(text(f"SHOW {name}"))).result()[0][0]
            for name in ("fsync", "synchronous_commit", "lock_timeout", "transaction_isolation")
        }

    assert shown == {
        "fsync": "on",
        "synchronous_commit": "on",
        "lock_timeout": f"{database.BUSY_TIMEOUT_MS // 1000}s",
        "transaction_isolation": "read committed",
    }


def test_text_is_compared_by_bytes(url: str) -> None:
    """Every column of text is ordered as on SQLite, whatever the language of the database."""
    rows = query(
        url,
        "SELECT a.attrelid::regclass::text, a.attname FROM pg_attribute a "
        "JOIN pg_class c ON c.oid = a.attrelid JOIN pg_collation l ON l.oid = a.attcollation "
        "WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND l.collname <> 'C' "
        "AND c.relname <> 'alembic_version'",
    )

    assert rows == []


def test_restarted_server(server: Server, url: str) -> None:
    """While the server is away the store says so; once it is back all goes on by itself."""
    with Store(url) as store:
        store.write(add, "before").result()
        assert store.read(names) == ["before"]
        server.stop()
        try:
            for _ in range(2):
                with pytest.raises(StoreError, match="cannot be reached"):
                    store.write(add, "lost").result()
                with pytest.raises(StoreError, match="cannot be reached"):
                    store.read(names)
        finally:
            server.start()

        store.write(add, "after").result()
        assert store.read(names) == ["after", "before"]


def test_restarted_unnoticed(server: Server, url: str) -> None:
    """A restart between two jobs fails neither."""
    with Store(url) as store:
        store.write(add, "a").result()
        assert store.read(names) == ["a"]
        server.stop()
        server.start()

        assert store.read(names) == ["a"]
        store.write(add, "b").result()


def test_lost_in_the_middle(server: Server, url: str) -> None:
    """If the server goes away in the middle of a group none of it is acknowledged or kept."""

    def stop(tx: Transaction) -> None:
        add(tx, "half done")
        server.stop(signal.SIGKILL)
        add(tx, "never")

    with Store(url) as store:
        go, _ = held(store)
        jobs = [store.write(add, "a"), store.write(stop), store.write(add, "b")]
        go.set()
        try:
            for job in jobs:
                assert isinstance(job.exception(), StoreError)
        finally:
            server.start()

        assert store.read(names) == []


@pytest.mark.parametrize(
    "kills", [2, pytest.param(30, marks=[pytest.mark.heavy, pytest.mark.timeout(600)])]
)
def test_killed_server(server: Server, url: str, kills: int) -> None:
    """After kill -9 of the server at random moments all that was acknowledged is there, once."""
    rng = random.Random(kills)
    acknowledged: set[str] = set()
    numbers = iter(range(1, 20_000))

    def post_until_killed(store: Store) -> None:
        try:
            for number in numbers:
                ledger.post(store, result(number))
                acknowledged.add(match_id(number))
        except StoreError:
            return

    with Store(url) as store:
        for _ in range(kills):
            with ThreadPoolExecutor(4) as threads:
                for _ in range(4):
                    threads.submit(post_until_killed, store)
                before, end = len(acknowledged), time.monotonic() + 60
                while len(acknowledged) == before and time.monotonic() < end:
                    time.sleep(0.01)
                time.sleep(rng.uniform(0.0, 0.2))
                server.stop(signal.SIGKILL)
            server.start()
        rows = dump(store)
    there = [row[1] for row in rows["match"]]

    assert len(acknowledged) >= kills
    assert acknowledged <= set(there)
    assert len(there) == len(set(there))
    assert len(rows["match_line"]) == 2 * len(there)


def test_two_processes_write(url: str, server: Server) -> None:
    """Two stores on one database, many threads, shared players: each post counts once, in one order."""
    rng = random.Random(1)
    history = [
        result(n, *[line(who, i + 1) for i, who in enumerate(rng.sample(range(1, 7), 4))])
        for n in range(1, 41)
    ]
    posts = history * 2
    rng.shuffle(posts)
    again_url = server.fresh(lambda made: Store(made).close())
    with Store(url) as one, Store(url) as two, Store(again_url) as again:
        stores = [one, two]
        with ThreadPoolExecutor(16) as threads:
            recorded = list(
                threads.map(lambda i: ledger.post(stores[i % 2], posts[i]), range(len(posts)))
            )
        order = [summary.match_id for summary in one.read(matches.recent, 100)[0]][::-1]
        by_id: dict[str, MatchResult] = {posted.match_id: posted for posted in history}
        for ident in order:
            ledger.post(again, by_id[ident])

        assert sum(recorded) == len(history)
        assert dump(one) == dump(two) == dump(again)


def test_deadlock(url: str) -> None:
    """A group that another program's locks undid is run again."""
    touch = Statement(update(board).where(board.c.name == bindparam("n")).values(map="mine"))
    mine, theirs = threading.Event(), threading.Event()

    def intrude() -> None:
        connection = PostgresConnection(url)
        # The one that waits longer before it looks for a deadlock is not the one that is undone.
        connection.command("SET deadlock_timeout = '20s'; BEGIN")
        connection.command("UPDATE board SET source = 'theirs' WHERE name = 'b'")
        theirs.set()
        mine.wait(60)
        connection.command("UPDATE board SET source = 'theirs' WHERE name = 'a'; COMMIT")
        connection.close()

    def both(tx: Transaction) -> None:
        tx.run(touch, n="a")
        mine.set()
        tx.run(touch, n="b")

    with Store(url) as store:
        store.write(add, "a").result()
        store.write(add, "b").result()
        other = threading.Thread(target=intrude)
        other.start()
        assert theirs.wait(60)
        store.write(both).result()
        other.join()

        rows = store.read(Transaction.rows, Statement(text("SELECT map, source FROM board")))
        assert rows == [("mine", "theirs"), ("mine", "theirs")]


def test_confused_driver(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A conversation in which the driver has lost its way, as the server went, is begun anew."""
    real = asyncpg.Connection.fetch

    async def confused(self: asyncpg.Connection, *given: object) -> None:
        monkeypatch.setattr(asyncpg.Connection, "fetch", real)
        raise asyncpg.InternalClientError("another operation is in progress")

    with Store(url) as store:
        store.write(add, "a").result()
        monkeypatch.setattr(asyncpg.Connection, "fetch", confused)

        with pytest.raises(StoreError, match="cannot be reached"):
            store.read(names)
        assert store.read(names) == ["a"]


def test_full_disk(url: str) -> None:
    """The server's refusal for lack of space is told in clear words, and later writes go on."""
    raise_full = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$"

    with Store(url) as store:
        with pytest.raises(StoreError, match="disk is full"):
            store.write(Transaction.run, Statement(text(raise_full))).result()
        store.write(add, "later").result()

        assert store.read(names) == ["later"]


def test_swallowed_error(url: str) -> None:
    """A job that hides that a statement of its failed is not acknowledged, nor is it kept."""

    def swallow(tx: Transaction) -> None:
        add(tx, "kept?")
        try:
            add(tx, "kept?")
        except Exception:
            return

    with Store(url) as store:
        go, _ = held(store)
        hiding, other = store.write(swallow), store.write(add, "b")
        go.set()

        assert isinstance(hiding.exception(), StoreError)
        assert other.result() == "b"
        assert store.read(names) == ["b"]


def test_held_lock(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer waits for another process that writes, then fails in clear words, and later goes on."""
    monkeypatch.setattr(postgres.database, "BUSY_TIMEOUT_MS", 20)
    other = PostgresConnection(url)
    with Store(url) as store:
        other.begin()
        with pytest.raises(StoreError, match="locked"):
            store.write(add, "a").result()
        other.close()

        store.write(add, "b").result()
        assert store.read(names) == ["b"]


def test_value_that_does_not_fit(url: str) -> None:
    """A value that no column can hold is a fault of ours, not of the store."""
    with Store(url) as store:
        with pytest.raises(asyncpg.DataError):
            store.write(add, "nul\0").result()
        with pytest.raises(Conflict):
            store.write(lambda tx: [add(tx, "a"), add(tx, "a")]).result()


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("postgresql://anna:s3cret@127.0.0.1:1/tremble", "cannot be reached"),
        ("postgresql://anna:s3cret@/none?host={}", 'role "anna"|refused'),
        ("postgresql://tremble:s3cret@/none?host={}", "createdb"),
    ],
)
def test_wrong_place(server: Server, where: str, says: str) -> None:
    """A database that cannot be used is told with what to do, and without the password."""
    with pytest.raises(StoreError, match=says) as refused:
        Store(where.format(server.directory))

    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "where", ["postgresql://anna:s3/cret@host/db", "postgres://anna:s3cret@host:s3cret/db"]
)
def test_not_a_url(where: str) -> None:
    """What is no URL is refused without being repeated."""
    with pytest.raises(ConfigError) as refused:
        Store(where)

    assert "s3" not in str(refused.value)


def test_encoding(server: Server) -> None:
    """A database that cannot hold every name is refused, saying how to make one that can."""
    server.run(
        "postgres",
        "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'",
    )

    with pytest.raises(StoreError, match=r"LATIN1.*createdb"):
        Store(server.url("latin"))


def test_migrations_agree(url: str) -> None:
    """The migrations make what tables.py describes: columns, keys, references, indexes."""
    connection = PostgresConnection(url)

    async def compare() -> list[object]:
        engine = create_async_engine(
            "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url)
        )
        async with engine.connect() as opened:
            found: list[object] = await opened.run_sync(
                lambda raw: compare_metadata(MigrationContext.configure(raw), metadata)
            )
        await engine.dispose()
        return found

    differences = connection.run(compare())
    connection.close()

    assert differences == []


def statements() -> Iterator[tuple[str, Statement]]:
    """Yield every statement of the store, with its module and name."""
    for module in pkgutil.iter_modules(store_package.__path__):
        found = importlib.import_module(f"{store_package.__name__}.{module.name}")
        for name, value in vars(found).items():
            if isinstance(value, Statement):
                yield f"{module.name}.{name}", value


def test_every_statement(url: str) -> None:
    """The server understands every statement of the store, and takes its parameters' types."""
    connection = PostgresConnection(url)

    async def prepare() -> list[str]:
        opened = await asyncpg.connect(url)
        wrong = []
        for name, statement in statements():
            try:
                await opened.prepare(statement.numbered.text)
            except asyncpg.PostgresError as error:
                wrong.append(f"{name}: {error}")
        await opened.close()
        return wrong

    wrong = connection.run(prepare())
    connection.close()

    assert wrong == []
    assert len(list(statements())) > 15


OPEN = "import sys; from tremble.store.engine import Store; Store(sys.argv[1]).close()"


def test_two_at_once(server: Server) -> None:
    """Two programs that open the same fresh database at once migrate it once, and both run."""
    empty = server.empty()

    both = [subprocess.Popen([sys.executable, "-c", OPEN, empty]) for _ in range(2)]

    assert [process.wait(timeout=60) for process in both] == [0, 0]
    assert query(empty, "SELECT version_num FROM alembic_version") == [(schema.HEAD,)]


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", rf"9999.*{schema.HEAD}.*install"),
        ("ALTER TABLE player ADD COLUMN shoe_size INTEGER", "player.*shoe_size"),
        ("DROP TABLE feed CASCADE", "feed"),
        ("DELETE FROM alembic_version", "no schema version"),
        ("DROP TABLE alembic_version", "no schema version"),
    ],
)
def test_diverged(server: Server, sql: str, says: str) -> None:
    """A schema that is newer, or was changed by hand, is refused, saying what is wrong."""
    changed = server.empty()
    Store(changed).close()
    server.execute(changed, sql)

    with pytest.raises(StoreError, match=says):
        Store(changed)


def test_failed_migration(server: Server) -> None:
    """A migration that fails changes nothing: the next start can run it again."""
    empty = server.empty()
    server.execute(empty, "CREATE VIEW board AS SELECT 1")
    with pytest.raises(StoreError, match="cannot bring the schema"):
        Store(empty)

    server.execute(empty, "DROP VIEW board")
    Store(empty).close()
