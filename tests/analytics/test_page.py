"""The report in the real Chromium: sound, and no wider than a phone."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from browser import DESK, PHONE, Tab, chromium
from stores import fresh, post_all, settle

from tremble.analytics import generate, page
from tremble.analytics.export import export
from tremble.analytics.lake import Lake, Table
from tremble.analytics.metrics import METRICS
from tremble.analytics.span import span
from tremble.maps import load
from tremble.sim.outline import outline

NOW = datetime(2026, 4, 1, tzinfo=UTC)
MONTHS = generate.Months(datetime(2026, 3, 10, tzinfo=UTC), 3, 6, kills=4, samples=6)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of a few days, with the outline of the one map that is there."""
    made = tmp_path_factory.mktemp("page")
    with fresh(made / "tremble.db") as store:
        post_all(store, list(generate.results(MONTHS, 4)))
        settle(store)
        export(store, made / "files", NOW)
    asked = span("2026-03-09", "2026-03-14", "Europe/Berlin", NOW)
    with Lake(made / "files", asked) as lake:
        tables = {name: lake.table(name) for name in METRICS}
    outlines = {"arena_01": outline(load("arena_01", made))}
    (made / "report.html").write_text(page.report(tables, asked, NOW, outlines), "utf-8")
    return made


def test_sound_in_the_browser(report: Path) -> None:
    """Nothing serious for axe, no complaint, nothing asked elsewhere; on desk and phone, light and dark."""
    with chromium() as browser:
        for size, scheme in ((DESK, "light"), (PHONE, "dark")):
            tab = Tab(browser, f"file://{report}", size, scheme)
            opened = tab.go("/report.html")
            assert opened.locator("svg.chart").count() >= 21 + 2 * 3
            assert opened.locator("svg.map polygon").count() > 0
            assert tab.grave() == []
            assert tab.too_wide() <= 0
            assert tab.faults == []
            tab.close()


PLAYED = {"people": 5, "newcomers": 2, "lines": 30, "lines_of_bots": 20}


@pytest.mark.parametrize(
    ("metric", "matches", "summary", "words"),
    [
        ("new_players", 0, {"people": 0}, "Nobody played in these days."),
        ("new_players", 9, {"people": 0, "lines_of_bots": 30}, "Only bots played in these days."),
        ("new_players", 9, {"people": 0}, page.ERASED),
        ("matches", 9, {"people": 0, "lines_of_bots": 30}, page.NOTHING),
        ("retention", 9, {"newcomers": 0}, page.NO_NEWCOMER),
        ("retention", 9, {}, "Nobody has been new for a day yet."),
        ("weapons", 9, {}, page.NOTHING),
    ],
)
def test_flat_charts(metric: str, matches: int, summary: dict[str, Any], words: str) -> None:
    """Where nothing is to be seen words stand in place of the chart; the numbers stay."""
    rows = [("2026-03-10", 0, None)]
    flat = Table(metric, "Title", "Meaning.", ["day", "n", "mean"], rows, matches, matches)
    shown = page.panel(flat, PLAYED | summary, {})

    assert (shown.why, shown.charts) == (words, {})
    assert shown.rows == [["2026-03-10", "0", "-"]]


def test_not_flat() -> None:
    """One number is enough for a chart, whoever played: nobody today may have been here last week."""
    rows = [("2026-03-10", 0, 1, 1)]
    table = Table("active", "Title", "Meaning.", ["day", "dau", "wau", "mau"], rows, 0, 0)

    assert "<svg" in page.panel(table, PLAYED | {"people": 0}, {}).charts[""]
    assert page.panel(table, PLAYED, {}).why == ""


def test_without_telemetry() -> None:
    """Matches without telemetry are said to be why."""
    table = Table("kill_reach", "Title", "Meaning.", ["weapon", "distance", "kills"], [], 0, 9)

    assert page.panel(table, PLAYED, {}).why == "No match of these days has telemetry."
