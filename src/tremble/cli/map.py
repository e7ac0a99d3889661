"""tremble map: the maps there are, and one seen from above."""

import os
import sys
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from tremble import config, maps
from tremble.cli.options import Dir, Json
from tremble.errors import ConfigError, MapError
from tremble.sim.outline import outline as outline_of

app = App(name="map", help="List maps, and make outlines of them.")


class Listed(msgspec.Struct, frozen=True):
    """A line of `map list`; *fault* is "" if it can be played."""

    name: str
    title: str
    file: str
    spawns: int
    items: int
    fault: str


@app.command(name="list")
def list_maps(*, directory: Dir = None, as_json: Json = False) -> None:
    """List the maps, those of the data directory and those that come with Tremble; exit 1 if one is wrong.

    Example: tremble map list
    """
    where = config.data_directory(directory, os.environ)
    found = [listed(name, where) for name in maps.names(where)]
    if as_json:
        print(msgspec.json.encode(found).decode())
    else:
        table = Table("map", "title", "spawns", "items", "file")
        for line in found:
            numbers = (str(line.spawns), str(line.items)) if not line.fault else ("", "")
            table.add_row(line.name, line.title, *numbers, line.fault or line.file)
        Console(markup=False).print(table)
    if any(line.fault for line in found):
        sys.exit(1)


def listed(name: str, where: Path) -> Listed:
    path = str(maps.find(name, where))
    try:
        level = maps.load(name, where)
    except MapError as error:
        return Listed(name, "", path, 0, 0, str(error))
    return Listed(name, level.title, path, len(level.spawns), len(level.items), "")


@app.command
def outline(
    name: Annotated[str, Parameter(help="The map, without .map.")],
    /,
    *,
    output: Annotated[Path | None, Parameter(help="Write here; else to the terminal.")] = None,
    directory: Dir = None,
) -> None:
    """Make the outline of a map, JSON: floors, walls and places as seen from above, for viewers.

    Example: tremble map outline arena_01 --output arena_01.json
    """
    level = maps.load(name, config.data_directory(directory, os.environ))
    data = msgspec.json.encode(outline_of(level))
    if output is None:
        sys.stdout.buffer.write(data + b"\n")
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise ConfigError(f"{output}: {error.strerror}") from None
