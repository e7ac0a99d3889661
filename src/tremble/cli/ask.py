"""tremble query, tremble leaderboard: ask a server and the record."""

from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from tremble.cli.options import Dir, Json, Web, host_and_port, web_url
from tremble.client.api import Api
from tremble.client.query import query as query_server


def query(address: str, *, timeout: float = 1.0, as_json: Json = False) -> None:
    """Ask the game server at ADDRESS (HOST:PORT) what is played there."""
    host, port = host_and_port(address, 4433)
    info, round_trip_ms = query_server(host, port, timeout)
    if as_json:
        found = {"address": address, "ping_ms": round(round_trip_ms, 2)}
        print(msgspec.json.encode(found | msgspec.to_builtins(info)).decode())
        return
    table = Table("", "", show_header=False)
    for name, value in msgspec.to_builtins(info).items():
        if name != "players":
            table.add_row(name, str(value))
    table.add_row("ping", f"{round_trip_ms:.1f} ms")
    console = Console(markup=False)
    console.print(table)
    if info.players:
        scores = Table("player", "score", "")
        for line in info.players:
            scores.add_row(line.name, str(line.score), "bot" if line.bot else "")
        console.print(scores)


def leaderboard(
    board: str = "duel",
    *,
    limit: Annotated[int, Parameter(help="How many entries, at most 100.")] = 10,
    web: Web = None,
    directory: Dir = None,
    as_json: Json = False,
) -> None:
    """Show the top of a leaderboard."""
    with asking(web_url(web, directory)) as api:
        found = api.top(board, limit)
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    table = Table(
        "#", "player", "rating", "±", "matches", "won", "kills", "deaths", "accuracy", title=board
    )
    for entry in found.entries:
        table.add_row(
            str(entry.rank),
            entry.username,
            f"{entry.rating:.0f}{'?' if entry.provisional else ''}",
            f"{2 * entry.deviation:.0f}",
            str(entry.matches_played),
            str(entry.wins),
            str(entry.kills),
            str(entry.deaths),
            f"{entry.accuracy:.0%}",
        )
    Console(markup=False).print(table)


def asking(url: str) -> Api:
    """Return who asks the web process at *url*, once and not for long."""
    return Api(url, timeout_s=5.0, attempts=1)


def get(url: str, path: str) -> Any:
    """Return the JSON at *path* of the web process at *url*. Raises TrembleError with what it says."""
    with asking(url) as api:
        return msgspec.json.decode(api.ask("GET", path).body)
