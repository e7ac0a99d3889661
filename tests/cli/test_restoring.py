"""cli/restoring.py: whatever ends a restore, at any step, there is one whole record, and it is said which."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from results import result
from stores import fresh

from tremble import ledger, restoring
from tremble.cli import restoring as under_up
from tremble.cli.told import options_alone, worker_options
from tremble.errors import StoreError
from tremble.restoring import Restoring
from tremble.sections import Settings, StoreSection
from tremble.server import audit as commands
from tremble.server import lock
from tremble.store import audit, backup, match_log
from tremble.store.engine import Store

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NAME = "20260102T030405Z"
#: Restores, and dies of SIGKILL in place of, or right after, a step.
DIES = """
import os, sys
from pathlib import Path
from tremble.cli import restoring
from tremble.store import restore

def die(*words):
    os.kill(os.getpid(), 9)

def swap(path):
    swapped(path)
    die()

swapped = restore.swap
where = {"saved": restoring, "sign": restoring, "build": restore, "swap": restore}
if sys.argv[2] == "after":
    restore.swap = swap
else:
    setattr(where[sys.argv[2]], sys.argv[2], die)
restoring.restore(Path(sys.argv[1]))
"""


def wish(state: restoring.State = "begun", **facts: str) -> Restoring:
    return Restoring(state=state, at=NOW, by="anna", via="web", **facts)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A backup of one match, another match since, and a restore that has begun."""
    with fresh(tmp_path / "tremble.db") as store:
        ledger.post(store, result(1))
        backup.create(tmp_path, NOW, "0.1", keep=5)
        ledger.post(store, result(2))
    restoring.write(tmp_path, wish(backup=NAME))
    return tmp_path


def matches(directory: Path) -> int:
    with Store(directory / "tremble.db") as store:
        return store.read(match_log.count)


@pytest.mark.parametrize(
    ("step", "state", "left"),
    [
        ("saved", "failed", 2),
        ("build", "failed", 2),
        ("swap", "failed", 2),
        ("after", "restored", 1),
    ],
)
def test_killed_at_a_step(directory: Path, step: str, state: str, left: int) -> None:
    """The old record up to the last step, the new one after it; the next start says so, once."""
    ran = subprocess.run([sys.executable, "-c", DIES, str(directory), step])
    assert ran.returncode == -9

    with lock.take(directory) as held:
        under_up.at_start(directory, held, None, lambda: False)
        under_up.at_start(directory, held, None, lambda: False)

    found = restoring.read(directory)
    assert found is not None and found.state == state, found
    assert matches(directory) == left
    assert not list(directory.glob("restore.part*"))
    [entry] = commands.read(directory)
    assert entry["ok"] == (state == "restored")


def test_restored(directory: Path) -> None:
    """Both audits have who, before and after; what was there is in a backup that stays."""
    under_up.restore(directory)
    under_up.settle(directory, "")

    found = restoring.read(directory)
    assert found is not None and found.state == "restored"
    assert matches(directory) == 1
    with Store(directory / "tremble.db") as store:
        [entry] = store.read(audit.pages, 1)
    assert (entry.actor, entry.action, entry.target) == ("operator:anna", "restore", NAME)
    assert entry.before == {"matches": 2, "last_match": result(2).match_id, "backup": found.safety}
    assert entry.after == {"matches": 1, "last_match": result(1).match_id, "backup": NAME}
    [line] = commands.read(directory)
    assert (line["who"], line["before"], line["after"]) == ("anna", entry.before, entry.after)
    assert backup.verify(directory, found.safety) == []
    assert found.safety not in backup.outdated(backup.every(directory), backup.Keep(0))


def test_up_to_a_match(directory: Path) -> None:
    """The backup that is named, and the results since from the record that is there."""
    restoring.write(directory, wish(backup=NAME, match=result(2).match_id))

    under_up.restore(directory)
    under_up.settle(directory, "")

    found = restoring.read(directory)
    assert found is not None and found.state == "restored"
    assert f"backup {NAME}: 2 matches, 1 of them posted again" in found.text
    assert matches(directory) == 2


@pytest.mark.parametrize("what", ["the record", "the backup", "the disk"])
def test_failed(directory: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """A record that cannot be saved first, a backup that has changed, a full disk: all is as it was."""
    if what == "the record":
        (directory / "tremble.db").write_bytes(b"torn")
    elif what == "the backup":
        (directory / "backups" / NAME / "tremble.db").write_bytes(b"torn")
    else:

        def full(*words: object, **options: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("shutil.copytree", full)
    before = (directory / "tremble.db").read_bytes()

    with pytest.raises((StoreError, OSError)):
        under_up.restore(directory)
    under_up.settle(directory, "it broke")

    found = restoring.read(directory)
    assert found is not None and found.state == "failed"
    assert "the record is the one from before" in found.text and "it broke" in found.text
    assert (directory / "tremble.db").read_bytes() == before


def test_only_for_its_own_tremble(directory: Path) -> None:
    """By hand, with nobody holding the directory, its process does nothing."""
    ran = subprocess.run(
        [sys.executable, "-m", "tremble.cli.restoring", str(directory)],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert ran.returncode == 1 and "tremble restore" in ran.stderr
    assert matches(directory) == 2


def test_stopped(directory: Path) -> None:
    """Who stops Tremble meanwhile stops it too."""
    with lock.take(directory) as held:
        why = under_up.carry_out(directory, held, None, lambda: True)

    assert why == "Tremble was told to stop"
    assert matches(directory) == 2


def test_wish_goes_through_the_environment() -> None:
    """Once, and nothing that is no wish."""
    environ: dict[str, str] = {}
    under_up.hand_on({"state": "planned", "at": NOW, "backup": NAME, "by": "anna"}, environ)

    found = under_up.wish_of(environ)
    assert found is not None and (found.target, found.by) == (f"backup {NAME}", "anna")
    assert under_up.wish_of(environ) is None
    assert under_up.wish_of({restoring.ENVIRONMENT: "{"}) is None
    assert restoring.ENVIRONMENT not in os.environ


def test_wishes_that_are_not_at_work_stay(tmp_path: Path) -> None:
    """What is over, or waits for the game to end, is nothing for a start to clear up."""
    for state in ("planned", "failed", "restored"):
        restoring.write(tmp_path, wish(state, text="as it was"))
        with lock.take(tmp_path) as held:
            under_up.at_start(tmp_path, held, None, lambda: False)
        assert restoring.read(tmp_path) == wish(state, text="as it was")


def test_where_it_cannot_be_done(tmp_path: Path) -> None:
    """A game server alone, and a record on PostgreSQL, name the command that does it."""
    remote = Settings(store=StoreSection(url="postgresql://localhost/tremble"))

    assert "`tremble restore NAME`" in options_alone(tmp_path, Settings()).no_restore
    assert "pg_restore --clean" in worker_options(tmp_path, remote, "").no_restore
    assert worker_options(tmp_path, Settings(), "").no_restore == ""
