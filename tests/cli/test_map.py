"""tremble map: what maps there are, and the outline of one."""

import json
from pathlib import Path

import pytest

from tremble.cli import main


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    """Run a command; return its exit code and what it printed."""
    code = 0
    try:
        main(["map", *arguments])
    except SystemExit as ended:
        code = int(ended.code or 0)
    told = capsys.readouterr()
    return code, told.out, told.err


def test_list_names_what_is_wrong(capsys, tmp_path: Path) -> None:
    """A map of the directory stands beside the shipped ones; one that cannot be played is exit code 1."""
    fine, listed, _ = run(capsys, "list", "--json", "--dir", str(tmp_path))
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "cave.map").write_text("{\n")
    code, wrong, _ = run(capsys, "list", "--json", "--dir", str(tmp_path))

    assert (fine, code) == (0, 1)
    assert [line["name"] for line in json.loads(listed)] == ["arena_01"]
    assert json.loads(listed)[0]["spawns"] == 12
    assert "cave.map:2" in json.loads(wrong)[1]["fault"]


def test_outline_to_a_file(capsys, tmp_path: Path) -> None:
    """It is the same as what is printed."""
    path = tmp_path / "arena.json"
    _, printed, _ = run(capsys, "outline", "arena_01", "--dir", str(tmp_path))
    code, _, _ = run(capsys, "outline", "arena_01", "--output", str(path), "--dir", str(tmp_path))

    assert code == 0
    assert json.loads(path.read_text()) == json.loads(printed)
    assert json.loads(printed)["name"] == "arena_01"


@pytest.mark.parametrize(("words", "said"), [(["none"], "arena_01"), (["../arena_01"], "no map")])
def test_no_such_map(capsys, tmp_path: Path, words: list[str], said: str) -> None:
    """The error names those there are."""
    code, _, told = run(capsys, "outline", *words, "--dir", str(tmp_path))

    assert code == 2
    assert said in told
