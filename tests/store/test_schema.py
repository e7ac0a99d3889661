"""The schema: migrations lead to tables.py, and no file of another schema is touched."""

import subprocess
import sys
from pathlib import Path

import apsw
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, create_engine

from tremble.errors import StoreError
from tremble.store import schema, sqlite
from tremble.store.engine import Store
from tremble.store.tables import metadata


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that was made, migrated and closed."""
    Store(tmp_path / "tremble.db").close()
    return tmp_path / "tremble.db"


def change(path: Path, sql: str) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(sql)
    connection.close()


def structure(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return columns, indexes and references of each table at *path*."""
    connection = apsw.Connection(str(path))
    tables = [
        row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type='table'")
    ]
    found = {}
    for table in tables:
        if table != "alembic_version":
            found[f"{table} columns"] = list(
                connection.execute("SELECT * FROM pragma_table_info(?)", (table,))
            )
            found[f"{table} indexes"] = sorted(
                # Without the number of each, which tells when it was made.
                connection.execute(
                    'SELECT name, "unique", origin, partial FROM pragma_index_list(?)', (table,)
                )
            )
            found[f"{table} references"] = sorted(
                connection.execute("SELECT * FROM pragma_foreign_key_list(?)", (table,)), key=str
            )
    for (index,) in connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name <> 'alembic_version'"
    ):
        found[f"{index} columns"] = list(
            connection.execute("SELECT * FROM pragma_index_xinfo(?)", (index,))
        )
    connection.close()
    return found


def test_migrations_agree(path: Path, tmp_path: Path) -> None:
    """The migrations make what tables.py describes: columns, keys, references, indexes."""
    described = tmp_path / "described.db"
    engine = create_engine(URL.create("sqlite", database=str(described)))
    metadata.create_all(engine)
    engine.dispose()
    migrated = create_engine(URL.create("sqlite", database=str(path)))
    with migrated.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    migrated.dispose()

    assert differences == []
    assert structure(path) == structure(described)


def test_head() -> None:
    """The revisions that the program knows are those of the migrations, in order."""
    script = ScriptDirectory(str(schema.MIGRATIONS))

    revisions = [revision.revision for revision in script.walk_revisions()]

    assert tuple(reversed(revisions)) == schema.REVISIONS


def test_current_is_fast(path: Path) -> None:
    """A file of the current schema is opened without loading the migration tool."""
    code = (
        "import sys, pathlib; from tremble.store.engine import Store;"
        "Store(pathlib.Path(sys.argv[1])).close(); print('alembic' in sys.modules)"
    )

    ran = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert ran.stdout == "False\n"


def test_newer(path: Path) -> None:
    """A schema newer than the program is refused, naming both, with what to do."""
    change(path, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StoreError, match=rf"9999.*{schema.HEAD}.*install"):
        Store(path)


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("ALTER TABLE player ADD COLUMN shoe_size INTEGER", "player.*shoe_size"),
        ("ALTER TABLE player DROP COLUMN bot", "player.*bot"),
        ("DROP TABLE feed", "feed"),
        ("DELETE FROM alembic_version", "no schema version"),
        ("DROP TABLE alembic_version", "no schema version"),
    ],
)
def test_diverged(path: Path, sql: str, names: str) -> None:
    """A schema that was changed by hand is refused, naming what is wrong."""
    change(path, sql)

    with pytest.raises(StoreError, match=names):
        Store(path)


def test_two_at_once(tmp_path: Path) -> None:
    """Two programs that open the same fresh file at once both get a good store."""
    code = (
        "import sys, pathlib; from tremble.store.engine import Store;"
        "Store(pathlib.Path(sys.argv[1])).close()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "tremble.db")]

    both = [subprocess.Popen(command) for _ in range(2)]

    assert [process.wait(timeout=60) for process in both] == [0, 0]
    Store(tmp_path / "tremble.db").close()


def test_failed_migration(tmp_path: Path) -> None:
    """A migration that fails changes nothing: the next start can run it again."""
    path = tmp_path / "tremble.db"
    change(path, "CREATE VIEW board AS SELECT 1")

    with pytest.raises(StoreError, match="cannot bring the schema"):
        sqlite.upgrade(path)

    change(path, "DROP VIEW board")
    sqlite.upgrade(path)
    assert "player columns" in structure(path)
