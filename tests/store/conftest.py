"""A fresh store for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tremble.store.engine import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "tremble.db") as opened:
        yield opened
