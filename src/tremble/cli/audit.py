"""tremble audit: who did what to the server."""

import os
from collections import deque
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tremble.cli.options import Dir, Json
from tremble.config import data_directory
from tremble.server.audit import read


def audit(
    *,
    last: Annotated[int, Parameter(help="How many entries, the latest.")] = 50,
    directory: Dir = None,
    as_json: Json = False,
) -> None:
    """Show the latest commands that changed something, or tried to, oldest first."""
    found = deque(read(data_directory(directory, os.environ)), maxlen=max(0, last))
    if as_json:
        for entry in found:
            print(msgspec.json.encode(entry).decode())
        return
    table = Table("at", "who", "via", "from", "command", "answer")
    for entry in found:
        table.add_row(*cells(entry))
    Console(markup=False).print(table)


def cells(entry: dict[str, Any]) -> list[Text]:
    """Return one line of the table; what people typed is shown as they did."""
    answer = Text(str(entry.get("text", "")), "" if entry.get("ok") else "red")
    names = ("at", "who", "via", "from", "command")
    return [*(Text(str(entry.get(name, ""))) for name in names), answer]
