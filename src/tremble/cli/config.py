"""tremble config: show, check and describe the settings."""

import msgspec
from cyclopts import App
from rich.console import Console
from rich.table import Table

from tremble import config, maps
from tremble.cli.options import Dir, Json, Sets, settings

app = App(name="config", help="Show, check and describe the settings.")


@app.command
def show(*, directory: Dir = None, sets: Sets = None, as_json: Json = False) -> None:
    """Show every setting, its value and where the value comes from.

    Example: tremble config show --set match.frag_limit=5
    """
    _, loaded = settings(directory, sets)
    rows = {
        key: {"value": config.value_shown(loaded.settings, key), "source": loaded.sources[key]}
        for key in sorted(config.KEYS)
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
    """Check the settings and the map; say what is wrong and exit with 2, or say that all is well.

    Example: tremble config check --dir /srv/tremble
    """
    path, loaded = settings(directory, sets)
    level = maps.load(loaded.settings.server.map, path)
    print(f"settings are good; map {level.name} has {len(level.spawns)} spawn points")


@app.command
def schema() -> None:
    """Print the JSON Schema of server.toml.

    Example: tremble config schema > server.schema.json
    """
    print(config.json_schema().decode())
