"""A running `tremble up` goes back to a backup: it acts, refuses a bad one, survives kill -9 meanwhile."""

import json
import shutil
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from e2e.processes import QUICK, Up, get, run, wait_until
from results import result
from stores import fresh

from tremble import ledger, restoring
from tremble.server.audit import read
from tremble.store import audit, backup
from tremble.store.engine import Store

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OLD, BAD = "20260102T030405Z", "20260102T030505Z"
SETS = (*QUICK, "server.backup_interval_minutes=0")


def fill(directory: Path) -> None:
    """Matches 1 to 4: a backup after 2, and one after 4 in which a file has changed since."""
    store = fresh(directory / "tremble.db")
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


def ask(up: Up, line: str) -> str:
    """Type *line* at the console; return the answer."""
    ran = run("console", line, "--dir", str(up.directory))
    return ran.stdout + ran.stderr


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


def test_there_and_back(up: Up) -> None:
    """The record is the old one, by the same process; the safety backup leads back to what was there."""
    ask(up, f"restore {OLD} now 0")
    found = over(up, "restored")

    assert matches(up) == 2
    assert found.before == {"matches": 4, "last_match": result(4).match_id, "backup": found.safety}
    assert backup.verify(up.directory, found.safety) == []
    [entry] = [e for e in read(up.directory) if str(e["command"]).endswith(": restored")]
    assert (entry["before"], entry["after"]) == (found.before, found.after)
    assert [row["target"] for row in up.events("restored")] == [f"backup {OLD}"]

    wait_until(lambda: "restored" in ask(up, "restore"), "the game worker")
    ask(up, f"restore {found.safety} now 0")
    wait_until(lambda: restoring.read(up.directory).backup == found.safety, "the second restore")
    over(up, "restored")

    assert matches(up) == 4
    status = json.loads(run("status", "--json", "--dir", str(up.directory)).stdout)
    assert (status["pid"], status["url"]) == (up.process.pid, up.url)


def test_killed_in_the_middle(up: Up) -> None:
    """After kill -9 of all of it a start has one whole record, and says which. The last test here."""
    ask(up, f"restore {OLD} now 0")
    wait_until(
        lambda: restoring.read(up.directory).state not in ("checking", "planned"), "its begin"
    )
    up.kill()
    shutil.rmtree(up.directory / "maps")
    with Store(up.directory / "tremble.db") as store:
        [entry, *_] = store.read(audit.pages, 1) or [None]

    again = Up(up.directory, sets=SETS)
    try:
        found = restoring.read(up.directory)
        assert found is not None and found.over
        assert matches(again) == (2 if found.state == "restored" else 4), found
        signed = entry is not None and entry.action == "restore" and entry.target == OLD
        assert signed == (found.state == "restored"), found
        assert backup.verify(up.directory, found.safety or OLD) == []
        assert not list(up.directory.glob("restore.part*"))
    finally:
        assert again.stop(signal.SIGTERM) == 0
