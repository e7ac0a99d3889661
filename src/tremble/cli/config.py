"""tremble config: show, check and describe the settings."""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from tremble import config, maps, sections
from tremble.cli.config_text import template
from tremble.cli.options import Dir, Json, Sets, prepared, settings
from tremble.cli.reload import check_maps, needs_restart
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
    Console(markup=False).print(table)


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
def example() -> None:
    """Print a server.toml with every setting, explained and commented out.

    Example: tremble config example > server.toml
    """
    print(template(), end="")


@app.command(name="try")
def try_(file: Path, *, directory: Dir = None) -> None:
    """Tell as JSON what would come of FILE in place of server.toml: problems, changes, what needs a restart.

    What environment and command line set besides is left out. Exits with 0 whatever it tells.

    Example: tremble config try new.toml --dir /srv/tremble
    """
    path = config.data_directory(directory, os.environ)
    found = trial(path, file)
    print(msgspec.json.encode(found).decode())


def trial(path: Path, file: Path) -> dict[str, Any]:
    """Return what would come of *file* as the server.toml of the data directory *path*."""
    with TemporaryDirectory() as made:
        copy = Path(made) / "server.toml"
        try:
            copy.write_bytes(file.read_bytes())
        except OSError as error:
            raise ConfigError(f"{file}: {error.strerror}") from None
        problems = [
            each.replace(str(copy), "server.toml") for each in config.problems(copy.parent, {})
        ]
        if problems:
            return {"problems": problems, "changes": []}
        new = config.load(copy.parent, {}).settings
    try:
        check_maps(new, path)
    except ConfigError as error:
        return {"problems": [str(error)], "changes": []}
    try:
        old = config.load(path, {}).settings
    except ConfigError:
        old = sections.Settings()  # what is there is no good: all that is set is a change
    changes = [
        {"key": c.key, "old": c.old, "new": c.new, "restart": needs_restart(c.key, old, new)}
        for c in config.changes(old, new)
    ]
    return {"problems": [], "changes": changes}


@app.command
def schema() -> None:
    """Print the JSON Schema of server.toml.

    Example: tremble config schema > server.schema.json
    """
    print(config.json_schema().decode())
