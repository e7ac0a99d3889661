"""`tremble ratings`: every command, its exit codes and JSON."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from results import line, match_id, player_id, result
from stores import ratings_of

from tremble import cli, ledger
from tremble.store.engine import Store

LEAGUE = Path(__file__).with_name("league.csv")
COLUMNS = [
    "--date",
    "played_on",
    "--home",
    "host",
    "--away",
    "guest",
    "--score",
    "host_points,guest_points",
]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `tremble ratings ...`; return exit code, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = 0
        try:
            cli.main(["ratings", *arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data directory with ten duels: player 1 beats 2, 3 and 4 in turn."""
    with Store(tmp_path / "tremble.db") as store:
        for number in range(10):
            other = line(2 + number % 3, 2)
            ledger.post(store, result(number, line(1, 1), other, after_s=3600 * number))
    return tmp_path


def rows(folder: Path) -> Any:
    with Store(folder / "tremble.db") as store:
        return ratings_of(store)


def asked(run: Run, folder: Path, *arguments: str) -> Any:
    """Run a command that must succeed and return its JSON."""
    code, out, _ = run(*arguments, "--dir", str(folder), "--json")
    assert code == 0
    return json.loads(out)


def test_rebuild(run: Run, folder: Path) -> None:
    """A rebuild of good ratings mends nothing, and says what it looked at."""
    before = rows(folder)

    found = asked(run, folder, "rebuild")

    assert found == [{"board": "duel", "matches": 10, "players": 4, "rows": 20, "wrong": 0}]
    assert rows(folder) == before


def test_check(run: Run, folder: Path) -> None:
    """--check finds a wrong rating, exits with 1 and leaves it; without, it is mended."""
    good = rows(folder)
    with Store(folder / "tremble.db") as store:
        spoilt = store.write(spoil).result()

    code, out, _ = run("rebuild", "--check", "--dir", str(folder))

    assert (code, spoilt) == (1, None)
    assert "duel" in out
    assert rows(folder) != good
    assert asked(run, folder, "rebuild", "--board", "duel")[0]["wrong"] == 1
    assert rows(folder) == good


def spoil(tx: Any) -> None:
    from tremble.store.sql import Statement
    from tremble.store.tables import board_entry

    tx.run(Statement(board_entry.update().values(wins=5).where(board_entry.c.wins > 5)))


def test_void_does_what_preview_said(run: Run, folder: Path) -> None:
    """preview changes nothing and foretells void to the bit; restore brings all back."""
    before = rows(folder)
    foretold = asked(run, folder, "preview", player_id(2))
    assert rows(folder) == before

    done = asked(run, folder, "void", player_id(2))
    undone = asked(run, folder, "restore", player_id(2))

    assert foretold == done
    assert done["matches"] == [match_id(n) for n in (0, 3, 6, 9)]
    moved = {move["player_id"]: move for move in done["moves"]}
    assert moved[player_id(2)]["after"] is None
    assert moved[player_id(1)]["change"] < 0
    assert {m["player_id"]: m["before"] for m in undone["moves"]} == {
        m["player_id"]: m["after"] for m in done["moves"]
    }
    assert rows(folder) == before


def test_void_match(run: Run, folder: Path) -> None:
    """One match can be voided by its id; doing so again moves nobody; the table names them."""
    code, out, _ = run("void", match_id(3), "--dir", str(folder))

    assert code == 0
    assert "1 matches void" in out
    assert "player 2" in out
    assert asked(run, folder, "void", match_id(3))["moves"] == []
    assert asked(run, folder, "rebuild")[0] == {
        "board": "duel",
        "matches": 9,
        "players": 4,
        "rows": 18,
        "wrong": 0,
    }


def test_since(run: Run, folder: Path) -> None:
    """With --since only the later matches of a player are voided."""
    found = asked(run, folder, "void", player_id(2), "--since", "2026-01-01T16:00")

    assert found["matches"] == [match_id(6), match_id(9)]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["void", "anna"], 2, "neither a match id"),
        (["preview", match_id(77)], 1, "never recorded"),
        (["void", match_id(1), "--since", "2026-01-01"], 2, "--since"),
        (["restore", player_id(1), "--since", "yesterday"], 2, "yesterday"),
        (["rebuild", "--board", "chess"], 1, "chess"),
    ],
)
def test_refused(run: Run, folder: Path, arguments: list[str], code: int, says: str) -> None:
    """What cannot be done is refused, saying why, and changes nothing."""
    before = rows(folder)

    ended, _, err = run(*arguments, "--dir", str(folder))

    assert ended == code
    assert says in err
    assert rows(folder) == before


def test_no_record(run: Run, tmp_path: Path) -> None:
    """In a directory without a record nothing is made."""
    code, _, err = run("rebuild", "--dir", str(tmp_path))

    assert code == 2
    assert "no record there" in err
    assert list(tmp_path.iterdir()) == []


def test_import(run: Run) -> None:
    """The results of a league are foretold better than by a coin, Glicko-2 no worse than Elo."""
    code, out, _ = run("import", str(LEAGUE), *COLUMNS, "--holdout-since", "2021-01-02", "--json")

    found = json.loads(out)
    assert code == 0
    assert {"matches", "holdout", "log_loss", "elo_log_loss", "accuracy"} <= found.keys()
    assert (found["matches"], found["holdout"]) == (600, 288)
    assert found["log_loss"] <= found["elo_log_loss"] < 0.6
    assert 0.65 < found["accuracy"] < 1.0


def test_import_table(run: Run) -> None:
    """Without --json a table says the same, the last fifth held out."""
    code, out, _ = run("import", str(LEAGUE), *COLUMNS)

    assert code == 0
    assert "120 of 600" in out
    assert "Glicko-2" in out and "Elo" in out


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--score", "host_points", "two columns"),
        ("--holdout-since", "soon", "not a date"),
        ("--holdout-since", "1999-01-01", "2020-01-04 to "),
        ("--holdout-since", "2099-01-01", "2020-01-04 to "),
        ("--home", "team", "no column 'team'"),
    ],
)
def test_import_refused(run: Run, option: str, value: str, says: str) -> None:
    """Options that cannot be meant are refused with exit code 2, saying why."""
    columns = dict(zip(COLUMNS[::2], COLUMNS[1::2], strict=True)) | {option: value}

    code, _, err = run("import", str(LEAGUE), *[word for pair in columns.items() for word in pair])

    assert code == 2
    assert says in err.replace("\n", " ")
