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
#: Every command: where it lives, what it does, an example. The help of all of them loads none.
COMMANDS = {
    "up": (
        "tremble.cli.up:up",
        "Run all of Tremble: game server, record and page, started again if they die.",
        "tremble up --bots 2",
    ),
    "server": (
        "tremble.cli.up:server",
        "Run the game half alone; results go to web.url, or wait in the outbox.",
        "tremble server --set web.url=https://record.example.org",
    ),
    "web": (
        "tremble.cli.up:web",
        "Run the record half alone: API, pages and the store.",
        "tremble web --http 0.0.0.0:8433",
    ),
    "status": (
        "tremble.cli.life:status",
        "Tell whether Tremble runs on the data directory, and what is played.",
        "tremble status --json",
    ),
    "stop": (
        "tremble.cli.life:stop",
        "Stop it, and wait until it has ended.",
        "tremble stop --timeout 600",
    ),
    "restart": (
        "tremble.cli.restart:restart",
        "Restart it when nobody is here, between matches, or now with a countdown.",
        "tremble restart --when empty --deadline 3600",
    ),
    "update": (
        "tremble.cli.update:update",
        "Install a newer release, try it, and switch to it between matches.",
        "tremble update --when empty",
    ),
    "logs": (
        "tremble.cli.logs:logs",
        "Show what it logs.",
        "tremble logs -f",
    ),
    "details": (
        "tremble.cli.details:details",
        "Show all that belongs in a report of a fault, without a secret.",
        "tremble details",
    ),
    "service": (
        "tremble.cli.service:app",
        "Run Tremble as a service of this machine.",
        "tremble service install",
    ),
    "bot": (
        "tremble.cli.bot:bot",
        "Let bots join the server at ADDRESS (HOST:PORT) and play until Ctrl-C.",
        "tremble bot 127.0.0.1:4433 -n 2",
    ),
    "console": (
        "tremble.cli.console:console",
        "Type commands to the server that runs on this machine.",
        "tremble console kick Bob too loud",
    ),
    "audit": (
        "tremble.cli.audit:audit",
        "Show who did what to the server: the audit log of its commands.",
        "tremble audit --json",
    ),
    "rcon": (
        "tremble.cli.rcon:rcon",
        "Type commands to the server at ADDRESS (HOST:PORT), over Source RCON.",
        "tremble rcon 127.0.0.1:4433 players",
    ),
    "query": (
        "tremble.cli.ask:query",
        "Ask the game server at ADDRESS (HOST:PORT) what is played there.",
        "tremble query 127.0.0.1:4433",
    ),
    "browse": (
        "tremble.cli.browse:browse",
        "Find servers: ADDRESSES, favourites, the local network, the list of a web process.",
        "tremble browse --web https://record.example.org --not-full --sort players",
    ),
    "monitor": (
        "tremble.cli.monitor:monitor",
        "Watch servers as they run: ticks, players, matches, results, and what is wrong.",
        "tremble monitor 192.0.2.7:4433 --web https://record.example.org",
    ),
    "ping": (
        "tremble.cli.browse:ping",
        "Measure the round trip to the game server at ADDRESS (HOST:PORT), several times.",
        "tremble ping 127.0.0.1:4433",
    ),
    "leaderboard": (
        "tremble.cli.ask:leaderboard",
        "Show the top of a leaderboard.",
        "tremble leaderboard duel-bots",
    ),
    "matches": (
        "tremble.cli.matches:matches",
        "List recorded matches, the last that ended first.",
        "tremble matches --player 8f14e45fceea167a --map arena_01",
    ),
    "player": (
        "tremble.cli.matches:player",
        "Show a player: rank, rating and record on each board, and the last matches.",
        "tremble player 8f14e45fceea167a",
    ),
    "config": (
        "tremble.cli.config:app",
        "Show, check and describe the settings.",
        "tremble config show --set match.frag_limit=5",
    ),
    "backup": (
        "tremble.cli.backup:app",
        "Make, list and check backups of the data directory.",
        "tremble backup create",
    ),
    "restore": (
        "tremble.cli.restore:restore",
        "Go back to a backup, or to the state right after a match.",
        "tremble restore --match 0f5e... --dry-run",
    ),
    "test-alert": (
        "tremble.cli.alert:test_alert",
        "Send an alert to the webhook of the settings, to see whether it arrives.",
        "tremble test-alert",
    ),
    "boards": (
        "tremble.cli.boards:app",
        "List leaderboards, make score boards, begin a season.",
        "tremble boards list",
    ),
    "ratings": (
        "tremble.cli.ratings:app",
        "Rebuild, void, restore and preview ratings; try them on results.",
        "tremble ratings rebuild --check",
    ),
    "stats": (
        "tremble.cli.stats:app",
        "Compare the players' stats and achievements with the matches, and mend them.",
        "tremble stats rebuild --check",
    ),
    "report": (
        "tremble.cli.report:report",
        "Report what was played: numbers, charts, files for other programs.",
        "tremble report --since 30d --html report.html",
    ),
    "admin": (
        "tremble.cli.admin:app",
        "Ban players, enrol game servers, make users and API keys.",
        "tremble admin ban 8f14e45fceea167a --reason aimbot",
    ),
    "replay": (
        "tremble.cli.replay:app",
        "List, show, verify and play recorded matches.",
        "tremble replay list",
    ),
    "map": (
        "tremble.cli.map:app",
        "List maps, and make outlines of them.",
        "tremble map list",
    ),
    "data": (
        "tremble.cli.data:data_app",
        "Look after a player's own data.",
        "tremble data check",
    ),
}
for name, (where, what, example) in COMMANDS.items():
    app.command(where, name=name, help=f"{what}\n\nExample: {example}")


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its code."""
    try:
        app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        tell(error)
        sys.exit(2)
    except TrembleError as error:
        tell(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


def tell(error: Exception) -> None:
    """Print the message of *error* as one line."""
    Console(stderr=True, soft_wrap=True).print(f"[bold red]error:[/] {escaped(error)}")


def escaped(error: Exception) -> str:
    """Return the message of *error* with nothing that rich would take for markup."""
    return str(error).replace("[", r"\[")
