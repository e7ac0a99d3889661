"""The command line: one function a command, and the only place where the halves are joined.

Each command's module is imported when it is called, so `tremble query` loads no game and no store.
Exit codes: 0 ok, 1 an answer that is no, 2 bad usage or settings, 3 already running, 4 port busy,
5 store unusable.
"""

import sys

from cyclopts import App, CycloptsError
from rich.console import Console

import tremble
from tremble.errors import TrembleError

app = App(
    name="tremble",
    version=tremble.__version__,
    help="Dedicated server and record of the arena shooter Tremble.",
    help_epilogue="Start here: tremble up --bots 2",
)
app.command("tremble.cli.up:up", name="up")
app.command("tremble.cli.up:server", name="server")
app.command("tremble.cli.up:web", name="web")
app.command("tremble.cli.bot:bot", name="bot")
app.command("tremble.cli.ask:query", name="query")
app.command("tremble.cli.ask:leaderboard", name="leaderboard")
app.command("tremble.cli.config:app", name="config")
app.command("tremble.cli.data:data_app", name="data")


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its code."""
    try:
        app(arguments, exit_on_error=False, result_action="return_value")
    except CycloptsError:
        sys.exit(2)
    except TrembleError as error:
        Console(stderr=True, soft_wrap=True).print(f"[bold red]error:[/] {escaped(error)}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


def escaped(error: Exception) -> str:
    """Return the message of *error* with nothing that rich would take for markup."""
    return str(error).replace("[", r"\[")
