"""Every function and signal of the game's first sketch has a test named after it."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TESTS = {
    "data_manager.gd": ["test_manager.py", "test_codec.py"],
    "player_stats_manager.gd": ["test_stats.py"],
    "leaderboard_manager.gd": ["test_leaderboard.py"],
}


@pytest.mark.parametrize("sketch", TESTS)
def test_every_name_of_the_sketch(sketch: str) -> None:
    """For each `func` and `signal` of the GDScript there is a test of that name."""
    source = (HERE / "godot" / sketch).read_text("utf-8")
    tests = "".join((HERE / name).read_text("utf-8") for name in TESTS[sketch])

    names = re.findall(r"^(?:func|signal) _?(\w+)", source, re.MULTILINE)

    assert len(names) > 8
    assert [name for name in names if f"def test_{name}(" not in tests] == []
