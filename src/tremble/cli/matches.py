"""tremble matches, tremble player: ask the record what was played, and by whom."""

import re
import urllib.parse
from datetime import datetime
from itertools import islice
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tremble.cli.ask import asking, get
from tremble.cli.options import Dir, Json, Web, web_url
from tremble.errors import TrembleError

#: Players named when a name is not enough.
NAMED = 10
IDENT = re.compile("[0-9a-f]{16}")


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
    web: Web = None,
    directory: Dir = None,
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
    found = get(web_url(web, directory), f"/v1/matches?{urllib.parse.urlencode(given)}")
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    console = Console()
    console.print(table_of(found["matches"]))
    if found["next_cursor"] is not None:
        console.print(f"more with --cursor {found['next_cursor']}")


def player(
    ident: Annotated[str, Parameter(name="PLAYER", help="16 hex digits, or a name.")],
    *,
    web: Web = None,
    directory: Dir = None,
    as_json: Json = False,
) -> None:
    """Show a player: rank, rating and record on each board, and the last matches.

    Example: tremble player 8f14e45fceea167a
    """
    url = web_url(web, directory)
    path = f"/v1/players/{ident if IDENT.fullmatch(ident) else named(url, ident)}"
    found = get(url, path)
    played = get(url, f"{path}/matches?limit=10")["matches"]
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


def named(url: str, name: str) -> str:
    """Return the id of the one player who is called *name*, or who alone has it in the name.

    Raises TrembleError if there is none, or which there are.
    """
    found: dict[str, str] = {}
    with asking(url) as api:
        for board in api.boards():
            for entry in islice(api.search(board.board, name), NAMED):
                found[entry.player_id] = entry.username
    same = [ident for ident, called in found.items() if called.casefold() == name.casefold()]
    chosen = same or list(found)
    if len(chosen) == 1:
        return chosen[0]
    if not chosen:
        raise TrembleError(f"nobody on any board has {shown(name)!r} in the name")
    several = ", ".join(f"{shown(found[ident])} {ident}" for ident in chosen[:NAMED])
    raise TrembleError(f"several players have {shown(name)!r} in the name; choose by id: {several}")


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
