"""web/dashboard/backups.py: what would be lost is shown, the name typed, the wish passed on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from applications import application
from litestar.testing import TestClient
from results import result
from stores import fresh
from web.dashboard.operators import Browser, add

from tremble import ledger, restoring
from tremble.restoring import Restoring
from tremble.store import backup
from tremble.store.engine import Store
from tremble.web.dashboard.hub import Hub
from tremble.web.dashboard.session import COOKIE

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NAME = "20260102T030405Z"
SECRET = "s" * 43


class Game:
    """Stands in for the hub: takes commands, and keeps them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
        self.lines: list[tuple[str, ...]] = []
        monkeypatch.setattr(Hub, "call", self.call)
        self.directory = directory

    async def call(self, line: str, by: str, role: str, origin: str) -> dict[str, Any]:
        self.lines.append((line, by, role))
        return {"ok": True, "text": "it is tried"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """SQLite alone, with a match, a backup, and another match since."""
    with fresh(tmp_path / "tremble.db") as made:
        add(made, "anna", "admin")
        add(made, "max", "moderator")
        ledger.post(made, result(1))
        backup.create(tmp_path, NOW, "0.1", keep=5)
        ledger.post(made, result(2))
        yield made


@pytest.fixture
def app(tmp_path: Path, store: Store) -> Any:
    return application(store, tmp_path)


@pytest.fixture
def browser(app: Any) -> Iterator[Browser]:
    with TestClient(app, raise_server_exceptions=False) as http:
        yield Browser(http)


def send(browser: Browser, what: str, **body: Any) -> Any:
    headers = {"x-csrf-token": browser.csrf, "accept": "application/json"}
    return browser.http.post(f"/dashboard/backups/{what}", json=body, headers=headers)


def test_without_tremble_up(browser: Browser) -> None:
    """What would be lost is told, and what to type; the button does not do it."""
    browser.sign_in("anna")

    tried = send(browser, "rehearse", name=NAME).json()
    wished = send(browser, "restore", name=NAME, typed=NAME)

    assert tried["ok"] and "would lose 1 matches of 2 players, from 2026-01-01" in tried["text"]
    assert "No `tremble up`" in tried["why"]
    assert tried["commands"][1].startswith(f"tremble restore {NAME} --dir")
    assert wished.status_code == 409 and "No `tremble up`" in wished.json()["detail"]


def test_wish(browser: Browser, app: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the name, typed, an admin, and words that are none of a command's own."""
    game = Game(monkeypatch, tmp_path)
    app.state.hub.directory = tmp_path
    browser.sign_in("max")
    assert send(browser, "restore", name=NAME, typed=NAME).status_code == 403
    browser.sign_in("anna")

    good = send(
        browser, "restore", name=NAME, typed=NAME, match="a" * 32, when="now", countdown_s=5
    )
    wrong = [
        send(browser, "restore", name=NAME, typed=NAME[:-1]),
        send(browser, "restore", name="../..", typed="../.."),
        send(browser, "restore", name=NAME, typed=NAME, match="x now"),
        send(browser, "restore", name=NAME, typed=NAME, when="at once"),
    ]

    assert good.json()["ok"]
    assert [answer.status_code for answer in wrong] == [400, 404, 400, 400]
    assert send(browser, "keep").json()["ok"]
    assert game.lines == [
        (f"restore {NAME} --to-match {'a' * 32} now 5 0", "anna", "admin"),
        ("restore off", "anna", "admin"),
    ]


def test_what_has_become_of_it(browser: Browser, tmp_path: Path) -> None:
    """The page has the last one, with why it failed; scripts ask for it."""
    browser.sign_in("anna")
    none = browser.get("/dashboard/backups/restore", accept="application/json").json()
    found = Restoring(state="failed", at=NOW, backup=NAME, by="anna", text="the disk is full")
    restoring.write(tmp_path, found)

    told = browser.get("/dashboard/backups/restore", accept="application/json").json()

    assert none == {"state": "none", "target": "", "text": "nothing was restored", "over": True}
    assert (told["state"], told["text"], told["over"]) == ("failed", "the disk is full", True)
    page = browser.get("/dashboard/backups").text
    assert f"Failed: backup {NAME}" in page and "the disk is full" in page


def test_sign_in_says_why(browser: Browser, tmp_path: Path) -> None:
    """Only to who was signed in when the record was restored, and only as long as that would have held."""

    def told(after: timedelta, state: restoring.State = "restored") -> bool:
        at = datetime.now(UTC) - after
        restoring.write(tmp_path, Restoring(state=state, at=at, text="backup so and so"))
        return "The record was restored" in browser.get("/dashboard/login").text

    assert not told(timedelta())
    browser.http.cookies.set(COOKIE, SECRET)
    assert told(timedelta(hours=11))
    assert not told(timedelta(hours=13))
    assert not told(timedelta(), "failed")
