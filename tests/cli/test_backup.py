"""cli/backup.py: the command, and backups that are made by themselves."""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from e2e.processes import run, wait_until
from results import result

from tremble import ledger
from tremble.cli.backup import Regular
from tremble.sections import ServerSection, Settings
from tremble.server import lock
from tremble.store import backup
from tremble.store.engine import Store


def test_create_list_verify(tmp_path: Path) -> None:
    """A backup is made, listed and found sound; one that changed is exit 1; none is exit 5."""
    empty = run("backup", "create", "--dir", str(tmp_path))
    (tmp_path / "server.toml").write_text("[server]\nbackups_kept = 3\n")
    made = run("backup", "create", "--dir", str(tmp_path))
    listed = run("backup", "list", "--json", "--dir", str(tmp_path))
    sound = run("backup", "verify", "--dir", str(tmp_path))
    [name] = [line["name"] for line in json.loads(listed.stdout)]
    (tmp_path / "backups" / name / "server.toml").write_text("")
    bad = run("backup", "verify", name, "--dir", str(tmp_path))

    assert (empty.returncode, made.returncode) == (5, 0), made.stderr
    assert name in made.stdout
    assert (sound.returncode, sound.stdout) == (0, f"{name}: sound\n")
    assert bad.returncode == 1 and "server.toml has changed" in bad.stderr


def test_replays_while_they_come_and_go(tmp_path: Path) -> None:
    """What is being recorded is left out, and what is thrown away meanwhile hinders nothing."""
    replays = tmp_path / "replays"
    replays.mkdir()
    for name in ("a.trpl", "b.part", "c.1.2.upload"):
        (replays / name).write_bytes(b"TRP1")
    (replays / "d.trpl").symlink_to(tmp_path / "gone")
    (tmp_path / "server.toml").write_text("")

    made = run("backup", "create", "--replays", "--dir", str(tmp_path))

    assert made.returncode == 0, made.stderr
    [found] = backup.every(tmp_path)
    assert sorted(found.files) == ["replays/a.trpl", "server.toml"]


def test_interval_makes_backups(tmp_path: Path) -> None:
    """backup_interval_minutes: one is made when it is due, and never with 0."""
    (tmp_path / "server.toml").write_text("")
    settings = Settings(server=ServerSection(backup_interval_minutes=0.001, backups_kept=2))
    never = msgspec.structs.replace(settings, server=ServerSection(backup_interval_minutes=0))

    assert Regular(tmp_path, lambda: never).wait() == float("inf")
    with Regular(tmp_path, lambda: settings):
        wait_until(lambda: backup.every(tmp_path), "a backup")

    assert backup.verify(tmp_path, backup.every(tmp_path)[0].name) == []


def test_no_backup_begins_at_the_end(tmp_path: Path) -> None:
    """One that is due while the end comes is not begun any more."""
    regular = Regular(tmp_path, Settings)
    regular.stopping.set()

    regular.make()

    assert not (tmp_path / backup.FOLDER).exists()


def test_restore_by_command(tmp_path: Path) -> None:
    """A dry run changes nothing; while somebody holds the directory it is refused; then it is done."""
    with Store(tmp_path / "tremble.db") as store:
        ledger.post(store, result(1))
    run("backup", "create", "--dir", str(tmp_path))
    (tmp_path / "tremble.db").unlink()
    [name] = [made.name for made in backup.every(tmp_path)]

    tried = run("restore", name, "--dry-run", "--json", "--dir", str(tmp_path))
    assert not (tmp_path / "tremble.db").exists()
    with lock.take(tmp_path):
        refused = run("restore", name, "--dir", str(tmp_path))
    done = run("restore", name, "--dir", str(tmp_path))

    assert (refused.returncode, done.returncode) == (3, 0), done.stderr
    assert json.loads(tried.stdout)["last_match"] == result(1).match_id
    assert result(1).match_id in done.stdout
    assert backup.last_match(tmp_path)[0] == 1
    assert run("restore", "--dir", str(tmp_path)).returncode == 2


def test_prune_by_command(tmp_path: Path) -> None:
    """What the settings do not keep is told by --dry-run, then removed."""
    (tmp_path / "server.toml").write_text("")
    for minute in range(3):
        now = datetime(2026, 1, 2, 3, minute, tzinfo=UTC)
        backup.create(tmp_path, now, "0.1", 9)

    tried = run("backup", "prune", "--keep", "1", "--dry-run", "--dir", str(tmp_path))
    assert len(backup.every(tmp_path)) == 3
    done = run("backup", "prune", "--keep", "1", "--dir", str(tmp_path))

    assert "would remove 20260102T030000Z" in tried.stdout and "1 backups stay" in tried.stdout
    assert done.returncode == 0 and len(backup.every(tmp_path)) == 1
