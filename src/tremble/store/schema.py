"""Which schema a store has, and bringing an older one up to date.

none, or older   migrated, all in one transaction under the write lock
HEAD             used as it is, without loading the migration tool
unknown, or not as tables.py has it      refused: StoreError
"""

from collections.abc import Mapping, Set
from pathlib import Path

from sqlalchemy import Connection as SQLConnection

from tremble.errors import StoreError
from tremble.store.tables import metadata

#: The revisions in migrations/versions, oldest first.
REVISIONS = (
    "0001",
    "r0002",
    "b0003",
    "a0004",
    "a0005",
    "a0006",
    "s0002",
    "h0007",
    "y0008",
    "w0009",
    "l0010",
    "h0011",
    "t0012",
    "m0013",
    "u0014",
    "d0020",
    "q0030",
    "p0022",
    "u0040",
    "e0050",
    "x0050",
    "x0051",
    "x0052",
    "g0060",
)
HEAD = REVISIONS[-1]
MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "alembic_version"


def check(place: str, version: str | None, columns: Mapping[str, Set[str]]) -> bool:
    """Say whether the schema is current; False if it must be upgraded first.

    *columns* names the columns of each table that stands there.

    Raises StoreError if it is newer than this program, or not what its version says.
    """
    if version is not None and version not in REVISIONS:
        raise StoreError(
            f"{place}: has schema {version}, this Tremble knows up to {HEAD}. A newer Tremble wrote it: "
            "install that version again, or restore a backup made before the upgrade"
        )
    if version is None and columns:
        raise StoreError(
            f"{place}: holds tables but no schema version. It was changed outside of Tremble: "
            "put it aside and restore a backup"
        )
    if version != HEAD:
        return False
    for table in metadata.sorted_tables:
        expected = {column.name for column in table.columns}
        found = columns.get(table.name, frozenset())
        if expected != found:
            wrong = ", ".join(sorted(expected ^ found))
            raise StoreError(
                f"{place}: table {table.name} is not as schema {HEAD} has it (columns {wrong}). "
                "It was changed outside of Tremble: put it aside and restore a backup"
            )
    return True


def migrate(connection: SQLConnection) -> None:
    """Run the migrations that are lacking, within the transaction of *connection*."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def failed(place: str, error: Exception) -> StoreError:
    """Return what to raise when *error* ended a migration."""
    return StoreError(f"{place}: cannot bring the schema to {HEAD}: {error}")
