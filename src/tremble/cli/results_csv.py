"""A CSV file of head-to-head results, as a list of contests in order of date."""

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path

from msgspec import Struct

from tremble.errors import ConfigError
from tremble.rating.forecast import Contest


class Columns(Struct, frozen=True):
    """The names, in the header, of the columns that are read."""

    date: str
    home: str
    away: str
    home_score: str
    away_score: str


def read(path: Path, columns: Columns) -> list[Contest]:
    """Return the contests in the file at *path*, those of one day in the order of the file.

    Raises ConfigError that names file, line and column of the first thing that is wrong.
    """
    try:
        with path.open("rb") as file:
            found = list(contests(str(path), file, columns))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    found.sort(key=lambda entry: entry[0])
    return [contest for _, contest in found]


def contests(
    name: str, lines: Iterable[bytes], columns: Columns
) -> Iterator[tuple[datetime, Contest]]:
    """Yield the contests in the *lines* of file *name*, with their instants."""
    reader = csv.reader(decoded(name, lines), strict=True)
    try:
        header = next(reader, None)
        if header is None:
            raise ConfigError(f"{name}: is empty; the first line must name the columns")
        places = {column: place(name, header, column) for column in columns_of(columns)}
        for fields in reader:
            if fields:
                yield contest(Line(name, reader.line_num, fields, places), columns)
    except csv.Error as error:
        raise ConfigError(f"{name}:{reader.line_num}: not CSV: {error}") from None


def decoded(name: str, lines: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise ConfigError(
                f"{name}:{number}: byte {error.start + 1} is not UTF-8; save the file as UTF-8"
            ) from None


def columns_of(columns: Columns) -> list[str]:
    return [getattr(columns, field) for field in Columns.__struct_fields__]


def place(name: str, header: list[str], column: str) -> int:
    """Return where *column* stands in *header*."""
    if header.count(column) == 1:
        return header.index(column)
    there = ", ".join(header)
    wrong = "no column" if column not in header else "more than one column"
    raise ConfigError(f"{name}:1: {wrong} {column!r}; the header has: {there}")


class Line:
    """One line of the file: its fields by column."""

    def __init__(self, name: str, number: int, fields: list[str], places: dict[str, int]) -> None:
        self._where = f"{name}:{number}"
        self._fields = fields
        self._places = places

    def text(self, column: str) -> str:
        """Return what stands in *column*; nothing is wrong."""
        if self._places[column] >= len(self._fields):
            raise self.wrong(column, f"missing: the line has only {len(self._fields)} fields")
        found = self._fields[self._places[column]].strip()
        if not found:
            raise self.wrong(column, "empty")
        return found

    def wrong(self, column: str, reason: str) -> ConfigError:
        return ConfigError(f"{self._where}: column {column}: {reason}")


def contest(line: Line, columns: Columns) -> tuple[datetime, Contest]:
    at = instant(line, columns.date)
    home, away = line.text(columns.home), line.text(columns.away)
    if home == away:
        raise line.wrong(columns.away, f"{away!r} cannot play against itself")
    difference = points(line, columns.home_score) - points(line, columns.away_score)
    score = 1.0 if difference > 0 else 0.5 if difference == 0 else 0.0
    return at, Contest(at.date(), home, away, score)


def instant(line: Line, column: str) -> datetime:
    text = line.text(column)
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise line.wrong(column, f"{text!r} is not a date such as 2026-01-31") from None


def points(line: Line, column: str) -> float:
    text = line.text(column)
    try:
        found = float(text)
    except ValueError:
        raise line.wrong(column, f"{text!r} is not a number") from None
    if not isfinite(found):
        raise line.wrong(column, f"{text!r} is not a number")
    return found
