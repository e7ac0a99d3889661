"""The report: one page with all metrics, that needs nothing else; and the charts of each, for other pages."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from msgspec import Struct

from tremble.analytics import svg
from tremble.analytics.lake import Table
from tremble.analytics.metrics_play import CELL
from tremble.analytics.span import Span

#: Outlines of maps (sim/outline.py) by name.
Outlines = Mapping[str, dict[str, Any]]

STATIC = Path(__file__).parents[1] / "web" / "static" / "dashboard"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
#: The sections of the report, and what each shows.
SECTIONS = {
    "People": (
        "active", "new_players", "concurrency", "busy_hours", "sessions", "retention", "cohorts",
        "waiting",
    ),
    "Matches": (
        "matches", "maps", "match_length", "weapons", "kill_reach", "kill_distance", "items", "spawns",
        "ratings", "calibration",
    ),
    "Maps from above": ("kill_map", "move_map"),
    "Servers": ("network", "cost", "stability"),
}  # fmt: skip
#: Metrics of people alone: bots do not show in them.
OF_PEOPLE = frozenset(
    {"active", "new_players", "retention", "cohorts", "sessions", "concurrency", "busy_hours",
     "waiting", "weapons", "ratings", "network"}
)  # fmt: skip
#: Columns that say of what a row tells, not how much.
LABELS = frozenset(
    {"day", "days_later", "cohort", "week", "hour", "weekday", "map", "mode", "weapon", "distance",
     "item", "spawn", "board", "rating", "expected_from", "x", "y", "region"}
)  # fmt: skip
NOTHING = "Nothing of this in these days."
ERASED = "Nobody played in these days but bots, and people who have been erased since."
NO_NEWCOMER = "Nobody played for the first time in these days."
#: Rows of a table behind a chart; of cells of a map those with the most.
MOST, MOST_CELLS = 750, 40
#: Columns that are shares of one.
SHARES = frozenset(
    {"share", "win_share", "even_share", "accuracy", "expected", "actual", "expected_from",
     "mean_loss", "p95_loss", "crash_free"}
)  # fmt: skip


class Panel(Struct, frozen=True):
    """One metric as pages show it: charts (SVG) by map or alone, and the rows of the table behind.

    Where a chart would be flat there is none, and *why* says in words what it comes from.
    """

    table: Table
    why: str
    charts: dict[str, Markup]
    rows: list[list[str]]
    more: int


def column(table: Table, name: str) -> list[Any]:
    """Return the values of one column."""
    at = table.columns.index(name)
    return [row[at] for row in table.rows]


def drawn_lines(*names: str) -> Callable[[Table], str]:
    """Return what draws these columns as lines over the first."""
    return lambda table: svg.line_chart(
        [str(row[0]) for row in table.rows], {n: column(table, n) for n in names}, table.title
    )


def drawn_bars(*names: str) -> Callable[[Table], str]:
    """Return what draws these columns as bars over the first."""
    return lambda table: svg.bar_chart(
        [str(row[0]) for row in table.rows], {n: column(table, n) for n in names}, table.title
    )


def drawn_ranks(value: str, *label: str) -> Callable[[Table], str]:
    """Return what draws *value* as bars from the left, named by the columns *label*."""

    def draw(table: Table) -> str:
        parts = [column(table, name) for name in label]
        rows = zip(*parts, strict=True)
        labels = [", ".join(map(named, label, row)) for row in rows]
        even = column(table, "even_share") if "even_share" in table.columns else None
        return svg.rank_chart(labels, column(table, value), table.title, value in SHARES, even)

    return draw


def named(name: str, value: Any) -> str:
    """Return what a bar is called by a value of the column *name*."""
    numbered = {"days_later": "day", "spawn": "spawn"}
    if name in numbered:
        return f"{numbered[name]} {value}"
    if name in ("weapon", "item"):
        return svg.words_of(value)
    return str(value) if value or name != "region" else "no region"


def drawn_week(table: Table) -> str:
    """Draw days of the week by hours."""
    values = {(day - 1, hour): peak for day, hour, peak, _ in table.rows}
    return svg.heat_table(WEEKDAYS, [str(hour) for hour in range(24)], values, table.title)


def drawn_cohorts(table: Table) -> str:
    """Draw cohorts by weeks."""
    cohorts = sorted({row[0] for row in table.rows})
    weeks = range(1 + max(row[2] for row in table.rows))
    values = {(cohorts.index(row[0]), row[2]): row[4] for row in table.rows}
    return svg.heat_table(cohorts, [f"week {n}" for n in weeks], values, table.title, percent=True)


def drawn_groups(group: str, label: str, value: str) -> Callable[[Table], str]:
    """Return what draws *value* over *label* as bars, with a colour for each *group*."""

    def draw(table: Table) -> str:
        labels = sorted(set(column(table, label)))
        series: dict[str, list[svg.Number]] = {}
        groups, at, values = (column(table, name) for name in (group, label, value))
        for name in dict.fromkeys(groups):
            series[name] = [None] * len(labels)
        for name, where, number in zip(groups, at, values, strict=True):
            series[name][labels.index(where)] = number
        return svg.bar_chart([str(one) for one in labels], series, table.title)

    return draw


def drawn_calibration(table: Table) -> str:
    points = [(expected, actual, pairs) for _, pairs, expected, actual in table.rows]
    return svg.dot_chart(points, table.title)


CHARTS: dict[str, Callable[[Table], str]] = {
    "active": drawn_lines("dau", "wau", "mau"),
    "new_players": drawn_bars("returning", "new"),
    "concurrency": drawn_bars("peak"),
    "busy_hours": drawn_week,
    "sessions": drawn_lines("mean_min", "median_min"),
    "retention": drawn_ranks("share", "days_later"),
    "cohorts": drawn_cohorts,
    "waiting": drawn_lines("median_s", "p90_s"),
    "matches": drawn_bars("frag_limit", "time_limit", "overtime", "forfeit"),
    "maps": drawn_ranks("matches", "map"),
    "match_length": drawn_ranks("median_s", "mode", "map"),
    "weapons": drawn_ranks("accuracy", "weapon"),
    "kill_reach": drawn_groups("weapon", "distance", "kills"),
    "kill_distance": drawn_ranks("median", "weapon"),
    "items": drawn_ranks("win_share", "item"),
    "spawns": drawn_ranks("win_share", "map", "spawn"),
    "ratings": drawn_groups("board", "rating", "people"),
    "calibration": drawn_calibration,
    "network": drawn_ranks("median_ping_ms", "region"),
    "cost": drawn_ranks("cpu_s_per_player_hour", "region"),
    "stability": drawn_bars("matches", "crashes"),
}
MAPS = ("kill_map", "move_map")


def panel(table: Table, summary: Mapping[str, Any], outlines: Outlines) -> Panel:
    """Return *table* as it is shown; *summary* is the row of the metric of that name."""
    rows, charts = table.rows, {}
    most = MOST
    why = why_flat(table, summary) if is_flat(table) else ""
    if table.metric in MAPS:
        charts = map_charts(table, outlines)
        rows, most = sorted(rows, key=lambda row: -row[3]), MOST_CELLS
    elif not why:
        charts = {"": Markup(CHARTS[table.metric](table))}
    told = [
        [value_shown(*pair) for pair in zip(table.columns, row, strict=True)] for row in rows[:most]
    ]
    return Panel(table, why, charts, told, max(0, len(rows) - most))


def is_flat(table: Table) -> bool:
    """Say whether a chart of *table* would show nothing: no number in it is another than 0."""
    counts = [at for at, name in enumerate(table.columns) if name not in LABELS]
    return not any(row[at] for row in table.rows for at in counts)


def why_flat(table: Table, summary: Mapping[str, Any]) -> str:
    """Return why *table* is flat, for people."""
    if not table.matches_in_span:
        return "Nobody played in these days."
    if not table.matches:
        return "No match of these days has telemetry."
    if table.metric not in OF_PEOPLE:
        return NOTHING
    if not summary["people"]:
        only_bots = summary["lines"] == summary["lines_of_bots"]
        return "Only bots played in these days." if only_bots else ERASED
    if table.metric in ("retention", "cohorts"):
        return "Nobody has been new for a day yet." if summary["newcomers"] else NO_NEWCOMER
    return NOTHING


def map_charts(table: Table, outlines: Outlines) -> dict[str, Markup]:
    """Return a chart for each map of *table*."""
    found = {}
    for name in dict.fromkeys(column(table, "map")):
        cells = [(x, y, value) for level, x, y, value in table.rows if level == name]
        words = f"{table.title}: {name}"
        found[name] = Markup(svg.map_chart(cells, CELL, outlines.get(name), words))
    return found


def value_shown(name: str, value: Any) -> str:
    """Return a value of the column *name* for people."""
    if name in SHARES and isinstance(value, int | float):
        return f"{value:.1%}"
    if name == "rating" or isinstance(value, str):
        return str(value)
    return svg.shown(value)


def is_number(table: Table, name: str) -> bool:
    """Say whether a column holds numbers, to set it to the right."""
    return any(isinstance(value, int | float) for value in column(table, name))


@cache
def templates() -> Environment:
    """Return the templates of this package; every value is escaped."""
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["words"] = svg.words_of
    found.filters["shown"] = svg.shown
    found.tests["numbers"] = lambda name, table: is_number(table, name)
    return found


def report(tables: Mapping[str, Table], span: Span, made_at: datetime, outlines: Outlines) -> str:
    """Return the page (HTML) of *tables*, which are all metrics; maps lie on their *outlines*, if known."""
    return (
        templates()
        .get_template("report.html")
        .render(
            css=Markup((STATIC / "charts.css").read_text("utf-8")),
            span=span,
            since=local(span.since, span),
            until=local(span.until, span),
            made_at=local(made_at, span),
            **shown_in(tables, outlines),
        )
    )


def sections(tables: Mapping[str, Table], outlines: Outlines) -> Markup:
    """Return what stands on the page of a report, for a page of another; it needs charts.css."""
    return Markup(templates().get_template("sections.html").render(**shown_in(tables, outlines)))


def shown_in(tables: Mapping[str, Table], outlines: Outlines) -> dict[str, Any]:
    """Return what the templates take of *tables*."""
    summary = dict(zip(tables["summary"].columns, tables["summary"].rows[0], strict=True))
    return {
        "summary": summary,
        "sections": {
            title: [panel(tables[name], summary, outlines) for name in names]
            for title, names in SECTIONS.items()
        },
    }


def local(moment: datetime, span: Span) -> str:
    """Return *moment* in the zone of *span*."""
    return f"{moment.astimezone(ZoneInfo(span.tz)):%Y-%m-%d %H:%M}"
