"""The next season stands in the store before the first request, and again when it was taken away."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from applications import application
from e2e.processes import wait_until
from litestar.testing import TestClient

from tremble.store import calendar, seasons
from tremble.store.engine import Store
from tremble.web import planning
from tremble.web.options import WebOptions


def near(length: calendar.Length, before: datetime) -> list[datetime | None]:
    """Return when the season after the one that ran *before*, or runs now, begins: one may have begun."""
    return [calendar.boundary(length, at) for at in (before, datetime.now(UTC))]


def next_begins(store: Store) -> datetime | None:
    return store.read(seasons.every)[-1].starts_at


def test_planned_at_start(store: Store, tmp_path: Path) -> None:
    """By a schedule the running season has an end; without one it has none."""
    before = datetime.now(UTC)
    with TestClient(application(store, tmp_path, options=WebOptions(season_length="quarter"))):
        assert next_begins(store) in near("quarter", before)

    with TestClient(application(store, tmp_path)):
        assert next_begins(store) is None


def test_kept_planned(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked at again and again, so that after one season the next is planned."""
    monkeypatch.setattr(planning, "REST_S", 0.01)

    before = datetime.now(UTC)

    with TestClient(application(store, tmp_path, options=WebOptions(season_length="year"))):
        store.write(seasons.plan, 0, None).result()
        wait_until(lambda: next_begins(store) is not None, "the next season")

    assert next_begins(store) in near("year", before)
