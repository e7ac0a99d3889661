"""Health tells the truth about the writer."""

import asyncio
from pathlib import Path

import apsw
import pytest
from clients import Client, trust
from litestar.testing import TestClient
from postgres import Server
from results import result
from sqlalchemy import text
from store_jobs import held

from tremble.errors import StoreError
from tremble.store import database
from tremble.store.engine import Store, Transaction
from tremble.store.sql import Statement
from tremble.web import health
from tremble.web.app import create_app
from tremble.web.health import Health


def test_well(client: Client) -> None:
    """With a store that works both are ok."""
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok"}


def test_store_gone(client: Client, store: Store) -> None:
    """With a store that is gone both are not."""
    store.close()

    assert client.get("/healthz").status_code == 503
    assert client.get("/readyz").status_code == 503


def test_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While nothing can be committed health fails, and is well again when that has passed."""
    monkeypatch.setattr(health, "INTERVAL_S", 0.0)
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 20)
    with Store(tmp_path / "tremble.db") as store:
        other = apsw.Connection(store.name)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            asyncio.run(Health(store).check())
        other.close()

        asyncio.run(Health(store).check())


def test_full_disk(client: Client, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk of ours without room for a result is not well, though a small commit might still fit."""
    monkeypatch.setattr(health, "MIN_FREE_BYTES", 2**62)

    assert client.get("/healthz").status_code == (200 if store.remote else 503)
    assert client.get("/readyz").status_code == 200


def test_server_away(server: Server, tmp_path: Path) -> None:
    """Without its database the process answers 503, and is well again as soon as that is back."""
    place = server.fresh(lambda made: Store(made).close())
    trust(tmp_path)
    with (
        Store(place) as store,
        TestClient(create_app(store, tmp_path), raise_server_exceptions=False) as http,
    ):
        client = Client(http)
        assert client.post(result(1)).status_code == 201
        server.stop()
        try:
            away = client.post(result(2)), client.get("/v1/matches"), client.get("/readyz")
        finally:
            server.start()

        assert [answer.status_code for answer in away] == [503] * 3
        assert all(int(answer.headers["retry-after"]) > 0 for answer in away)
        assert client.post(result(1)).status_code == 200
        assert client.post(result(2)).status_code == 201
        assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200


def test_stuck_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that does not get to its turn in time is not well."""
    monkeypatch.setattr(health, "PATIENCE_S", 0.05)
    with Store(tmp_path / "tremble.db") as store:
        go, stuck = held(store)
        with pytest.raises(StoreError, match="no commit"):
            asyncio.run(Health(store).check())
        go.set()
        stuck.result()


def test_asked_often(tmp_path: Path) -> None:
    """However often it is asked, the disk is troubled once in a while."""

    async def ask(checked: Health) -> None:
        await asyncio.gather(*[checked.check() for _ in range(50)])

    def changes(tx: Transaction) -> int:
        return int(tx.rows(Statement(text("SELECT total_changes()")))[0][0])

    with Store(tmp_path / "tremble.db") as store:
        before = store.write(changes).result()
        asyncio.run(ask(Health(store)))

        assert store.write(changes).result() == before + 1
