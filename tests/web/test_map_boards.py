"""web/map_boards.py: the boards are as the settings say before the first request."""

import time
from pathlib import Path

import pytest
from applications import application
from litestar.testing import TestClient
from results import result

from tremble import ledger
from tremble.store import boards, map_boards
from tremble.store.engine import Store
from tremble.web import map_boards as beside
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


def test_counted_beside_requests(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a large record requests need not wait for what was played before; it is counted all the same."""
    monkeypatch.setattr(beside, "BATCH", 1)
    for number in range(1, 7):
        ledger.post(store, result(number, after_s=600 * number))
    deadline = time.monotonic() + 60
    with TestClient(application(store, tmp_path, options=WebOptions(map_boards=True))) as client:
        assert client.get("/v1/leaderboards/duel/top").status_code == 200
        while store.read(map_boards.left) and time.monotonic() < deadline:
            time.sleep(0.02)
        found = client.get("/v1/leaderboards/duel.pit/top").json()

    assert found["entries"][0]["wins"] == 6
