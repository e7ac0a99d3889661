"""Metrics as CSV files: one each, with a line of names."""

import csv
from collections.abc import Mapping
from pathlib import Path

from tremble.analytics.lake import Table


def write(directory: Path, tables: Mapping[str, Table]) -> None:
    """Write NAME.csv to *directory*, made if absent, for each of *tables*. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        with (directory / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table.columns)
            writer.writerows(table.rows)
