"""Bans: in force until they end or are taken back, one a player."""

from datetime import timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from tremble.store import bans, database, instant, schema
from tremble.store.bans import Ban
from tremble.store.engine import Store

NOW = 1_767_268_800_000_000
AT = instant.from_store(NOW)
WHO = "1" * 16


def test_ends(store: Store) -> None:
    """A ban with an end is over at that instant; one without is for good."""
    store.write(bans.add, Ban(WHO, AT, AT + timedelta(days=1), "spam")).result()

    assert store.read(bans.find, WHO, NOW + instant.DAY - 1) is not None
    assert store.read(bans.find, WHO, NOW + instant.DAY) is None
    store.write(bans.add, Ban(WHO, AT, None, "again")).result()
    assert store.read(bans.find, WHO, NOW + 9999 * instant.DAY) == Ban(WHO, AT, None, "again")
    assert store.read(bans.find, "2" * 16, NOW) is None
    assert [ban.reason for ban in store.read(bans.every)] == ["again"]


def test_taken_back(store: Store) -> None:
    """A ban is taken back once."""
    store.write(bans.add, Ban(WHO, AT, None, "spam")).result()

    assert store.write(bans.remove, WHO).result()
    assert not store.write(bans.remove, WHO).result()
    assert store.read(bans.find, WHO, NOW) is None


def test_numbered(store: Store) -> None:
    """Each change is numbered, also a ban taken back; of a player the last one alone is told."""
    for who in ("1" * 16, "2" * 16):
        store.write(bans.add, Ban(who, AT, None, "spam")).result()
    store.write(bans.remove, "1" * 16).result()

    found = store.read(bans.changes, 0, 10)

    assert [(change.seq, change.player_id[0], change.ban is None) for change in found] == [
        (2, "2", False),
        (3, "1", True),
    ]
    assert store.read(bans.last) == 3
    assert [change.seq for change in store.read(bans.changes, 2, 10)] == [3]


def test_bans_before_the_numbers(tmp_path: Path) -> None:
    """Bans of a record from before game servers were told are told too, the oldest first."""
    path = tmp_path / "tremble.db"
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "h0011")
        connection.exec_driver_sql(f"PRAGMA application_id={database.OURS}")
        rows = "('b', 2, NULL, 'spam'), ('a', 1, NULL, 'spam')"
        connection.exec_driver_sql(f"INSERT INTO ban VALUES {rows}")  # noqa: S608
    engine.dispose()

    with Store(path) as store:
        assert [change.player_id for change in store.read(bans.changes, 0, 10)] == ["a", "b"]
