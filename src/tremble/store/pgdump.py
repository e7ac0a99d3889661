"""A copy of a record on PostgreSQL, made by its own pg_dump."""

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from tremble.errors import StoreError

NAME = "record.pgdump"
#: Options of a store.url that libpq's programs take from the environment (libpq, "Environment Variables").
VARIABLES = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "host": "PGHOST",
}


def there() -> bool:
    """Say whether this machine has pg_dump."""
    return shutil.which("pg_dump") is not None


def dump(url: str, folder: Path) -> None:
    """Write the database at *url* to *folder*/NAME, as of one moment. Raises StoreError."""
    command = ["pg_dump", "--format=custom", "--no-password", "--file", str(folder / NAME)]
    # In the environment: anyone can read a command line.
    done = subprocess.run(command, env=os.environ | environ(url), capture_output=True, text=True)
    if done.returncode:
        raise StoreError(f"pg_dump: {done.stderr.strip()[-500:]}")


def environ(url: str) -> dict[str, str]:
    """Return what tells libpq's programs the database at *url*."""
    parts = urlsplit(url)
    given = {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port) if parts.port else "",
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.lstrip("/")),
    }
    for name, value in parse_qsl(parts.query):
        if name in VARIABLES:
            given[VARIABLES[name]] = value
    return {name: value for name, value in given.items() if value}
