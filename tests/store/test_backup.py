"""store/backup.py: copies of a directory in use are whole, checked, and kept in number."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
import pytest
from results import result

from tremble import ledger
from tremble.errors import StoreError
from tremble.store import backup, matches
from tremble.store.engine import Store

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A data directory with one recorded match, a key and a setting."""
    with Store(tmp_path / "tremble.db") as store:
        store.write(ledger.record, result(1)).result()
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "server.key").write_text("ab" * 32)
    (tmp_path / "server.toml").write_text("[server]\nport = 5\n")
    return tmp_path


def test_backup_of_a_store_in_use_can_be_opened(directory: Path, tmp_path: Path) -> None:
    """Made while a store writes, restored elsewhere: what was acknowledged before is there."""
    with Store(directory / "tremble.db") as store:
        store.write(ledger.record, result(2)).result()
        made = backup.create(directory, NOW, "0.1", keep=5)
        store.write(ledger.record, result(3)).result()
    restored = tmp_path / "backups" / made.name

    assert set(made.files) == {"tremble.db", "keys/server.key", "server.toml"}
    assert backup.verify(directory, made.name) == []
    (tmp_path / "elsewhere").mkdir()
    copy = tmp_path / "elsewhere" / "tremble.db"
    copy.write_bytes((restored / "tremble.db").read_bytes())
    with Store(copy) as store:
        found = [store.read(matches.find, result(n).match_id) is not None for n in (1, 2, 3)]
        assert found == [True, True, False]
        assert apsw.Connection(str(copy)).pragma("journal_mode") == "wal"


@pytest.mark.parametrize("change", ["lose", "alter", "add", "tear"])
def test_verify_finds_any_change(directory: Path, change: str) -> None:
    """A file that is lost, altered, added or torn is named."""
    name = backup.create(directory, NOW, "0.1", keep=5).name
    folder = directory / "backups" / name
    if change == "lose":
        (folder / "keys" / "server.key").unlink()
    elif change == "alter":
        (folder / "server.toml").write_text("[server]\nport = 6\n")
    elif change == "add":
        (folder / "more").write_text("")
    else:
        data = bytearray((folder / "tremble.db").read_bytes())
        data[5000:5100] = bytes(100)
        (folder / "tremble.db").write_bytes(data)

    found = backup.verify(directory, name)

    words = {"lose": "server.key is missing", "alter": "server.toml has changed",
             "add": "more does not belong", "tear": "tremble.db has changed"}  # fmt: skip
    assert len(found) == 1 and words[change] in found[0]


def test_only_the_newest_are_kept(directory: Path) -> None:
    """After each backup the oldest beyond the number go; other folders are left alone."""
    (directory / "backups").mkdir()
    (directory / "backups" / "mine").mkdir()
    for minute in range(4):
        backup.create(directory, NOW + timedelta(minutes=minute), "0.1", keep=2)

    assert [made.name for made in backup.every(directory)] == [
        "20260102T030705Z", "20260102T030605Z",
    ]  # fmt: skip
    assert (directory / "backups" / "mine").is_dir()


def test_unsound_database_is_no_backup(directory: Path) -> None:
    """A database that cannot be read is told, and nothing half made is left."""
    (directory / "outbox.db").write_bytes(b"no database" * 100)

    with pytest.raises(StoreError, match=r"outbox\.db"):
        backup.create(directory, NOW, "0.1", keep=5)

    assert list((directory / "backups").iterdir()) == []


def test_empty_directory_and_same_second_are_refused(directory: Path, tmp_path: Path) -> None:
    """Nothing to back up, or a backup of this name: one line, nothing is changed."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(StoreError, match="nothing to back up"):
        backup.create(tmp_path / "empty", NOW, "0.1", keep=5)
    backup.create(directory, NOW, "0.1", keep=5)
    with pytest.raises(StoreError, match="this second"):
        backup.create(directory, NOW, "0.1", keep=5)

    assert len(backup.every(directory)) == 1


def test_last_of_days_and_weeks_stay() -> None:
    """Besides the newest, the last backup of each of so many days and weeks is kept."""
    hours = [0, 1, 2, 25, 26, 49, 200, 400, 800]  # before NOW, a Friday at 03:04
    made = [backup.Backup(f"{h}", NOW - timedelta(hours=h), "0.1", {}) for h in hours]

    def kept(*keep: int) -> list[str]:
        gone = backup.outdated(made, backup.Keep(*keep))
        return [each.name for each in made if each.name not in gone]

    assert kept(2) == ["0", "1"]
    assert kept(1, 3) == ["0", "25", "49"]
    assert kept(1, 0, 3) == ["0", "200", "400"]
    assert kept(2, 2, 2) == ["0", "1", "25", "200"]


def test_backups_before_a_restore_stay(directory: Path) -> None:
    """However many others are made, and they take nobody's place."""
    safety = backup.create(directory, NOW, "0.1", keep=5, safety=True)
    later = [
        backup.create(directory, NOW + timedelta(minutes=n), "0.1", keep=1).name for n in (1, 2)
    ]

    assert [made.name for made in backup.every(directory)] == [later[1], safety.name]
