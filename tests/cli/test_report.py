"""`tremble report`: one command from the record to numbers, a page and files."""

import csv
import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from stores import fresh, post_all, settle

from tremble import cli
from tremble.analytics import engine, generate
from tremble.analytics.metrics import METRICS
from tremble.errors import MissingExtra
from tremble.web.serve import STORE_NAME

MONTHS = generate.Months(datetime(2026, 3, 20, tzinfo=UTC), 12, matches=6)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with twelve days of matches."""
    made = tmp_path_factory.mktemp("report")
    with fresh(made / STORE_NAME) as store:
        post_all(store, list(generate.results(MONTHS, 5)))
        settle(store)
    return made


def run(directory: Path, *options: str) -> int:
    """Run the command; return its exit code."""
    try:
        cli.main(["report", "--dir", str(directory), *options])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


class Page(HTMLParser):
    """The numbers of the marks and the cells of the tables, by metric; and what the page would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.marks: dict[str, list[str]] = {}
        self.cells: dict[str, int] = {}
        self.loads: list[str] = []
        self.metric = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "section":
            self.metric = given["id"] or ""
            self.marks[self.metric], self.cells[self.metric] = [], 0
        if "data-value" in given:
            self.marks[self.metric].append(given["data-value"] or "")
        self.cells[self.metric] = self.cells.get(self.metric, 0) + (tag == "td")
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "style")]


#: Which columns the charts show.
CHARTED = {
    "active": ["dau", "wau", "mau"],
    "new_players": ["returning", "new"],
    "concurrency": ["peak"],
    "busy_hours": ["mean_peak"],
    "sessions": ["mean_min", "median_min"],
    "retention": ["share"],
    "cohorts": ["share"],
    "waiting": ["median_s", "p90_s"],
    "matches": ["frag_limit", "time_limit", "overtime", "forfeit"],
    "maps": ["matches"],
    "match_length": ["median_s"],
    "weapons": ["accuracy"],
    "kill_reach": ["kills"],
    "kill_distance": ["median"],
    "items": ["win_share"],
    "spawns": ["win_share"],
    "ratings": ["people"],
    "calibration": ["actual"],
    "kill_map": ["kills"],
    "move_map": ["seconds"],
    "network": ["median_ping_ms"],
    "cost": ["cpu_s_per_player_hour"],
    "stability": ["matches", "crashes"],
}


def columns_of(table: dict[str, Any], names: list[str]) -> list[str]:
    """Return all values of these columns, as marks hold them."""
    at = [table["columns"].index(name) for name in names]
    return [repr(row[n]) for n in at for row in table["rows"]]


def test_charts_and_files_hold_the_numbers_of_the_queries(
    directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every mark of every chart, and every line of every CSV, is a number that SQL gave."""
    html, folder = tmp_path / "report.html", tmp_path / "csv"

    code = run(
        directory, "--since", "2026-03-22", "--until", "2026-03-30", "--tz", "Europe/Berlin",
        "--html", str(html), "--csv", str(folder), "--json",
    )  # fmt: skip

    tables = json.loads(capsys.readouterr().out)["metrics"]
    page = Page(html.read_text("utf-8"))
    assert code == 0
    assert set(tables) == set(METRICS)
    assert set(page.marks) == set(CHARTED) == set(METRICS) - {"summary"}
    for name, columns in CHARTED.items():
        drawn = [value for value in columns_of(tables[name], columns) if value != "None"]
        found = [value for value in page.marks[name] if value != "None"]
        assert sorted(found) == sorted(drawn), name
        assert drawn
    for name, table in tables.items():
        with (folder / f"{name}.csv").open() as file:
            lines = list(csv.reader(file))
        assert lines[0] == table["columns"]
        assert len(lines) == len(table["rows"]) + 1


def test_the_page_needs_nothing_else(directory: Path, tmp_path: Path) -> None:
    """No request goes out, and every chart has its table."""
    run(
        directory,
        "--since",
        "2026-03-22",
        "--until",
        "2026-03-30",
        "--html",
        str(tmp_path / "r.html"),
    )
    text = (tmp_path / "r.html").read_text("utf-8")
    page = Page(text)

    assert all(one.startswith("#") for one in page.loads)
    assert "url(" not in text
    assert not re.search(r"<(script|link|img|iframe)", text)
    assert all(page.cells[name] for name in CHARTED)


def test_files_go_where_they_are_wanted(directory: Path, tmp_path: Path) -> None:
    """--parquet holds the files; they need no second export."""
    assert (
        run(directory, "--since", "2026-03-20", "--until", "2026-04-01", "--parquet", str(tmp_path))
        == 0
    )
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}

    assert (
        run(directory, "--since", "2026-03-20", "--until", "2026-04-01", "--parquet", str(tmp_path))
        == 0
    )
    assert {path.parents[1].name for path in written} == {
        "matches", "players", "kills", "pickups", "samples"
    }  # fmt: skip
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")} == written


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--tz", "Mars/Olympus"], 2, "tz: 'Mars/Olympus' is no time zone"),
        (["--since", "soon"], 2, "since: 'soon' is no day"),
        (["--since", "2026-04-01", "--until", "2026-03-01"], 2, "is not after since"),
        (["--since", "2019-01-01", "--until", "2019-02-01"], 1, "there are some from 2026-03-20"),
        (["--since", "99999999d"], 2, "is not in the years"),
    ],
)
def test_what_cannot_be_reported_is_said_in_a_line(
    directory: Path, capsys: pytest.CaptureFixture[str], options: list[str], code: int, words: str
) -> None:
    assert run(directory, *options) == code
    assert words in capsys.readouterr().err


def test_without_the_extra_it_is_named(
    directory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    with pytest.raises(MissingExtra):
        engine.connect(directory)

    assert run(directory, "--since", "2026-03-20", "--until", "2026-04-01") == 2
    assert "pip install 'tremble[analytics]'" in capsys.readouterr().err
