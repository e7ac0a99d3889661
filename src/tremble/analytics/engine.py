"""DuckDB, which the extra `analytics` brings: imported when first used, never asks the network."""

from pathlib import Path
from typing import TYPE_CHECKING

from tremble.errors import MissingExtra

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: What a query may keep in memory; beyond, it writes to a folder beside the files.
MEMORY = "1GB"


def connect(scratch: Path, threads: int = 1) -> "DuckDBPyConnection":
    """Return a fresh DuckDB that puts what does not fit into memory under *scratch*.

    Raises MissingExtra if it is not installed.
    """
    try:
        import duckdb
    except ImportError:
        raise MissingExtra(
            "DuckDB is not installed here; for analytics: pip install 'tremble[analytics]'"
        ) from None
    return duckdb.connect(
        config={
            "threads": threads,
            "memory_limit": MEMORY,
            "temp_directory": str(scratch),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )


def quoted(text: object) -> str:
    """Return *text* as a literal of SQL."""
    return "'" + str(text).replace("'", "''") + "'"
