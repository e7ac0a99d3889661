"""web/game.py: how the game server beside the web process is, as it says itself."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from applications import application
from clients import Client
from litestar.testing import TestClient

from tremble import local
from tremble.metrics import Family, Sample
from tremble.store.engine import Store
from tremble.web import game
from tremble.web.game import Game
from tremble.web.options import WebOptions

PLAYERS = Family("tremble_players", "gauge", "Who is here.", [], [Sample([], 2)])


class Console:
    """Answers at console.sock of *directory*: `says` by what is to be shown."""

    def __init__(self, directory: Path) -> None:
        self.says: dict[str, Any] = {"status": {"draining": False}, "metrics": []}
        self.asked = 0
        self.listener = local.listen(directory, 8)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=(sock,), daemon=True).start()

    def answer(self, sock: socket.socket) -> None:
        """Answer who asks to be shown something; there is nothing that could be watched."""
        with suppress(OSError), sock, sock.makefile("rb") as file:
            for line in file:
                request = json.loads(line)
                what = request.get("show")
                if what is not None:
                    self.asked += 1
                    found = {"id": request["id"], "ok": True, "data": {what: self.says[what]}}
                    sock.sendall(json.dumps(found).encode() + b"\n")

    def end(self) -> None:
        self.listener.shutdown(2)
        self.listener.close()
        self.thread.join()


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    found = Console(tmp_path)
    yield found
    found.end()


def test_draining_is_not_ready(
    tmp_path: Path, store: Store, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But well."""
    monkeypatch.setattr(game, "FRESH_S", 0.0)
    app = application(store, tmp_path, options=WebOptions(game=True))
    with TestClient(app, raise_server_exceptions=False) as http:
        client = Client(http)
        before = client.get("/readyz").status_code
        console.says["status"] = {"draining": True}

        assert before == 200
        assert client.get("/readyz").json()["code"] == "not_ready"
        assert client.get("/healthz").status_code == 200


def test_figures_of_the_game(tmp_path: Path, console: Console) -> None:
    """As it sent them."""
    console.says["metrics"] = [
        {"name": "tremble_players", "kind": "gauge", "help": "Who is here.", "labels": [],
         "samples": [{"labels": [], "value": 2}]}
    ]  # fmt: skip

    assert asyncio.run(Game(tmp_path).families()) == [PLAYERS]


def test_asked_once_for_many(tmp_path: Path, console: Console) -> None:
    """However many want to know."""

    async def ask(asked: Game) -> None:
        await asyncio.gather(*[asked.look() for _ in range(20)])

    asyncio.run(ask(Game(tmp_path)))

    assert console.asked == 1


def test_nobody_there(tmp_path: Path) -> None:
    """Where one should be; where none should be there is nothing to say."""
    assert "does not answer" in asyncio.run(Game(tmp_path).look()).fault
    assert asyncio.run(Game(tmp_path).families()) is None
    assert asyncio.run(Game(None).look()) == game.Look()
