"""Generations: which stay, in what order, and which are believed."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremble.data.backups import BackupError, Backups, Generation, Keep, digest_of, surplus
from tremble.data.documents import DataType
from tremble.data.files import Disk

STATS = DataType.PLAYER_STATS
NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def backups(tmp_path: Path) -> Backups:
    (tmp_path / "temp").mkdir()
    (tmp_path / "backups").mkdir()
    return Backups(str(tmp_path / "backups"), Disk(), Keep(3, 7), durable=False)


def test_add_and_read(backups: Backups) -> None:
    """A generation carries sequence, time and checksum in its name, and reads back."""
    backups.add(STATS, b"one", NOW)
    (found,) = backups.list(STATS)

    assert found.name == f"player_stats_backup.000001.20261122T120000Z.{digest_of(b'one')}.json"
    assert (found.sequence, found.at) == (1, NOW)
    assert backups.read(found) == b"one"


def test_the_same_content_once(backups: Backups) -> None:
    """The newest content is not kept twice; an older one that returns is."""
    for content in (b"one", b"one", b"two", b"one"):
        backups.add(STATS, content, NOW)

    assert [backups.read(g) for g in backups.list(STATS)] == [b"one", b"two", b"one"]


def test_a_rotten_newest_does_not_count(backups: Backups) -> None:
    """A content whose backup has rotted is kept anew."""
    backups.add(STATS, b"one", NOW)
    Path(backups.folder, backups.list(STATS)[0].name).write_bytes(b"rot")
    backups.add(STATS, b"one", NOW)

    assert backups.read(backups.list(STATS)[0]) == b"one"


def test_the_backup_of_the_sketch_stays(backups: Backups) -> None:
    """What the sketch left is never removed, however many generations come."""
    Path(backups.folder, "player_stats_backup.json").write_bytes(b"old")
    for number in range(20):
        backups.add(STATS, b"%d" % number, NOW)

    assert [g.sequence for g in backups.list(STATS)] == [20, 19, 18, 0]


def test_a_clock_that_goes_back(backups: Backups) -> None:
    """The newest is the one made last, whatever the clock said."""
    backups.add(STATS, b"one", NOW)
    backups.add(STATS, b"two", NOW - timedelta(days=400))
    backups.add(STATS, b"three", NOW - timedelta(days=400))

    assert backups.read(backups.list(STATS)[0]) == b"three"


def test_a_new_manager_goes_on(backups: Backups) -> None:
    """The sequence goes on after a restart, and the newest content is known."""
    backups.add(STATS, b"one", NOW)
    again = Backups(backups.folder, Disk(), Keep(), durable=False)
    again.add(STATS, b"one", NOW)
    again.add(STATS, b"two", NOW)

    assert [g.sequence for g in again.list(STATS)] == [2, 1]


def test_tampered(backups: Backups) -> None:
    """Content that does not fit the name is refused, and passed over when looking for one."""
    backups.add(STATS, b"one", NOW)
    backups.add(STATS, b"two", NOW)
    newest = backups.list(STATS)[0]
    Path(backups.folder, newest.name).write_bytes(b"2.0")

    with pytest.raises(BackupError, match="does not have the checksum"):
        backups.read(newest)
    found = backups.find(STATS, lambda content: True)
    assert found is not None
    assert found[1] == b"one"


def test_what_is_not_ours(backups: Backups) -> None:
    """Other names in the folder are left alone."""
    good = f"{digest_of(b'')}.json"
    names = [
        "notes.txt",
        f"other_backup.000001.20261122T120000Z.{good}",
        f"settings_backup.000001.20261322T990000Z.{good}",
        "settings_backup.x.json",
    ]
    for name in names:
        Path(backups.folder, name).write_bytes(b"")

    assert [backups.list(data_type) for data_type in DataType] == [[]] * 6
    assert sorted(os.listdir(backups.folder)) == sorted(names)


def test_no_folder(tmp_path: Path) -> None:
    """Without the folder there are no backups."""
    assert Backups(str(tmp_path / "none"), Disk(), Keep(), True).list(STATS) == []


def test_an_older_one_goes_only_after_the_new_one_is_verified(
    backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the new generation cannot be read back, no older one is removed."""
    for content in (b"1", b"2", b"3"):
        backups.add(STATS, content, NOW)

    def lying_read(generation: Generation) -> bytes:
        raise BackupError("not what was written")

    monkeypatch.setattr(backups, "read", lying_read)
    with pytest.raises(BackupError):
        backups.add(STATS, b"4", NOW)
    assert len(backups.list(STATS)) == 4


@pytest.mark.parametrize("keep", [Keep(0), Keep(1, -1)])
def test_keep_nothing(keep: Keep) -> None:
    """To keep no backup at all is refused."""
    with pytest.raises(ValueError, match="at least 1 generation"):
        Backups("x", Disk(), keep, True)


def generation(sequence: int, age_hours: float) -> Generation:
    return Generation(STATS, sequence, NOW - timedelta(hours=age_hours), "", str(sequence))


def test_which_stay() -> None:
    """The newest few stay, then the last of each day, up to the age."""
    hours = [0, 1, 2, 3, 13, 14, 37, 40, 24 * 6, 24 * 8]
    made = [generation(100 - n, age) for n, age in enumerate(hours)]

    gone = surplus(made, Keep(newest=3, days=7), NOW)

    # 12:00 now: 13 and 14 hours ago was yesterday, 37 and 40 the day before.
    assert [hours[100 - g.sequence] for g in gone] == [3, 14, 40, 24 * 8]


@given(st.lists(st.floats(0, 24 * 60), max_size=60), st.integers(1, 10), st.integers(0, 40))
def test_what_stays_in_any_case(ages: list[float], newest: int, days: int) -> None:
    """The newest stay; at most one a day beyond; letting go twice lets nothing more go."""
    made = [generation(1000 - n, age) for n, age in enumerate(sorted(ages))]
    keep = Keep(newest, days)

    gone = surplus(made, keep, NOW)

    left = [g for g in made if g not in gone]
    assert left[:newest] == made[:newest]
    assert len(left) <= newest + days + 1
    assert surplus(left, keep, NOW) == []
