"""tremble report: what was played, as a page, as tables, as files for other programs."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress
from rich.table import Table as Shown

from tremble import config, maps
from tremble.analytics import manifest, page, svg
from tremble.analytics.csv import write as write_csv
from tremble.analytics.export import Exported, export
from tremble.analytics.lake import Lake, Table
from tremble.analytics.metrics import METRICS
from tremble.analytics.span import Span, span
from tremble.cli.options import Dir, Json
from tremble.cli.record import opened
from tremble.errors import ConfigError, TrembleError
from tremble.sim.outline import outline

#: Where the Parquet files are if nobody says otherwise, in the data directory.
FOLDER = "analytics"


def report(
    *,
    since: Annotated[
        str | None, Parameter(help="A day, an instant, or days back such as 30d (the default).")
    ] = None,
    until: Annotated[
        str | None, Parameter(help="A day or an instant, not included; else now.")
    ] = None,
    tz: Annotated[str, Parameter(help="Whose days and hours, such as Europe/Berlin.")] = "UTC",
    html: Annotated[Path | None, Parameter(help="Write one page with charts.")] = None,
    parquet: Annotated[
        Path | None, Parameter(help="Keep the Parquet files here; else in the data directory.")
    ] = None,
    csv: Annotated[Path | None, Parameter(help="Write each table as CSV to this folder.")] = None,
    directory: Dir = None,
    as_json: Json = False,
) -> None:
    """Report who played when, for how long, on which maps, with which weapons, at what cost.

    Brings the Parquet files up to date first: only days that changed are written.

    Example: tremble report --since 30d --tz Europe/Berlin --html report.html
    """
    now = datetime.now(UTC)
    asked = span(since, until, tz, now)
    home = config.data_directory(directory, os.environ)
    folder = parquet or home / FOLDER
    with opened(directory) as store, progress("matches written") as step:
        exported = export(store, folder, now, step)
    tables = gathered(folder, asked)
    write_files(tables, asked, now, home, html, csv)
    if as_json:
        print(msgspec.json.encode(told(tables, asked, exported)).decode())
        return
    show(tables, asked, exported, folder, [path for path in (html, csv) if path is not None])


def gathered(folder: Path, asked: Span) -> dict[str, Table]:
    """Return all metrics. Raises TrembleError if nothing was played in the span."""
    with Lake(folder, asked) as lake, progress("metrics") as step:
        if not lake.matches:
            days = sorted(manifest.read(folder).days)
            known = (
                f"there are some from {days[0]} to {days[-1]}" if days else "there are none at all"
            )
            raise TrembleError(f"no match ended from {asked.since} to {asked.until}; {known}")
        tables = {}
        for name in METRICS:
            tables[name] = lake.table(name)
            step(len(tables), len(METRICS))
    return tables


def write_files(
    tables: Mapping[str, Table],
    asked: Span,
    now: datetime,
    home: Path,
    html: Path | None,
    folder: Path | None,
) -> None:
    """Write page and CSV where they are wanted. Raises ConfigError if they cannot be."""
    try:
        if html is not None:
            html.write_text(page.report(tables, asked, now, outlines(tables, home)), "utf-8")
        if folder is not None:
            write_csv(folder, tables)
    except OSError as error:
        raise ConfigError(f"{error.filename}: {error.strerror}") from None


def outlines(tables: Mapping[str, Table], home: Path) -> dict[str, dict[str, Any]]:
    """Return the outlines of the maps in *tables*; of those that are not on this machine none."""
    found = {}
    for name in page.column(tables["maps"], "map"):
        try:
            found[name] = outline(maps.load(name, home))
        except ConfigError:
            continue
    return found


def told(tables: Mapping[str, Table], asked: Span, exported: Exported) -> dict[str, Any]:
    """Return what --json prints."""
    return {"span": asked, "exported": exported, "metrics": tables}


def show(
    tables: Mapping[str, Table], asked: Span, exported: Exported, folder: Path, written: list[Path]
) -> None:
    """Print the most important numbers, and where the others are."""
    console = Console(markup=False)
    summary = tables["summary"]
    title = f"{page.local(asked.since, asked)} to {page.local(asked.until, asked)}, {asked.tz}"
    console.print(title, highlight=False)
    shown = Shown("", "", show_header=False)
    for name, value in zip(summary.columns, summary.rows[0], strict=True):
        shown.add_row(svg.words_of(name), svg.shown(value))
    console.print(shown)
    for name in ("maps", "weapons"):
        table = tables[name]
        shown = Shown(*(svg.words_of(one) for one in table.columns), title=table.title)
        for row in table.rows:
            shown.add_row(*map(page.value_shown, table.columns, row))
        console.print(shown)
    changed = f"{len(exported.written):,} days written, {len(exported.removed):,} removed"
    console.print(f"Parquet files in {folder}: {changed}", soft_wrap=True, highlight=False)
    for path in written:
        console.print(f"written: {path}", soft_wrap=True, highlight=False)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on standard error; yield what to call with the done and the total."""
    bar = Progress(
        *Progress.get_default_columns(), MofNCompleteColumn(), console=Console(stderr=True)
    )
    with bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
