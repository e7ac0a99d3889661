"""server_config.py: the game's names, with the checks of the settings."""

import json
from pathlib import Path

import pytest

import tremble
from tremble import config
from tremble.errors import ConfigError
from tremble.server_config import FIELDS


def test_saved_file_is_read_back_and_by_the_server(tmp_path: Path) -> None:
    """What save_to_file writes load_from_file reads, and so do the settings of a server."""
    path = tmp_path / "server_config.json"
    made = tremble.ServerConfig(server_name="Mine", port=5000, password="s3cret", max_ping=90)

    made.save_to_file(path)
    read = tremble.ServerConfig()
    loaded = read.load_from_file(path)
    settings = config.load(tmp_path, {}).settings.server

    assert loaded
    assert read.to_dict() == made.to_dict()
    assert list(json.loads(path.read_text())) == list(FIELDS)
    assert {name: getattr(settings, name) for name in FIELDS} == made.to_dict()
    assert path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [path]


def test_numbers_of_the_game_are_taken(tmp_path: Path) -> None:
    """Godot writes whole numbers as floats; fields that are missing stay as they were."""
    path = tmp_path / "server_config.json"
    path.write_text('{"port": 4500.0, "max_uptime_hours": 12}')
    read = tremble.ServerConfig(max_players=3)

    assert read.load_from_file(path)
    assert (read.port, read.max_uptime_hours, read.max_players) == (4500, 12.0, 3)
    assert not read.load_from_file(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("text", "expected"),
    [('{"prt": 1, "port": 5}', "server.port"), ('{"port": "x"}', "'x'"), ("[1]", "one JSON object"),
     ("{", "server_config.json")],
)  # fmt: skip
def test_bad_file_changes_nothing(tmp_path: Path, text: str, expected: str) -> None:
    """Every fault is named, and the values stay."""
    path = tmp_path / "server_config.json"
    path.write_text(text)
    read = tremble.ServerConfig()

    with pytest.raises(ConfigError, match=expected):
        read.load_from_file(path)

    assert read.to_dict() == tremble.ServerConfig().to_dict()


def test_bad_values_are_refused() -> None:
    """Also when they are set one by one."""
    with pytest.raises(ConfigError, match="<= 65535"):
        tremble.ServerConfig(port=70000)
    with pytest.raises(ConfigError, match="has no prt"):
        tremble.ServerConfig(prt=1)
