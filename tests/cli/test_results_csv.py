"""A CSV of results is read whole, or refused with the line and column that is wrong."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremble.cli import results_csv
from tremble.cli.results_csv import Columns
from tremble.errors import ConfigError
from tremble.rating.forecast import Contest

COLUMNS = Columns("date", "home", "away", "hs", "as")
HEADER = b"date,home,away,hs,as\n"


def read(path: Path, data: bytes) -> list[Contest]:
    path.write_bytes(data)
    return results_csv.read(path, COLUMNS)


def test_read(tmp_path: Path) -> None:
    """Contests come in order of date; other columns, quotes, BOM and empty lines are no trouble."""
    found = read(
        tmp_path / "r.csv",
        "\ufeffnote,as,hs,away,home,date\r\n"
        '"a, ""b""",0,2,Ω,anna,2026-01-02\r\n'
        "\r\n"
        ",1.5,1.5,cid,anna,2026-01-01T20:00\r\n"
        ",3,-1,cid,Ω,2026-01-01T23:30-02:00\r\n".encode(),
    )

    assert found == [
        Contest(date(2026, 1, 1), "anna", "cid", 0.5),
        Contest(date(2026, 1, 2), "anna", "Ω", 1.0),
        Contest(date(2026, 1, 2), "Ω", "cid", 0.0),
    ]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "r.csv: is empty"),
        (b"date,home,away,hs\n", "r.csv:1: no column 'as'"),
        (b"date,home,away,hs,as,hs\n", "r.csv:1: more than one column 'hs'"),
        (
            HEADER + b"2026-01-01,a,b,1,0\n2026-13-01,a,b,1,0\n",
            "r.csv:3: column date: '2026-13-01'",
        ),
        (HEADER + b"2026-01-01,a,b,NA,0\n", "r.csv:2: column hs: 'NA' is not a number"),
        (HEADER + b"2026-01-01,a,b,1,nan\n", "r.csv:2: column as: 'nan' is not a number"),
        (HEADER + b"2026-01-01,a,b,1\n", "r.csv:2: column as: missing"),
        (HEADER + b"2026-01-01,, b,1,0\n", "r.csv:2: column home: empty"),
        (HEADER + b"2026-01-01,a, a,1,0\n", "r.csv:2: column away: 'a' cannot play"),
        (HEADER + b'2026-01-01,"a,b,1,0\n', "r.csv:2: not CSV"),
        (HEADER + b"2026-01-01,\xff,b,1,0\n", "r.csv:2: byte 12 is not UTF-8"),
        (HEADER + b"0001-01-01T00:00+09:00,a,b,1,0\n", "r.csv:2: column date"),
    ],
)
def test_refused(tmp_path: Path, data: bytes, says: str) -> None:
    """The error names the file, the line and the column, and what is wrong there."""
    with pytest.raises(ConfigError) as refused:
        read(tmp_path / "r.csv", data)

    assert says in str(refused.value)


def test_no_file(tmp_path: Path) -> None:
    """A file that cannot be read is named."""
    with pytest.raises(ConfigError, match=r"none\.csv: No such file"):
        results_csv.read(tmp_path / "none.csv", COLUMNS)


@given(st.binary(max_size=60) | st.text("0123456789-,.\"'\n\rab T:NA\0", max_size=60))
def test_any_bytes(data: bytes | str) -> None:
    """Whatever stands in a file: contests, or a ConfigError."""
    body = HEADER + (data if isinstance(data, bytes) else data.encode())

    try:
        found = list(results_csv.contests("r.csv", body.splitlines(keepends=True), COLUMNS))
    except ConfigError as error:
        assert "r.csv" in str(error)
    else:
        assert all(one.score in (0.0, 0.5, 1.0) for _, one in found)
