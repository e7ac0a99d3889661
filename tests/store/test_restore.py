"""store/restore.py, store/match_log.py: back to a backup, and to right after a match."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from results import line, result, telemetry
from web.dashboard.operators import add

from tremble import ledger
from tremble.errors import StoreError
from tremble.result import FairPlay
from tremble.store import backup, match_log, matches, restore, sqlite, staff
from tremble.store.engine import Store
from tremble.store.losses import Lost

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def post(directory: Path, *numbers: int) -> None:
    with Store(directory / "tremble.db") as store:
        for number in numbers:
            ledger.post(store, result(number))


def posted(directory: Path) -> list[int]:
    """Return the numbers of the results in the record, of those that these tests post."""
    with Store(directory / "tremble.db") as store:
        return [n for n in range(1, 9) if store.read(matches.find, result(n).match_id) is not None]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Matches 1 to 6; a backup after 2, and one after 4."""
    (tmp_path / "server.toml").write_text("[server]\nport = 5\n")
    for minute, numbers in enumerate([(1, 2), (3, 4)]):
        post(tmp_path, *numbers)
        backup.create(tmp_path, NOW + timedelta(minutes=minute), "0.1", keep=5)
    post(tmp_path, 5, 6)
    return tmp_path


def test_results_come_back_as_posted(store: Store) -> None:
    """The match log gives each result to the last field, page by page, on both databases."""
    seen = line(1, 1, fair_play=FairPlay(0.5, [7]))
    given = [result(1), result(2, telemetry=telemetry(2)), result(3, seen, line(2, 2))]
    for one in given:
        ledger.post(store, one)

    first = store.read(match_log.results, 0, 99, 2)
    rest = store.read(match_log.results, first[-1][0], 99, 2)

    assert [one for _, one in first + rest] == given
    assert store.read(match_log.last) == (3, result(3).match_id)
    assert store.read(match_log.count) == 3
    assert store.read(match_log.seq_of, "f" * 32) is None


def test_back_to_a_backup(directory: Path) -> None:
    """The record is that of the backup; settings that are there stay; what was there is kept aside."""
    (directory / "server.toml").write_text("[server]\nport = 6\n")
    name = backup.every(directory)[1].name

    target = restore.Target(restore.folder_of(directory, name))
    done = restore.build(directory, target, ledger.record_all)
    assert posted(directory) == [1, 2, 3, 4, 5, 6]  # nothing has happened yet
    done = restore.put_in_place(directory, done, False, NOW)

    assert posted(directory) == [1, 2]
    assert (done.matches, done.again, done.files) == (2, 0, ["tremble.db"])
    assert "port = 6" in (directory / "server.toml").read_text()
    assert done.replaced is not None
    assert posted(Path(done.replaced)) == [1, 2, 3, 4, 5, 6]
    assert not (directory / restore.PART).exists()


@pytest.mark.parametrize(
    ("number", "base", "again"), [(6, 0, 2), (5, 0, 1), (4, 0, 0), (3, 1, 1), (2, 1, 0)]
)
def test_back_to_a_match(directory: Path, number: int, base: int, again: int) -> None:
    """The newest backup before the match, and the results since then up to it."""
    target = restore.to_match(directory, result(number).match_id)
    done = restore.build(directory, target, ledger.record_all)
    restore.put_in_place(directory, done, False, NOW)

    assert (done.backup, done.again) == (backup.every(directory)[base].name, again)
    assert posted(directory) == list(range(1, number + 1))


def test_damaged_record_comes_back_from_backups(directory: Path) -> None:
    """With the record torn the results since an old backup come from a later one."""
    assert restore.to_match(directory, restore.LAST).until == 6
    (directory / "tremble.db").write_bytes(b"torn")
    assert restore.to_match(directory, restore.LAST).until == 4

    target = restore.to_match(directory, result(3).match_id)
    done = restore.build(directory, target, ledger.record_all)
    restore.put_in_place(directory, done, False, NOW)

    assert posted(directory) == [1, 2, 3]


def test_what_would_be_lost(directory: Path) -> None:
    """Matches after the backup, who played them and when, found from either side; nothing is left behind."""
    name = backup.every(directory)[1].name
    target = restore.Target(restore.folder_of(directory, name))
    tried = restore.rehearse(directory, target, ledger.record_all).lost
    (directory / "tremble.db").rename(directory / "later.db")
    post(directory, 1, 2, 7)
    other = restore.rehearse(directory, target, ledger.record_all).lost
    (directory / "tremble.db").write_bytes(b"torn")
    unknown = restore.rehearse(directory, target, ledger.record_all).lost

    ended = result(3).ended_at
    assert tried == Lost(4, 2, 0, ended, ended)
    assert other == Lost(1, 2, 0, ended, ended)
    assert unknown is None
    assert not list(directory.glob("restore.part*"))


def test_to_a_match_from_that_backup(directory: Path) -> None:
    """From the backup that is named, not the newest before the match; one made after it does not do."""
    newer, older = [directory / "backups" / made.name for made in backup.every(directory)]

    target = restore.to_match(directory, result(5).match_id, older)
    done = restore.rehearse(directory, target, ledger.record_all)

    assert (done.backup, done.matches, done.again) == (older.name, 5, 3)
    with pytest.raises(StoreError, match="was not made before"):
        restore.to_match(directory, result(3).match_id, newer)


def test_swap(directory: Path) -> None:
    """The new record is in place in one step, of one file; not while somebody has the old one open."""
    target = restore.Target(directory / "backups" / backup.every(directory)[1].name)
    restore.build(directory, target, ledger.record_all)
    with Store(directory / "tremble.db") as user, pytest.raises(StoreError, match="has it open"):
        user.read(match_log.count)
        sqlite.fold(directory / "tremble.db", 0.0)

    restore.swap(directory)

    assert sorted(p.name for p in directory.glob("tremble.db*")) == ["tremble.db"]
    assert posted(directory) == [1, 2]


def test_nobody_is_signed_in_after(directory: Path) -> None:
    """Sessions of the dashboard that were ended since the backup do not come back with it."""
    with Store(directory / "tremble.db") as store:
        add(store, "anna", "admin")
        store.write(staff.begin, "d" * 64, "anna", "", 1).result()
    made = backup.create(directory, NOW + timedelta(hours=1), "0.1", keep=5)

    restore.build(directory, restore.Target(directory / "backups" / made.name), ledger.record_all)

    with Store(directory / restore.PART / "tremble.db") as store:
        assert store.read(staff.find, "anna") is not None
        assert store.read(staff.signed_in, 1) == {}


def test_no_way_back(directory: Path) -> None:
    """A match before every backup, or nowhere, and a backup that has changed: each is said."""
    with pytest.raises(StoreError, match="was made before"):
        restore.to_match(directory, result(1).match_id)
    with pytest.raises(StoreError, match="was made before"):
        restore.to_match(directory, "f" * 32)
    with pytest.raises(StoreError, match="no backup nothing"):
        restore.folder_of(directory, "nothing")
    folder = directory / "backups" / backup.every(directory)[0].name
    (folder / "server.toml").write_text("")
    with pytest.raises(StoreError, match=r"server\.toml has changed"):
        restore.build(directory, restore.Target(folder), ledger.record_all)
