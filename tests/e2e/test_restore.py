"""A running `tremble up` goes back to a backup: it acts, refuses a bad one, survives kill -9 meanwhile."""

import json
import shutil
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from browser import PATIENCE_MS, Tab, chromium
from e2e.processes import QUICK, Up, get, run, wait_until
from playwright.sync_api import Browser, expect
from results import result
from stores import fresh
from web.dashboard.operators import PASSWORD, add

from tremble import ledger, restoring
from tremble.local import ConsoleLink
from tremble.server import lock
from tremble.server.audit import read
from tremble.store import audit, backup
from tremble.store.engine import Store

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OLD, BAD = "20260102T030405Z", "20260102T030505Z"
expect.set_options(timeout=PATIENCE_MS)
SETS = (*QUICK, "server.backup_interval_minutes=0")


def fill(directory: Path) -> None:
    """Matches 1 to 4: a backup after 2, and one after 4 in which a file has changed since; an operator."""
    store = fresh(directory / "tremble.db")
    add(store, "admin", "admin")
    for minute, numbers in enumerate([(1, 2), (3, 4)]):
        for number in numbers:
            ledger.post(store, result(number))
        made = backup.create(directory, NOW + timedelta(minutes=minute), "0.1", keep=9)
    store.close()
    (directory / "backups" / made.name / "tremble.db").write_bytes(b"torn")


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    directory = tmp_path_factory.mktemp("up")
    fill(directory)
    found = Up(directory, sets=SETS)
    yield found
    found.kill()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def ask(up: Up, line: str) -> str:
    """Type *line* at the console; return the answer, nothing while nobody is there."""
    try:
        with ConsoleLink(up.directory) as link:
            return str(link.call(line)["text"])
    except OSError:
        return ""


def over(up: Up, state: str) -> restoring.Restoring:
    """Wait until what was asked for has come to *state*, and to its end."""

    def look() -> restoring.Restoring | None:
        found = restoring.read(up.directory)
        return found if found is not None and found.over else None

    found = wait_until(look, "the end of a restore")
    assert found.state == state, found.text
    return found


def matches(up: Up) -> int:
    """Return how many matches the web process tells of, as soon as it answers."""
    return len(wait_until(lambda: get(f"{up.url}/v1/matches?limit=100"), "an answer")["matches"])


def test_bad_backup_is_refused(up: Up) -> None:
    """Nothing ends for a backup that has changed; why stands where everybody looks."""
    before = up.children()

    assert "is tried" in ask(up, f"restore {BAD} now 0")
    found = over(up, "failed")

    assert "tremble.db has changed" in found.text
    assert "tremble.db has changed" in ask(up, "restore")
    assert (up.children(), matches(up)) == (before, 4)


def test_by_command(up: Up) -> None:
    """The record is the old one, by the same process; what was there is in a backup, both in the audit."""
    ask(up, f"restore {OLD} now 0")
    found = over(up, "restored")

    assert matches(up) == 2
    assert found.before == {"matches": 4, "last_match": result(4).match_id, "backup": found.safety}
    assert backup.verify(up.directory, found.safety) == []
    [entry] = [e for e in read(up.directory) if str(e["command"]).endswith(": restored")]
    assert (entry["before"], entry["after"]) == (found.before, found.after)
    assert [row["target"] for row in up.events("restored")] == [f"backup {OLD}"]

    status = json.loads(run("status", "--json", "--dir", str(up.directory)).stdout)
    assert (status["pid"], status["url"]) == (up.process.pid, up.url)


def sign_in(tab: Tab) -> None:
    tab.page.get_by_label("Name").fill("admin")
    tab.page.get_by_label("Password").fill(PASSWORD)
    tab.page.get_by_role("button", name="Sign in").click()
    tab.page.wait_for_url("**/dashboard/backups")


def go_back(tab: Tab, name: str) -> None:
    """Press the button of the backup *name*, and wait for the rehearsal."""
    row = tab.page.locator("tr").filter(has_text=name)
    row.get_by_role("button", name="Go back to it").click()
    expect(tab.page.locator("#outcome-title")).to_contain_text(name)


def test_button(up: Up, browser: Browser) -> None:
    """A bad backup has no button; that of the last restore leads back, once its name is typed."""
    wait_until(lambda: ask(up, "status"), "the game worker")
    name = restoring.read(up.directory).safety
    tab = Tab(browser, up.url)
    page = tab.go("/dashboard/backups")
    sign_in(tab)
    go_back(tab, BAD)
    expect(page.locator("#outcome-text")).to_contain_text("tremble.db has changed")
    expect(page.locator("#go")).to_be_hidden()

    go_back(tab, name)
    expect(page.locator("#outcome-text")).to_contain_text("no match would be lost")
    page.locator("[name=when]").select_option("now")
    page.locator("[name=countdown]").fill("0")
    page.get_by_label("to confirm").fill(BAD)
    expect(page.locator("#restore")).to_be_disabled()
    assert tab.grave() == []
    page.get_by_label("to confirm").fill(name)
    page.locator("#restore").click()

    page.wait_for_url("**/dashboard/login?next=*")
    expect(page.locator(".done")).to_contain_text("The record was restored")
    assert matches(up) == 4
    sign_in(tab)
    expect(page.locator("#last-title")).to_have_text(f"Restored: backup {name}")
    tab.close()


def test_killed_in_the_middle(up: Up) -> None:
    """After kill -9 of all of it a start has one whole record, and says which. The last test here."""
    before = matches(up)
    last = restoring.read(up.directory)
    name = last.safety  # there were four matches where now are two, or two where now are four
    wait_until(lambda: "restored" in ask(up, "restore"), "the game worker")
    ask(up, f"restore {name} now 0")

    def begun() -> bool:
        found = restoring.read(up.directory)
        return found.backup == name and found.state not in ("checking", "planned")

    wait_until(begun, "its begin")
    up.kill()
    wait_until(lambda: lock.holder(up.directory) is None, "the end of the process that restores")
    shutil.rmtree(up.directory / "maps")
    again = Up(up.directory, sets=SETS)
    try:
        found = restoring.read(up.directory)
        assert found is not None and found.over
        left = matches(again)
    finally:
        assert again.stop(signal.SIGTERM) == 0

    assert {before, left} <= {2, 4}
    assert (left != before) == (found.state == "restored"), found
    with Store(up.directory / "tremble.db") as store:
        signed = [entry.target for entry in store.read(audit.pages, 9) if entry.action == "restore"]
    assert signed[:1] == [name if found.state == "restored" else last.backup], found
    assert not found.safety or backup.verify(up.directory, found.safety) == []
    assert not list(up.directory.glob("restore.part*"))
