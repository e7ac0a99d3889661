"""The record, for the commands that work on it without the web process."""

import getpass
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from tremble.cli.options import settings
from tremble.errors import ConfigError
from tremble.store import instant
from tremble.store.audit import By
from tremble.store.engine import Store
from tremble.web.serve import STORE_NAME


@contextmanager
def opened(directory: str | None) -> Iterator[Store]:
    """Open the record that the settings name. Raises ConfigError if there is none."""
    path, loaded = settings(directory, None)
    url = loaded.settings.store.url
    if not url and not (path / STORE_NAME).exists():
        raise ConfigError(f"{path / STORE_NAME}: no record there; choose the directory with --dir")
    with Store(url or path / STORE_NAME) as store:
        yield store


def acting() -> By:
    """Return who acts, for the audit: the user of this machine."""
    return By(f"cli:{getpass.getuser()}", socket.gethostname(), instant.to_store(datetime.now(UTC)))
