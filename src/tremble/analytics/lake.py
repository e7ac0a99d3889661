"""Lake: the files of a directory as they are asked for one span.

The metrics (metrics.py) are written in these words:

  m            matches that ended in the span, with `day` and `hour` (the local hour of the end)
  p            their players, one row each, with `day`
  kills pickups samples   their telemetry
  people       every day on which a player who is no bot and not erased played: up to the end, from
               a month before the span on
  newcomers    everybody who ever played: their first day, and whether it is `inside` the span
  days         all days of the span

`day` is the day in the zone of the span. `getvariable('since')`, 'until' and 'tz' give the span.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from msgspec import Struct

from tremble.analytics import datasets, engine, manifest
from tremble.analytics.engine import quoted
from tremble.analytics.metrics import METRICS
from tremble.analytics.span import Span

#: Days of players that are looked at before the span: what WAU and MAU reach back, and a zone's offset.
BEFORE = timedelta(days=31)
EPOCH = datetime.fromtimestamp(0, UTC)
LOCAL = "timezone(getvariable('tz'), {})"

MATCHES = f"""
CREATE TEMP TABLE m AS
SELECT *, {LOCAL.format("ended_at")}::DATE AS day,
    date_trunc('hour', {LOCAL.format("ended_at")}) AS hour
FROM all_matches
WHERE ended_at >= getvariable('since') AND ended_at < getvariable('until')
"""  # noqa: S608  constants alone
PLAYERS = """
CREATE TEMP VIEW p AS SELECT all_players.*, m.day FROM all_players JOIN m USING (match_id)
"""
PEOPLE = f"""
CREATE TEMP TABLE people AS
SELECT player_id, {LOCAL.format("ended_at")}::DATE AS day FROM all_players
WHERE player_id IS NOT NULL AND NOT bot AND ended_at < getvariable('until')
    AND ended_at >= getvariable('since') - INTERVAL 31 DAY
GROUP BY ALL
"""  # noqa: S608  constants alone
NEWCOMERS = f"""
CREATE TEMP TABLE newcomers AS
SELECT player_id, {LOCAL.format("min(ended_at)")}::DATE AS day,
    min(ended_at) >= getvariable('since') AS inside
FROM ever
WHERE player_id IS NOT NULL AND NOT bot AND ended_at < getvariable('until')
GROUP BY player_id
"""  # noqa: S608  constants alone
DAYS = f"""
CREATE TEMP TABLE days AS
SELECT unnest(generate_series({LOCAL.format("getvariable('since')")}::DATE,
    {LOCAL.format("getvariable('until') - INTERVAL 1 MICROSECOND")}::DATE,
    INTERVAL 1 DAY))::DATE AS day
"""
EVENTS = "CREATE TEMP VIEW {0} AS SELECT * FROM all_{0} SEMI JOIN m USING (match_id)"


class Table(Struct, frozen=True):
    """What a metric comes to: its rows, and over how many matches of those in the span they stand."""

    metric: str
    title: str
    meaning: str
    columns: list[str]
    rows: list[tuple[Any, ...]]
    matches: int
    matches_in_span: int


class Lake:
    """The files in a directory, for one span. Use `with Lake(...) as lake:`."""

    def __init__(self, directory: Path, span: Span, threads: int = 1) -> None:
        """Raises MissingExtra."""
        self.directory = directory
        self.span = span
        self.duck = engine.connect(directory / "scratch", threads)
        self.duck.execute("SET TimeZone = 'UTC'")
        self.set("since", f"TIMESTAMPTZ {quoted(span.since.isoformat())}")
        self.set("until", f"TIMESTAMPTZ {quoted(span.until.isoformat())}")
        self.set("tz", quoted(span.tz))
        first, last = span.since.date(), (span.until - timedelta(microseconds=1)).date()
        for dataset in datasets.COLUMNS:
            before = BEFORE if dataset == "players" else timedelta(0)
            self.view(f"all_{dataset}", dataset, first - before, last)
        self.view("ever", "players", date.min, last)
        for statement in (MATCHES, PLAYERS, PEOPLE, NEWCOMERS, DAYS):
            self.duck.execute(statement)
        for dataset in ("kills", "pickups", "samples"):
            self.duck.execute(EVENTS.format(dataset))
        [(self.matches, self.told)] = self.duck.execute(
            "SELECT count(*), count(*) FILTER (telemetry) FROM m"
        ).fetchall()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        self.duck.close()

    def set(self, name: str, value: str) -> None:
        self.duck.execute(f"SET VARIABLE {name} = {value}")

    def view(self, name: str, dataset: str, first: date, last: date) -> None:
        """Make *name* the rows of *dataset* in the files of the days (UTC) from *first* to *last*."""
        files = manifest.parts(self.directory, dataset, first, last)
        listed = ", ".join(quoted(path) for path in files)
        source = f"SELECT * FROM read_parquet([{listed}], hive_partitioning = false)"  # noqa: S608
        query = source if files else datasets.nothing(dataset)
        self.duck.execute(f"CREATE TEMP VIEW {name} AS {query}")

    def beyond(self) -> datetime | None:
        """Return when the first match after the span ended, if one stands in the files of its last day."""
        [(found,)] = self.duck.execute(
            "SELECT epoch_us(min(ended_at)) FROM all_matches WHERE ended_at >= getvariable('until')"
        ).fetchall()
        return None if found is None else EPOCH + timedelta(microseconds=found)

    def table(self, name: str) -> Table:
        """Return what the metric *name* comes to."""
        metric = METRICS[name]
        found = self.duck.execute(metric.sql)
        columns = [column[0] for column in found.description or []]
        rows = [tuple(plain(value) for value in row) for row in found.fetchall()]
        matches = self.told if metric.telemetry else self.matches
        return Table(name, metric.title, metric.meaning, columns, rows, matches, self.matches)


def plain(value: Any) -> Any:
    """Return *value* as JSON has it: a local hour as text, a day as a date."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).strftime("%Y-%m-%dT%H:%M")
    return value.isoformat() if isinstance(value, date) else value
