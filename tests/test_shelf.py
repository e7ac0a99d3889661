"""shelf.py: replays are there whole or not at all, and never fill the disk."""

import os
from pathlib import Path

import pytest

from tremble.shelf import Room, Shelf

DAY = 86400.0
NOW = 1_000_000_000.0


def name(number: int) -> str:
    return f"{number:032x}"


def shelf(directory: Path, **room) -> Shelf:
    """Return a shelf with five replays of 100 bytes, a day old, two days old, and so on."""
    found = Shelf(directory / "replays", Room(**room))
    for number in range(1, 6):
        found.put(name(number), bytes(100))
        found.film(name(number)).write_bytes(b"film")
        os.utime(found.path(name(number)), (NOW, NOW - number * DAY))
    return found


@pytest.mark.parametrize(
    ("room", "left"),
    [
        ({"keep_days": 2.5, "max_bytes": 0, "max_count": 0}, 2),
        ({"keep_days": 0, "max_bytes": 399, "max_count": 0}, 3),
        ({"keep_days": 0, "max_bytes": 0, "max_count": 4}, 4),
        ({"keep_days": 0, "max_bytes": 0, "max_count": 0}, 5),
    ],
)
def test_the_oldest_go_first(tmp_path: Path, room, left: int) -> None:
    """By age, by bytes and by count; what was made of them goes along. 0 is no limit."""
    found = shelf(tmp_path, **room)

    assert found.prune(NOW) == 5 - left
    assert [path.name for path in found.replays()] == [f"{name(i + 1)}.trpl" for i in range(left)]
    assert len(list(found.directory.glob("*.film.gz"))) == left


def test_what_a_crash_left_is_kept(tmp_path: Path) -> None:
    """A replay that was being written becomes a cut one; other files are left alone."""
    found = shelf(tmp_path)
    found.part(name(9)).write_bytes(b"TRP1")
    (found.directory / "notes.trpl").write_bytes(b"not ours")

    assert found.keep_cut() == 1
    assert (found.directory / f"{name(9)}.cut.trpl").read_bytes() == b"TRP1"
    assert len(found.replays()) == 6


def test_an_empty_shelf_is_no_error(tmp_path: Path) -> None:
    """Before the first match there is no directory."""
    found = Shelf(tmp_path / "none", Room())

    assert (found.keep_cut(), found.replays(), found.prune(NOW)) == (0, [], 0)


def test_what_another_deletes_is_left_out(tmp_path: Path, monkeypatch) -> None:
    """The web process and the game worker look through the same shelf."""
    found = shelf(tmp_path)
    gone = found.path(name(3))
    stat = Path.stat

    def looked_at(path: Path, **how) -> os.stat_result:
        if path == gone:
            gone.unlink(missing_ok=True)
        return stat(path, **how)

    monkeypatch.setattr(Path, "stat", looked_at)

    assert len(found.replays()) == 4
    assert found.prune(NOW) == 0
