"""tremble matches, tremble player: ask the record what was played, and by whom."""

import urllib.parse
from datetime import datetime
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tremble.cli.ask import get
from tremble.cli.options import Json, Web


def matches(
    *,
    player: Annotated[str | None, Parameter(help="Only of this player: 16 hex digits.")] = None,
    opponent: Annotated[str | None, Parameter(help="And against this one.")] = None,
    map: Annotated[str | None, Parameter(help="Only on this map.")] = None,
    mode: Annotated[str | None, Parameter(help="Only of this mode, such as duel.")] = None,
    since: Annotated[str | None, Parameter(help="Ended then or later: 2026-01-31.")] = None,
    until: Annotated[str | None, Parameter(help="Ended before: 2026-02-01.")] = None,
    limit: Annotated[int, Parameter(help="How many, at most 100.")] = 20,
    cursor: Annotated[str | None, Parameter(help="Go on where --json said next_cursor.")] = None,
    web: Web = "http://127.0.0.1:8433",
    as_json: Json = False,
) -> None:
    """List recorded matches, the last that ended first.

    Example: tremble matches --player 8f14e45fceea167a --map arena_01
    """
    asked = {
        "player": player,
        "opponent": opponent,
        "map": map,
        "mode": mode,
        "since": since,
        "until": until,
        "limit": limit,
        "cursor": cursor,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    found = get(web, f"/v1/matches?{urllib.parse.urlencode(given)}")
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    console = Console()
    console.print(table_of(found["matches"]))
    if found["next_cursor"] is not None:
        console.print(f"more with --cursor {found['next_cursor']}")


def player(
    ident: Annotated[str, Parameter(name="ID", help="16 hex digits.")],
    *,
    web: Web = "http://127.0.0.1:8433",
    as_json: Json = False,
) -> None:
    """Show a player: rank, rating and record on each board, and the last matches.

    Example: tremble player 8f14e45fceea167a
    """
    path = f"/v1/players/{urllib.parse.quote(ident, safe='')}"
    found = get(web, path)
    played = get(web, f"{path}/matches?limit=10")["matches"]
    if as_json:
        print(msgspec.json.encode({**found, "matches": played}).decode())
        return
    console = Console()
    who = found["player"]
    seen = f"seen {moment(who['first_seen_at'])} to {moment(who['last_seen_at'])} UTC"
    console.print(f"[bold]{shown(who['username'])}[/]{' (bot)' if who['bot'] else ''}, {seen}")
    table = Table("board", "rank", "rating", "±", "matches", "won", "lost", "kills", "deaths")
    for board, entry in found["boards"].items():
        table.add_row(
            board,
            str(entry["rank"]),
            f"{entry['rating']:.0f}{'?' if entry['provisional'] else ''}",
            f"{2 * entry['deviation']:.0f}",
            *[str(entry[name]) for name in ("matches_played", "wins", "losses", "kills", "deaths")],
        )
    console.print(table)
    console.print(table_of(played))


def table_of(found: list[dict[str, Any]]) -> Table:
    """Return *found* as a table."""
    table = Table("ended (UTC)", "mode", "map", "players and scores", "match")
    for one in found:
        scores = ", ".join(f"{shown(p['username'])} {p['score']}" for p in one["players"][:4])
        more = len(one["players"]) - 4
        table.add_row(
            moment(one["ended_at"]),
            one["mode"],
            one["map"],
            scores + (f" and {more} more" if more > 0 else ""),
            one["match_id"] + (" void" if one["voided"] else ""),
        )
    return table


def moment(text: str) -> str:
    """Return an instant of the API as tables show it."""
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}"


def shown(name: str) -> str:
    """Return *name* with nothing that a terminal or rich would obey."""
    return escape(
        "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)
    )
