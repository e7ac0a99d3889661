"""Maps are found by name, in the data directory first, and nowhere else."""

import pytest
from halls import SHELL, SOUTH
from rooms import ARENA, entity

from tremble import maps
from tremble.errors import ConfigError, MapError

HALL = entity("worldspawn", *SHELL) + SOUTH


def test_shipped_maps_are_found(tmp_path):
    """arena_01 comes with Tremble."""
    level = maps.load("arena_01", tmp_path)

    assert level.name == "arena_01"
    assert maps.find("arena_01", tmp_path).samefile(ARENA)


def test_the_directory_comes_first(tmp_path):
    """A map of the data directory hides the shipped one of the same name."""
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "arena_01.map").write_text(HALL)

    assert maps.load("arena_01", tmp_path).digest != maps.load("arena_01", tmp_path / "x").digest


def test_a_missing_map_names_those_there_are(tmp_path):
    """The error lists the maps and where to put another."""
    with pytest.raises(ConfigError) as caught:
        maps.load("nowhere", tmp_path)

    assert "no map 'nowhere'" in str(caught.value)
    assert "arena_01" in str(caught.value)
    assert str(tmp_path / "maps") in str(caught.value)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/b", "", ".", "x\0y"])
def test_names_do_not_leave_the_folder(tmp_path, name):
    """A name, which a server may send, is never a path to elsewhere."""
    (tmp_path / "secret.map").write_text(HALL)

    with pytest.raises(ConfigError, match="there is no map"):
        maps.load(name, tmp_path)


def test_a_broken_map_is_told_with_its_file(tmp_path):
    """The error of a broken map names the file itself."""
    (tmp_path / "maps").mkdir()
    path = tmp_path / "maps" / "broken.map"
    path.write_text('{ "classname" ')
    with pytest.raises(MapError) as caught:
        maps.load("broken", tmp_path)
    assert str(path) in str(caught.value)

    path.write_bytes(b"\xff\xfe")
    with pytest.raises(MapError, match="not UTF-8 text at byte 0"):
        maps.load("broken", tmp_path)


def test_an_endless_file_is_not_read(tmp_path):
    """A file longer than any map is refused before it is read."""
    (tmp_path / "maps").mkdir()
    with (tmp_path / "maps" / "long.map").open("wb") as file:
        file.truncate(maps.MAX_BYTES + 1)

    with pytest.raises(MapError, match="longer than"):
        maps.load("long", tmp_path)
