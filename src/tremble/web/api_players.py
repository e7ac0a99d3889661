"""The API of several players at once: who they are, who has a name, what they did."""

from typing import Annotated

from litestar import get
from litestar.params import Parameter
from msgspec import Struct

from tremble.names import fold
from tremble.store import honours, players
from tremble.store.engine import Transaction
from tremble.store.players import Player
from tremble.web.api import SOME, RosterDependency, Several, SomeIds, StoreDependency
from tremble.web.api_stats import PlayerStats

OnBoard = Annotated[
    str | None, Parameter(pattern="^[a-z0-9_-]{1,37}$", description="On this board alone")
]


class PlayerList(Struct, frozen=True):
    """Players in the order they were asked for; others: whoever was seen last first."""

    players: list[Player]


class StatsList(Struct, frozen=True):
    """Totals of players, in the order they were asked for."""

    players: list[PlayerStats]


@get("/v1/players", sync_to_thread=False, tags=["players"])
def get_players(
    store: StoreDependency,
    roster: RosterDependency,
    player: Several = None,
    name: Annotated[
        str | None,
        Parameter(min_length=1, max_length=32, pattern="^[^\\x00]*$", description="Part of a name"),
    ] = None,
    limit: Annotated[int, Parameter(ge=1, le=100, description="How many, if none is given")] = 20,
) -> PlayerList:
    """The players given, those who have *name* in the name, or those seen last; who was never seen is
    left out. Case, accents and width make no difference.
    """
    if player is None:
        return PlayerList(store.read(roster.players_named, name or "", limit))
    part = fold(name or "")
    return PlayerList([one for one in store.read(known, player) if part in fold(one.username)])


@get("/v1/players/stats", sync_to_thread=False, tags=["players"], operation_id="GetStatsOfSeveral")
def get_stats_of_several(
    store: StoreDependency, player: Annotated[SomeIds, SOME], board: OnBoard = None
) -> StatsList:
    """What several players did, on one board or on each. Who was never seen is left out."""
    return StatsList(store.read(read_stats, player, board))


def known(tx: Transaction, player_ids: list[str]) -> list[Player]:
    """Return those of these players who were ever seen."""
    each = [{"id": player_id} for player_id in dict.fromkeys(player_ids)]
    return [players.read(row) for rows in tx.rows_each(players.FIND, each) for row in rows]


def read_stats(tx: Transaction, player_ids: list[str], board: str | None) -> list[PlayerStats]:
    """Return the totals of those who were ever seen, on *board* alone if one is named."""
    found: list[PlayerStats] = []
    for one in known(tx, player_ids):
        boards = honours.of_boards(tx, one.player_id)
        if board is not None:
            boards = {board: boards[board]} if board in boards else {}
        found.append(PlayerStats(one.player_id, honours.settled(tx, one.player_id), boards))
    return found


HANDLERS = [get_players, get_stats_of_several]
