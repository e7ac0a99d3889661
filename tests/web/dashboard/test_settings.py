"""The editor of server.toml, the logs and the backups, by role, against a data directory."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from stores import fresh
from web.dashboard.operators import Browser

from tremble.store import audit
from tremble.store.engine import Store
from tremble.web.dashboard import files, logs, settings
from tremble.web.dashboard.settings import Trial, diff

TEXT = "# mine\n[match]\nfrag_limit = 5\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """SQLite alone: nothing here asks the store anything of its own."""
    with fresh(tmp_path / "tremble.db") as made:
        yield made


def send(browser: Browser, path: str, body: Any) -> Any:
    headers = {"x-csrf-token": browser.csrf, "accept": "application/json"}
    return browser.http.post(path, json=body, headers=headers)


def test_settings(browser: Browser, store: Store, tmp_path: Path) -> None:
    """A draft is tried, a bad one refused, a good one saved as typed, unless somebody was quicker."""
    (tmp_path / "server.toml").write_text(TEXT)
    browser.sign_in("admin")
    known = browser.get("/dashboard/settings").text.partition('data-known="')[2].partition('"')[0]
    fresh = TEXT.replace("5", "7")

    tried = send(browser, "/dashboard/settings/try", {"text": fresh}).json()
    bad = send(browser, "/dashboard/settings/save", {"text": "[match]\nx = 1\n", "known": known})
    good = send(browser, "/dashboard/settings/save", {"text": fresh, "known": known})
    late = send(browser, "/dashboard/settings/save", {"text": TEXT, "known": known})

    assert tried["changes"] == [{"key": "match.frag_limit", "old": 5, "new": 7, "restart": False}]
    assert tried["diff"][-2:] == ["-frag_limit = 5", "+frag_limit = 7"]
    assert bad.status_code == 400 and "unknown setting match.x" in bad.json()["detail"]
    assert good.json()["reloaded"] is False
    assert late.status_code == 409
    assert (tmp_path / "server.toml").read_text() == fresh
    assert (tmp_path / "server.toml").stat().st_mode & 0o777 == 0o600
    entry = store.read(audit.pages, 1)[0]
    assert (entry.actor, entry.after) == (
        "operator:admin", {"match.frag_limit": {"old": 5, "new": 7}},
    )  # fmt: skip


def test_two_save_at_once(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second is told of the first, however slow the disk is."""
    (tmp_path / "server.toml").write_text(TEXT)
    browser.sign_in("admin")
    known = browser.get("/dashboard/settings").text.partition('data-known="')[2].partition('"')[0]

    async def sound(*words: object) -> Trial:
        return Trial([], [])

    def slowly(path: Path, text: str) -> None:
        threading.Event().wait(0.3)
        files.write_text(path, text)

    monkeypatch.setattr(settings, "tried", sound)
    monkeypatch.setattr(settings, "write_text", slowly)
    with ThreadPoolExecutor(2) as threads:
        drafts = [{"text": f"# {name}\n", "known": known} for name in ("one", "other")]
        save = "/dashboard/settings/save"
        answers = [*threads.map(lambda draft: send(browser, save, draft), drafts)]

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    [good] = [draft for draft, found in zip(drafts, answers, strict=True) if found.is_success]
    assert (tmp_path / "server.toml").read_text() == good["text"]


def test_first_file(browser: Browser) -> None:
    """Where there is no server.toml, every setting is offered, explained."""
    browser.sign_in("admin")

    assert "# frag_limit = " in browser.get("/dashboard/settings").text


@pytest.mark.parametrize("path", ["settings", "backups", "logs"])
def test_roles(browser: Browser, path: str) -> None:
    """Viewers see none of it, moderators the logs."""
    seen = []
    for role in ("viewer", "moderator", "admin"):
        browser.http.cookies.clear()
        browser.sign_in(role)
        seen.append(browser.get(f"/dashboard/{path}").status_code)
        assert send(browser, "/dashboard/settings/save", {"text": ""}).status_code in (403, 409)

    assert seen == [403, 200 if path == "logs" else 403, 200]


def test_backups(browser: Browser, tmp_path: Path) -> None:
    """One is made while all runs, checked, and going back to it rehearsed; no other name is taken."""
    browser.sign_in("admin")
    (tmp_path / "server.toml").write_text(TEXT)

    made = send(browser, "/dashboard/backups/create", {}).json()
    name = next((tmp_path / "backups").iterdir()).name
    sound = send(browser, "/dashboard/backups/verify", {"name": name}).json()
    other = send(browser, "/dashboard/backups/verify", {"name": "../.."})

    assert made["ok"] and name in made["text"]
    assert sound == {"ok": True, "text": f"{name}: sound", "commands": [], "why": ""}
    assert other.status_code == 404
    assert name in browser.get("/dashboard/backups").text


def test_logs(browser: Browser, tmp_path: Path) -> None:
    """Searched by text and level, in the file and the one before it."""
    folder = tmp_path / "logs"
    folder.mkdir(exist_ok=True)
    lines = [
        {"timestamp": "2026-01-02T03:04:05Z", "level": level, "part": "server", "event": event}
        for level, event in [("info", "joined"), ("warning", "stalled")]
    ]
    (folder / "tremble.log.1").write_text(json.dumps({**lines[0], "name": "Anna"}) + "\n")
    (folder / "tremble.log").write_text(json.dumps(lines[1]) + "\nTraceback\n")
    browser.sign_in("moderator")

    def found(query: str) -> list[str]:
        answer = browser.get(f"/dashboard/logs.json?{query}", accept="application/json").json()
        return [line["text"] for line in answer["lines"]]

    assert found("") == ["server: joined", "server: stalled", "Traceback"]
    assert found("level=warning&text=stal") == ["server: stalled"]
    assert found("text=anna") == ["server: joined"]
    assert found("which=game") == []
    assert browser.get("/dashboard/logs.json?which=passwd").status_code == 400


def test_only_the_end_of_a_large_log_is_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line at the cut is left out."""
    (tmp_path / "x.log").write_text("".join(f"line {n}\n" for n in range(100)))
    monkeypatch.setattr(logs, "MAX_BYTES", 20)

    assert [line.text for line in logs.look_for(tmp_path / "x.log", "debug", "").lines] == [
        "line 98", "line 99",
    ]  # fmt: skip


def test_reload_asks_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a process that is ours gets the signal, whatever the lock says."""
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda *what: sent.append(what))

    assert not files.reload(tmp_path)
    for pid, told in (
        (1, os.getppid() == 1),
        (os.getppid(), True),
        (os.getpid(), True),
        ("x", False),
    ):
        (tmp_path / files.LOCK).write_text(json.dumps({"pid": pid}))
        assert files.reload(tmp_path) is told
    assert sent[-2:] == [(os.getppid(), signal.SIGHUP), (os.getpid(), signal.SIGHUP)]


def test_a_failed_write_leaves_the_old_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing beside it."""
    path = tmp_path / "server.toml"
    files.write_text(path, "old")

    def fail(*_: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no room"):
        files.write_text(path, "new")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [
        ("server.toml", "old")
    ]


def test_diff() -> None:
    """Lines that differ, with a little around them."""
    assert diff("a\nb\nc\n", "a\nB\nc\n") == ["@@ -1,3 +1,3 @@", " a", "-b", "+B", " c"]
    assert diff("same", "same") == []
