"""cli/watching.py, cli/alert.py: what becomes an alert."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from e2e.processes import run

from tremble.cli.watching import Watching, store_fault
from tremble.client.api_types import LostServer
from tremble.sections import AlertsSection, Settings
from tremble.server.alarms import Alert


@pytest.fixture
def told() -> list[Alert]:
    return []


def watching(path: Path, told: list[Alert], url: str = "", **alerts) -> Watching:
    """Return one whose alerts go into *told*; it has no thread."""
    settings = Settings(alerts=AlertsSection(webhook_url="http://127.0.0.1:1/", **alerts))
    found = Watching(path, lambda: settings, url)
    found.sender.send = told.append  # type: ignore[method-assign]
    return found


def test_child_dies_and_comes_back(tmp_path: Path, told: list[Alert]) -> None:
    """A death is told with the exit code, the new start as its end; others' starts are not."""
    found = watching(tmp_path, told)

    for name, report in [("web", {"event": "ready"}), ("game", {"event": "died", "code": -9}),
                         ("game", {"event": "alive"}), ("game", {"event": "ready"})]:  # fmt: skip
        found.heard(name, report)

    assert [(alert.state, alert.text) for alert in told] == [
        ("raised", "the game process died (exit code -9)"),
        ("cleared", "the game process runs again"),
    ]


def test_late_ticks(tmp_path: Path, told: list[Alert]) -> None:
    """More than 1 % of a minute's ticks: told; fewer: over; a new process begins at nought."""
    found = watching(tmp_path, told)

    for now, late in [(0, 10), (30, 500), (61, 510), (122, 512), (130, 0), (191, 30)]:
        found.count_late(late, float(now))

    assert [alert.state for alert in told] == ["raised", "cleared"]


def test_disk_store_and_backups(tmp_path: Path, told: list[Alert]) -> None:
    """A disk with less than the setting, a web process that is away twice, a failed backup."""
    found = watching(tmp_path, told, "http://127.0.0.1:1", disk_low_bytes=1 << 50)

    found.look()
    found.look()
    found.backup("no room")
    found.backup("")

    assert [(alert.event, alert.state) for alert in told] == [
        ("disk", "raised"), ("store", "raised"), ("backup", "raised"), ("backup", "cleared"),
    ]  # fmt: skip
    assert store_fault("http://127.0.0.1:1")


def lost(name: str, left_at: datetime, state: str = "gone") -> LostServer:
    return LostServer(name.lower() * 16, name, "192.0.2.1:4433", state, left_at, left_at)


def test_servers_that_leave_the_list(tmp_path: Path, told: list[Alert]) -> None:
    """Each is told once, and its end; not while nothing is known; after a day it is not missed."""
    found = watching(tmp_path, told)
    now = datetime.now(UTC)
    a, b = lost("A", now), lost("B", now - timedelta(days=1), "unreachable")

    for seen in ([a, b], None, [a, b], [b], []):
        found.compare(seen)

    assert [(alert.event, alert.state) for alert in told] == [
        ("listed", "raised"), ("listed", "raised"), ("listed", "cleared"), ("listed", "cleared"),
    ]  # fmt: skip
    assert [alert.text.partition(")")[2].partition(":")[0] for alert in told] == [
        " sends no heartbeats", " does not answer", " is back", " has been away for a day",
    ]  # fmt: skip


def test_only_wanted_events(tmp_path: Path, told: list[Alert]) -> None:
    """alerts.events names what is told."""
    found = watching(tmp_path, told, events=["backup"])

    found.heard("web", {"event": "died", "code": 1})
    found.backup("no room")

    assert [alert.event for alert in told] == ["backup"]


def test_test_alert(tmp_path: Path) -> None:
    """Without a webhook it says where to set one; one that does not answer is exit code 1."""
    none = run("test-alert", "--dir", str(tmp_path))
    (tmp_path / "server.toml").write_text('[alerts]\nwebhook_url = "http://127.0.0.1:1/s3cret"\n')
    dead = run("test-alert", "--dir", str(tmp_path))
    bad = run("config", "check", "--set", "alerts.events=fire", "--dir", str(tmp_path))

    assert none.returncode == 2 and "alerts.webhook_url" in none.stderr
    assert dead.returncode == 1 and "s3cret" not in dead.stderr
    assert bad.returncode == 2 and "there are crash" in bad.stderr
