"""tremble details: all that belongs in a report of a fault, without a secret."""

import os
import platform
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

import tremble
from tremble import compiled, config
from tremble.cli import life
from tremble.cli.options import Dir, Json, Sets
from tremble.errors import TrembleError
from tremble.server import lock, outbox
from tremble.store import backup

#: Packages whose version often is the first question.
PACKAGES = ("apsw", "asyncpg", "litestar", "uvicorn", "msgspec", "librt", "cryptography")


def details(*, directory: Dir = None, sets: Sets = None, as_json: Json = False) -> None:
    """Show versions, paths, ports, settings with their sources, sizes and what waits; no secrets."""
    path = config.data_directory(directory, os.environ)
    found = gathered(path, sets or [])
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    for section, rows in found.items():
        table = Table(section, "", show_edge=False, pad_edge=False, box=None)
        for name, value in rows.items():
            table.add_row(name, shown(value))
        Console(soft_wrap=True, markup=False).print(table, "")


def gathered(path: Path, sets: list[str]) -> dict[str, dict[str, Any]]:
    """Return all facts by section."""
    return {
        "program": program(),
        "machine": machine(),
        "server": life.facts(path, lock.holder(path)),
        "data": data(path),
        "settings": settings(path, sets),
    }


def program() -> dict[str, Any]:
    """Return which Tremble this is, and on what it stands."""
    found: dict[str, Any] = {
        "tremble": tremble.__version__,
        "compiled": compiled.reason is None,
        "installed": str(Path(tremble.__file__).parent),
        "python": f"{platform.python_implementation()} {platform.python_version()} {sys.executable}",
    }
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def machine() -> dict[str, Any]:
    """Return what it runs on."""
    return {
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None,
    }


def data(path: Path) -> dict[str, Any]:
    """Return what lies in the data directory *path*."""
    if not path.is_dir():
        return {"directory": str(path), "there": False}
    waiting, refused = outbox.counts(path / "outbox.db")
    backups = backup.every(path)
    return {
        "directory": str(path),
        "there": True,
        "disk_free_bytes": shutil.disk_usage(path).free,
        "tremble.db_bytes": size(path / "tremble.db"),
        "outbox.db_bytes": size(path / "outbox.db"),
        "results_waiting": waiting,
        "results_refused": refused,
        "replays": sum(1 for _ in (path / "replays").glob("*.trpl")),
        "backups": len(backups),
        "newest_backup": backups[0].name if backups else None,
    }


def size(path: Path) -> int:
    """Return the bytes of the database at *path*, what is not yet in its main file included."""
    parts = [path, path.with_name(path.name + "-wal")]
    return sum(part.stat().st_size for part in parts if part.exists())


def settings(path: Path, sets: list[str]) -> dict[str, Any]:
    """Return the settings that are not at their default, with where they come from."""
    try:
        loaded = config.load(path, os.environ, sets)
    except TrembleError as error:
        return {"fault": str(error)}
    return {
        key: {"value": config.value_shown(loaded.settings, key), "from": source}
        for key, source in sorted(loaded.sources.items())
        if source != "default"
    }


def shown(value: Any) -> str:
    """Return *value* for people."""
    if isinstance(value, dict) and set(value) == {"value", "from"}:
        return f"{value['value']}  ({value['from']})"
    return "-" if value is None else str(value).replace("[", r"\[")
