"""An application on a fresh store with an operator of each role, and a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from applications import application
from litestar.testing import TestClient
from web.dashboard.operators import Browser, add

from tremble.store.engine import Store
from tremble.store.staff import ROLES


@pytest.fixture
def browser(tmp_path: Path, store: Store) -> Iterator[Browser]:
    for role in ROLES:
        add(store, role, role)
    with TestClient(application(store, tmp_path), raise_server_exceptions=False) as http:
        yield Browser(http)
