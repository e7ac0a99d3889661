"""A running application on a fresh store, with one game server that it trusts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from applications import application
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from clients import Client, trust
from litestar.testing import TestClient

from tremble import log
from tremble.store.engine import Store
from tremble.web import game, health, limits, passwords, shared_limits


@pytest.fixture(autouse=True)
def logged() -> Iterator[None]:
    """Log as the processes do, and forget it again."""
    log.configure()
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def cheap_passwords(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords at the least cost there is: each in earnest takes 20 ms of a core."""
    if request.path.name != "test_passwords.py":
        monkeypatch.setattr(passwords, "HASHER", PasswordHasher.from_parameters(CHEAPEST))


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait longer for the disk, Redis and the game than a busy machine takes: none of them is ill."""
    for module in (game, health, shared_limits):
        monkeypatch.setattr(module, "PATIENCE_S", 60.0)


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no time go by for the limits: a bucket gains nothing, however long the requests take."""
    monkeypatch.setattr(limits, "monotonic", lambda: 1000.0)


@pytest.fixture
def client(tmp_path: Path, store: Store) -> Iterator[Client]:
    trust(tmp_path)
    with TestClient(application(store, tmp_path), raise_server_exceptions=False) as http:
        yield Client(http)
