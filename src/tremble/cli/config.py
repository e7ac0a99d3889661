"""tremble config: show, check and describe the settings."""

import os
import sys
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from tremble import config, maps, sections
from tremble.cli.config_text import template
from tremble.cli.options import Dir, Json, Sets, prepared, settings
from tremble.errors import ConfigError

app = App(name="config", help="Show, check and describe the settings.")


@app.command
def show(*, directory: Dir = None, sets: Sets = None, as_json: Json = False) -> None:
    """Show every setting, its value and where the value comes from.

    Example: tremble config show --set match.frag_limit=5
    """
    _, loaded = settings(directory, sets)
    rows = {
        key: {"value": config.value_shown(loaded.settings, key), "source": loaded.sources[key]}
        for key in sorted(sections.KEYS)
    }
    if as_json:
        print(msgspec.json.encode(rows).decode())
        return
    table = Table("setting", "value", "from")
    for key, row in rows.items():
        table.add_row(key, str(row["value"]), str(row["source"]))
    Console().print(table)


@app.command
def check(*, directory: Dir = None, sets: Sets = None) -> None:
    """Check the settings and the maps; list all that is wrong and exit with 2, or say that all is well.

    Example: tremble config check --dir /srv/tremble
    """
    path = config.data_directory(directory, os.environ)
    problems = config.problems(path, os.environ, sets or [])
    levels = []
    if not problems:
        wanted = config.load(path, os.environ, sets or []).settings
        names = [wanted.server.map, *(config.entry_of(text)[0] for text in wanted.rotation.maps)]
        for name in dict.fromkeys(names):
            try:
                levels.append(maps.load(name, path))
            except ConfigError as error:
                problems.append(str(error))
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    if problems:
        sys.exit(2)
    told = ", ".join(f"{level.name} has {len(level.spawns)} spawn points" for level in levels)
    print(f"settings are good; map {told}")


@app.command
def init(
    *,
    directory: Dir = None,
    force: Annotated[bool, Parameter(negative=(), help="Replace a file that is there.")] = False,
) -> None:
    """Write a server.toml with every setting, explained and commented out.

    Example: tremble config init --dir /srv/tremble
    """
    path = prepared(config.data_directory(directory, os.environ)) / "server.toml"
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(template())
    except FileExistsError:
        raise ConfigError(f"{path}: is there already; --force replaces it") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    path.chmod(0o600)  # it may come to hold a password
    print(f"wrote {path}")


@app.command
def schema() -> None:
    """Print the JSON Schema of server.toml.

    Example: tremble config schema > server.schema.json
    """
    print(config.json_schema().decode())
