"""A running application on a fresh store, with one game server that it trusts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from applications import application
from clients import Client, trust
from litestar.testing import TestClient

from tremble import log
from tremble.store.engine import Store


@pytest.fixture(autouse=True)
def logged() -> Iterator[None]:
    """Log as the processes do, and forget it again."""
    log.configure()
    yield
    structlog.reset_defaults()


@pytest.fixture
def client(tmp_path: Path, store: Store) -> Iterator[Client]:
    trust(tmp_path)
    with TestClient(application(store, tmp_path), raise_server_exceptions=False) as http:
        yield Client(http)
