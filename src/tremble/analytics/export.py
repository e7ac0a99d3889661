"""The match log as Parquet files by day (UTC): only days that changed are written, each as a whole.

What came late, was rated again, voided, restored or erased changes the state of its day (store/days.py);
so files made at any time, in any number of steps, hold the same as files made at once.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from tremble.analytics import datasets, engine, manifest
from tremble.analytics.engine import quoted
from tremble.errors import StoreError
from tremble.store import days, instant
from tremble.store.engine import Store

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: Matches read from the store at a time; the telemetry of each has up to 64 KiB.
AT_ONCE = 500
#: Bytes of one match as JSON, at most: 64 lines and the telemetry.
MAX_MATCH = 8_000_000
SCRATCH = "scratch"
EPOCH = date(1970, 1, 1)


class Exported(Struct, frozen=True):
    """What an export did: days written anew and removed, and the rows of those written, by dataset."""

    written: list[str]
    removed: list[str]
    rows: dict[str, int]


def export(
    store: Store,
    directory: Path,
    now: datetime,
    step: Callable[[int, int], None] = lambda done, total: None,
) -> Exported:
    """Bring the files in *directory* to what *store* holds; they are made if absent.

    Calls *step* with the matches written and those to write. Raises StoreError, ConfigError if nothing
    can be written, MissingExtra.
    """
    with manifest.held(directory):
        try:
            return Export(store, directory).run(now, step)
        except OSError as error:
            raise StoreError(f"{error.filename or directory}: {error.strerror}") from None


class Export:
    """One run; the directory is held."""

    def __init__(self, store: Store, directory: Path) -> None:
        self.store = store
        self.directory = directory
        self.scratch = directory / SCRATCH
        self.duck = engine.connect(self.scratch)

    def run(self, now: datetime, step: Callable[[int, int], None]) -> Exported:
        found = manifest.read(self.directory)
        states = {
            (EPOCH + timedelta(days=number)).isoformat(): state
            for number, state in self.store.read(days.states).items()
        }
        removed = sorted(found.days.keys() - states.keys())
        due = sorted(
            day
            for day, state in states.items()
            if day not in found.days or found.days[day].state != state
        )
        if not removed and not due:
            return Exported([], [], {})
        rows = dict.fromkeys(datasets.COLUMNS, 0)
        done, total = 0, sum(states[day][0] for day in due)
        self.scratch.mkdir(exist_ok=True)
        try:
            for day in removed:
                del found.days[day]
                manifest.remove(self.directory, day)
            for day in due:
                made = self.write(day)
                found.days[day] = manifest.Day(states[day], made)
                rows = {name: rows[name] + made[name] for name in rows}
                done += states[day][0]
                step(done, total)
        finally:
            manifest.write(self.directory, found, now)
            self.duck.close()
        return Exported(due, removed, rows)

    def write(self, day: str) -> dict[str, int]:
        """Write the files of *day* (UTC); return how many rows each has."""
        lines = self.scratch / "day.ndjson"
        try:
            self.gather(day, lines)
            load(self.duck, lines)
            return {dataset: self.write_part(dataset, day) for dataset in datasets.COLUMNS}
        finally:
            lines.unlink(missing_ok=True)

    def gather(self, day: str, target: Path) -> None:
        """Write the matches of *day* to *target*, as lines of JSON."""
        since = instant.to_store(datetime.fromisoformat(day).replace(tzinfo=UTC))
        at, after = since, days.FIRST
        with target.open("wb") as file:
            while True:
                found = self.store.read(days.matches, since + instant.DAY, at, after, AT_ONCE)
                file.writelines(days.encode(match) + b"\n" for match in found)
                if len(found) < AT_ONCE:
                    return
                at, after = found[-1].ended_at, found[-1].seq

    def write_part(self, dataset: str, day: str) -> int:
        """Write one file of *day* in the place of the one there; return how many rows it has."""
        path = manifest.part(self.directory, dataset, day)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.scratch / f"{dataset}.parquet"
        query = datasets.rows(dataset)
        target = quoted(fresh)
        found = self.duck.execute(f"COPY ({query}) TO {target} (FORMAT parquet, COMPRESSION zstd)")
        [(count,)] = found.fetchall()
        fresh.replace(path)
        return int(count)


def load(duck: "DuckDBPyConnection", lines: Path) -> None:
    """Make the table `day` of a file of lines of JSON."""
    columns = ", ".join(f"{name}: {quoted(kind)}" for name, kind in datasets.JSON.items())
    duck.execute(
        f"CREATE OR REPLACE TEMP TABLE day AS SELECT * FROM read_json({quoted(lines)}, "  # noqa: S608
        f"format = 'newline_delimited', maximum_object_size = {MAX_MATCH}, columns = {{{columns}}})"
    )
