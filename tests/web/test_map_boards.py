"""web/map_boards.py: the boards are as the settings say before the first request."""

from pathlib import Path

import pytest
from applications import application
from litestar.testing import TestClient
from results import result

from tremble import ledger
from tremble.store import boards
from tremble.store.engine import Store
from tremble.web.options import WebOptions


@pytest.mark.parametrize("on", [True, False])
def test_kept_as_set(store: Store, tmp_path: Path, on: bool) -> None:
    """On, the map has a board, which the front page leaves out; off, it has none."""
    ledger.post(store, result(1))
    with TestClient(application(store, tmp_path, options=WebOptions(map_boards=on))) as client:
        ledger.post(store, result(2, after_s=600))
        found = client.get("/v1/leaderboards/duel.pit/top")
        page = client.get("/").text

    assert found.status_code == (200 if on else 404)
    assert ("duel.pit" in store.read(boards.names)) == on
    if on:
        assert found.json()["entries"][0]["wins"] == 2
    assert "duel.pit" not in page
