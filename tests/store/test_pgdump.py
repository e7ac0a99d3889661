"""store/pgdump.py: a record on PostgreSQL is copied by its own program."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from results import result

from tremble import ledger
from tremble.errors import StoreError
from tremble.store import pgdump
from tremble.store.engine import Store


def test_environment_of_a_url() -> None:
    """Host, user, password and TLS reach libpq by its variables, decoded; nothing else does."""
    url = "postgresql://ann:p%40ss@db.example:6000/arena?sslmode=verify-full&application_name=x"

    assert pgdump.environ(url) == {
        "PGHOST": "db.example", "PGPORT": "6000", "PGUSER": "ann", "PGPASSWORD": "p@ss",
        "PGDATABASE": "arena", "PGSSLMODE": "verify-full",
    }  # fmt: skip


def test_dump_holds_the_record(server, tmp_path: Path) -> None:
    """What pg_dump writes has the tables and the matches; a database that is away is a StoreError."""
    assert pgdump.there(), "scripts/test-needs.sh installs postgresql"
    url = server.fresh(lambda url: Store(url).close())
    with Store(url) as store:
        ledger.post(store, result(1))

    pgdump.dump(url, tmp_path)

    restore = [
        shutil.which("pg_restore") or "pg_restore",
        "--data-only",
        "--table",
        "match",
        "-f",
        "-",
    ]
    shown = subprocess.run([*restore, str(tmp_path / pgdump.NAME)], capture_output=True, text=True)
    assert result(1).match_id in shown.stdout, shown.stderr
    with pytest.raises(StoreError, match="pg_dump"):
        pgdump.dump("postgresql://nobody@127.0.0.1:1/none", tmp_path)
    assert "PGPASSWORD" not in os.environ
