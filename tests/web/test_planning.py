"""The next season stands in the store before the first request, and again when it was taken away."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from applications import application
from litestar.testing import TestClient

from tremble.store import calendar, seasons
from tremble.store.engine import Store
from tremble.web import planning
from tremble.web.options import WebOptions


def next_begins(store: Store) -> datetime | None:
    return store.read(seasons.every)[-1].starts_at


def test_planned_at_start(store: Store, tmp_path: Path) -> None:
    """By a schedule the running season has an end; without one it has none."""
    with TestClient(application(store, tmp_path, options=WebOptions(season_length="quarter"))):
        assert next_begins(store) == calendar.boundary("quarter", datetime.now(UTC))

    with TestClient(application(store, tmp_path)):
        assert next_begins(store) is None


def test_kept_planned(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked at again and again, so that after one season the next is planned."""
    monkeypatch.setattr(planning, "REST_S", 0.01)

    with TestClient(
        application(store, tmp_path, options=WebOptions(season_length="year"))
    ) as client:
        store.write(seasons.plan, 0, None).result()
        for _ in range(1000):
            client.get("/healthz")
            if next_begins(store) is not None:
                break

    assert next_begins(store) == calendar.boundary("year", datetime.now(UTC))
