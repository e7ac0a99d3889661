"""web/score_boards.py: the boards are as the settings say before the first request."""

import time
from pathlib import Path

import pytest
from applications import application
from litestar.testing import TestClient
from results import result
from stores import count_past

from tremble import ledger
from tremble.store import boards, past
from tremble.store.boards import Kind
from tremble.store.engine import Store
from tremble.store.scores import ScoreBoard
from tremble.web import score_boards
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
    store: Store, place: Path | str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a large record requests need not wait for what was played before; it is counted all the same.

    So is that of a board which another process makes meanwhile.
    """
    monkeypatch.setattr(score_boards, "BATCH", 1)
    for number in range(1, 7):
        ledger.post(store, result(number, after_s=600 * number))
    runs = ScoreBoard("duel.runs", "duel", None, Kind("kills", "sum"))
    with TestClient(application(store, tmp_path, options=WebOptions(map_boards=True))) as client:
        assert client.get("/v1/leaderboards/duel/top").status_code == 200
        with Store(place) as other:
            other.write(past.create, runs).result()
        wait_until_counted(store, ["duel.runs", "duel.pit"])
        found = client.get("/v1/leaderboards/duel.pit/top").json()
        made = client.get("/v1/leaderboards/duel.runs/top").json()

    assert found["entries"][0]["wins"] == 6
    assert made["entries"][0]["rating"] == 60


def wait_until_counted(store: Store, names: list[str]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if not store.read(past.owed) and set(names) <= set(store.read(boards.names)):
            return
        time.sleep(0.02)


def test_told(store: Store, tmp_path: Path) -> None:
    """API and pages say how far a board is; with each bit the answer is another one."""
    for number in range(1, 7):
        ledger.post(store, result(number, after_s=600 * number))
    runs = ScoreBoard("duel.runs", "duel", None, Kind("kills", "best"))
    store.write(past.create, runs).result()
    store.write(past.catch_up, 2).result()
    client = TestClient(application(store, tmp_path))  # not begun: nothing counts beside it
    top = client.get("/v1/leaderboards/duel.runs/top")
    listed = client.get("/v1/leaderboards").json()["boards"]
    stats = client.get("/v1/leaderboards/duel.runs/stats").json()
    page = client.get("/boards/duel.runs").text

    assert top.json()["counting"] == stats["counting"] == {"counted": 2, "of": 6}
    assert {one["board"]: one["counting"] for one in listed} == {
        "duel": None, "duel.runs": {"counted": 2, "of": 6},
    }  # fmt: skip
    assert "counting the past: 2 of 6" in page
    count_past(store)
    again = client.get(
        "/v1/leaderboards/duel.runs/top", headers={"if-none-match": top.headers["etag"]}
    )
    assert again.status_code == 200
    assert again.json()["counting"] is None
