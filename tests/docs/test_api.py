"""docs/api.md is true: its program runs against a web process."""

import re
from pathlib import Path

import pytest
from clients import trust
from processes_web import serving

PAGE = Path(__file__).parents[2] / "docs" / "api.md"


def test_program_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The Python of the page prints what it says."""
    [block] = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    trust(tmp_path)
    with serving(tmp_path) as process:
        process.post(1)
        program = block.replace("http://127.0.0.1:8433", process.url)
        exec(compile(program, "docs/api.md", "exec"), {"__name__": "docs"})

    printed = capsys.readouterr().out
    assert "anna" in printed
    assert "1 player 1" in printed
    assert "404 unknown_board" in printed
    assert "match duel" in printed
