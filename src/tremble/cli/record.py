"""The record, for the commands that work on it without the web process."""

from collections.abc import Iterator
from contextlib import contextmanager

from tremble.cli.options import settings
from tremble.errors import ConfigError
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
