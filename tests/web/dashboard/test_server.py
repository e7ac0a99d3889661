"""The server's page: commands under the operator's name and role; nothing without a game server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stores import fresh
from web.dashboard.operators import Browser

from tremble.store.engine import Store
from tremble.web.dashboard import server
from tremble.web.dashboard.hub import Hub


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """SQLite alone: nothing here asks the store anything of its own."""
    with fresh(tmp_path / "tremble.db") as made:
        yield made


def command(browser: Browser, line: str, token: str | None = None) -> Any:
    shown = browser.csrf if token is None else token
    headers = {"x-csrf-token": shown, "accept": "application/json"}
    return browser.http.post("/dashboard/server/command", json={"line": line}, headers=headers)


def test_a_command_carries_who_asks(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name, role and address go to the table of commands, which decides."""
    asked: list[tuple[str, ...]] = []

    async def call(self: Hub, *words: str) -> dict[str, Any]:
        asked.append(words)
        return {"ok": False, "text": "kick is for the role moderator; you have viewer"}

    monkeypatch.setattr(Hub, "call", call)
    hub = browser.http.app.state.hub
    hub.directory = Path("/nowhere")
    browser.sign_in("viewer")

    told = command(browser, "kick Bob")

    assert told.json() == {"ok": False, "text": "kick is for the role moderator; you have viewer"}
    assert asked == [("kick Bob", "viewer", "viewer", "testclient")]
    assert command(browser, "kick Bob", "wrong").status_code == 403
    assert command(browser, "").status_code == 400
    assert len(asked) == 1


def test_record_alone(browser: Browser) -> None:
    """Without a game server the page says so, and a command is refused."""
    browser.sign_in("admin")

    assert "No game server runs beside" in browser.get("/dashboard/server").text
    assert command(browser, "status").status_code == 404


def test_buttons_by_role(browser: Browser) -> None:
    """Who may not act sees no button for it."""
    browser.http.app.state.hub.directory = Path("/nowhere")
    seen = {}
    for role in ("viewer", "moderator", "admin"):
        browser.http.cookies.clear()
        browser.sign_in(role)
        page = browser.get("/dashboard/server").text
        seen[role] = ("Say to all" in page, "Stop now" in page)

    assert seen == {"viewer": (False, False), "moderator": (True, False), "admin": (True, True)}


def test_maps(tmp_path: Path) -> None:
    """Those that come with Tremble, and those of the directory."""
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "pit.map").write_text("")

    assert {"arena_01", "pit"} <= set(server.maps_in(tmp_path))
