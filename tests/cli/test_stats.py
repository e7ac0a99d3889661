"""`tremble stats rebuild`: finds what is wrong, mends it, and says so by its exit code."""

import json
from pathlib import Path

import pytest
from results import line, player_id, result
from sqlalchemy import delete, update
from stores import dump, fresh, post_all

from tremble import cli
from tremble.store.engine import Store
from tremble.store.sql import Statement
from tremble.store.tables import player_achievement, player_stats
from tremble.web.serve import STORE_NAME


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A data directory whose record holds three matches."""
    with fresh(tmp_path / STORE_NAME) as store:
        post_all(store, [result(number, after_s=600 * number) for number in (1, 2)])
        post_all(store, [result(3, line(1, 1), line(3, 2), after_s=1800)])
    return tmp_path


def run(
    directory: Path, capsys: pytest.CaptureFixture[str], *options: str
) -> tuple[int, list[str]]:
    """Run the command; return the exit code and the players that were wrong."""
    code = 0
    try:
        cli.main(["stats", "rebuild", "--json", "--dir", str(directory), *options])
    except SystemExit as ended:
        code = int(ended.code or 0)
    return code, json.loads(capsys.readouterr().out)["wrong"]


def test_right(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After posts alone nothing is wrong."""
    assert run(directory, capsys, "--check") == (0, [])


def test_mended(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong totals and lost achievements are found, and only those; then mended."""
    path = directory / STORE_NAME
    with Store(path) as store:
        before = dump(store)
        one, three = player_id(1), player_id(3)
        for clause in (
            update(player_stats).where(player_stats.c.player_id == three).values(kills=99),
            delete(player_achievement).where(player_achievement.c.player_id == one),
        ):
            store.write(lambda tx, c=clause: tx.run(Statement(c))).result()

    assert run(directory, capsys, "--check") == (1, [one, three])
    assert run(directory, capsys) == (0, [one, three])
    assert run(directory, capsys, "--check") == (0, [])
    with Store(path) as store:
        assert dump(store) == before
