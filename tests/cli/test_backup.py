"""cli/backup.py: the command, and backups that are made by themselves."""

import json
from pathlib import Path

import msgspec
from e2e.processes import run, wait_until

from tremble.cli.backup import Regular
from tremble.config import ServerSection, Settings
from tremble.store import backup


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


def test_interval_makes_backups(tmp_path: Path) -> None:
    """backup_interval_minutes: one is made when it is due, and never with 0."""
    (tmp_path / "server.toml").write_text("")
    settings = Settings(server=ServerSection(backup_interval_minutes=0.001, backups_kept=2))
    never = msgspec.structs.replace(settings, server=ServerSection(backup_interval_minutes=0))

    assert Regular(tmp_path, lambda: never).wait() == float("inf")
    with Regular(tmp_path, lambda: settings):
        wait_until(lambda: backup.every(tmp_path), "a backup")

    assert backup.verify(tmp_path, backup.every(tmp_path)[0].name) == []
