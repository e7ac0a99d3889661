"""The pages of what was played: a player with the graph of ratings, lists of matches, head to head."""

from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import Parameter
from msgspec import structs

from tremble.store import graph, history, honours, instant, players
from tremble.store.board_entries import Entry
from tremble.store.engine import Transaction
from tremble.store.history import FIRST, LAST, Filter
from tremble.store.matches import Summary
from tremble.web.api import (
    BoardName,
    PlaceCursor,
    PlayerId,
    RankingsDependency,
    StoreDependency,
)
from tremble.web.api_history import WANTED, Wanted, listed, meeting
from tremble.web.chart import Chart, chart
from tremble.web.pages import RECENT, page
from tremble.web.problems import Problem

#: Matches on a page of a list.
LISTED = 30
#: Points of a graph: what the picture is wide.
POINTS = 600


@get("/players/{player_id:str}", sync_to_thread=False, include_in_schema=False)
def player_page(
    store: StoreDependency, rankings: RankingsDependency, player_id: PlayerId
) -> Response[str]:
    entries = rankings.of_player(player_id)
    return page("player.html", **store.read(read_player, player_id, entries))


def read_player(tx: Transaction, player_id: str, entries: dict[str, Entry]) -> dict[str, Any]:
    """Return what the page of a player shows, who has these *entries* on boards."""
    player = players.find(tx, player_id)
    if player is None:
        raise Problem(404, "unknown_player", f"player {player_id!r} never played a recorded match")
    charts: dict[str, Chart] = {}
    for name in entries:
        found = graph.read(tx, name, player_id, FIRST[0], LAST[0], POINTS)
        drawn = chart(found.points)
        if drawn is not None and found.matches > 1:
            charts[name] = drawn
    played, _ = history.page(tx, Filter(player_id), RECENT)
    return {
        "player": player,
        "entries": entries,
        "charts": charts,
        "honours": [one for one in honours.of_player(tx, player_id) if one.match_id is not None],
        "matches": played,
        "opponents": opponents(played, player_id),
    }


def opponents(played: list[Summary], player_id: str) -> dict[str, str]:
    """Return the names of all others in these matches, by id, the last met first."""
    found: dict[str, str] = {}
    for match in played:
        for line in match.players:
            if line.player_id != player_id:
                found.setdefault(line.player_id, line.username)
    return found


@get("/matches", sync_to_thread=False, include_in_schema=False, dependencies=WANTED)
def matches_page(
    store: StoreDependency, wanted: Wanted, cursor: PlaceCursor = None
) -> Response[str]:
    """A list of matches; what they have in common stands in the address, as in the API's."""
    return page("matches.html", **store.read(read_matches, wanted, cursor))


def read_matches(tx: Transaction, wanted: Filter, cursor: str | None) -> dict[str, Any]:
    """Return what the page of a list shows."""
    found = listed(tx, wanted, cursor, LISTED)
    given = query_of(wanted)
    labels = dict(given)
    for name in ("player", "opponent"):
        who = players.find(tx, given[name]) if name in given else None
        if who is not None:
            labels[name] = who.username
    return {
        "matches": found.matches,
        "conditions": [
            (name, labels[name], address({k: v for k, v in given.items() if k != name}))
            for name in given
        ],
        "first": address(given) if cursor is not None else None,
        "next": address({**given, "cursor": found.next_cursor}) if found.next_cursor else None,
    }


def query_of(wanted: Filter) -> dict[str, str]:
    """Return *wanted* as the query of an address."""
    given = {name: value for name, value in structs.asdict(wanted).items() if value is not None}
    for name in {"since", "until"} & given.keys():
        given[name] = instant.from_store(given[name]).isoformat().replace("+00:00", "Z")
    return {name: str(value) for name, value in given.items()}


def address(query: dict[str, str]) -> str:
    """Return the address of a list; without its player an opponent says nothing."""
    kept = query if "player" in query else {k: v for k, v in query.items() if k != "opponent"}
    return "/matches?" + urlencode(kept) if kept else "/matches"


@get(
    "/players/{player_id:str}/against/{opponent_id:str}",
    sync_to_thread=False,
    include_in_schema=False,
)
def against_page(
    store: StoreDependency,
    player_id: PlayerId,
    opponent_id: PlayerId,
    board: Annotated[BoardName | None, Parameter()] = None,
) -> Response[str]:
    """Two players head to head, and their last matches against each other."""

    def read(tx: Transaction) -> dict[str, Any]:
        met = meeting(tx, player_id, opponent_id, board)
        played, _ = history.page(tx, Filter(player_id, opponent_id, board=board), RECENT)
        return {"met": met, "matches": played}

    return page("against.html", **store.read(read))


HANDLERS = [player_page, matches_page, against_page]
