"""The API of what was played: lists of matches, two players head to head, ratings for a graph."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from datetime import UTC, datetime
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency, Provide
from litestar.params import Parameter, SkipValidation
from msgspec import Struct, structs

from tremble.rating import expected
from tremble.store import graph, head_to_head, history, instant, players
from tremble.store.engine import Store, Transaction
from tremble.store.graph import Point
from tremble.store.head_to_head import Tally
from tremble.store.history import FIRST, LAST, Filter, Place
from tremble.store.matches import Summary
from tremble.store.players import Player
from tremble.web.api import BoardName, PlaceCursor, PlayerId, StoreDependency
from tremble.web.api_ratings import both
from tremble.web.problems import FieldError, Problem

#: A place as a cursor holds it: ended_at, seq.
PLACE = struct.Struct(">qq")

Limit = Annotated[int, Parameter(ge=1, le=100, description="How many matches")]
Who = Annotated[str | None, Parameter(pattern="^[0-9a-f]{16}$", description="Of this player")]
Opponent = Annotated[
    str | None,
    Parameter(pattern="^[0-9a-f]{16}$", description="Against this one: goes with player"),
]
Map = Annotated[str | None, Parameter(pattern="^[a-z0-9_-]{1,32}$", description="On this map")]
Mode = Annotated[
    str | None, Parameter(pattern="^[a-z0-9_-]{1,32}$", description="Of this mode, bots or not")
]
Counting = Annotated[
    str | None, Parameter(pattern="^[a-z0-9_-]{1,37}$", description="That count on this board")
]
Number = Annotated[int | None, Parameter(ge=1, le=2**31 - 1, description="In this season")]
Server = Annotated[
    str | None, Parameter(pattern="^[0-9a-f]{16}$", description="Played on this server")
]
Since = Annotated[
    str | None, Parameter(max_length=40, description="Ended then or later: `2026-01-31T12:00:00Z`")
]
Until = Annotated[
    str | None, Parameter(max_length=40, description="Ended before: `2026-02-01`; UTC by default")
]


class MatchList(Struct, frozen=True):
    """A page of matches, the last that ended first; *next_cursor* is null on the last page."""

    matches: list[Summary]
    next_cursor: str | None


class Meeting(Struct, frozen=True):
    """How *player* fared against *opponent* in the matches that count; a better place is a win.

    *expected* is the score that the player should make in a duel now, 0.5 is even. *maps* holds the
    same by map, the most played first. *last_met_at* is null if they never met.
    """

    player: Player
    opponent: Player
    board: str | None
    total: Tally
    last_met_at: datetime | None
    expected: float
    maps: dict[str, Tally]


class RatingGraph(Struct, frozen=True):
    """A player's ratings on a board in order of time, of so many *matches*.

    If *thinned*, each span of time keeps its first, lowest, highest and last: no peak is lost.
    """

    player_id: str
    board: str
    matches: int
    thinned: bool
    points: list[Point]


def read_filter(
    player: Who = None,
    opponent: Opponent = None,
    map: Map = None,
    mode: Mode = None,
    board: Counting = None,
    season: Number = None,
    server: Server = None,
    since: Since = None,
    until: Until = None,
) -> Filter:
    """Return what a request asks the matches of a list to have in common."""
    return Filter(
        player=player,
        opponent=opponent,
        map=map,
        mode=mode,
        board=board,
        season=season,
        server=server,
        since=moment("since", since),
        until=moment("until", until),
    )


WANTED = {"wanted": Provide(read_filter, sync_to_thread=False)}
Wanted = NamedDependency[SkipValidation[Filter]]


@get("/v1/matches", sync_to_thread=False, tags=["matches"], dependencies=WANTED)
def get_matches(
    store: StoreDependency, wanted: Wanted, cursor: PlaceCursor = None, limit: Limit = 20
) -> MatchList:
    """Recorded matches, the last that ended first; voided ones are marked.

    Conditions may be combined. What is posted meanwhile neither repeats nor hides a match on the
    pages to come.
    """
    return store.read(listed, wanted, cursor, limit)


@get(
    "/v1/players/{player_id:str}/matches",
    sync_to_thread=False,
    tags=["players"],
    dependencies=WANTED,
)
def get_matches_of(
    store: StoreDependency,
    player_id: PlayerId,
    wanted: Wanted,
    cursor: PlaceCursor = None,
    limit: Limit = 20,
) -> MatchList:
    """A player's matches: the same as `/v1/matches` with `player`."""
    if wanted.player not in (None, player_id):
        raise wrong("player", "is another than the one whose matches are asked for")
    find(store, player_id)
    return store.read(listed, structs.replace(wanted, player=player_id), cursor, limit)


@get(
    "/v1/players/{player_id:str}/against/{opponent_id:str}", sync_to_thread=False, tags=["players"]
)
def get_against(
    store: StoreDependency,
    player_id: PlayerId,
    opponent_id: PlayerId,
    board: Annotated[
        BoardName | None, Parameter(description="Only matches on this board; default: all")
    ] = None,
) -> Meeting:
    """Two players head to head."""
    return store.read(meeting, player_id, opponent_id, board)


@get("/v1/players/{player_id:str}/rating-history", sync_to_thread=False, tags=["players"])
def get_rating_history(
    store: StoreDependency,
    player_id: PlayerId,
    board: BoardName = "duel",
    since: Since = None,
    until: Until = None,
    points: Annotated[int, Parameter(ge=4, le=2000, description="At most so many")] = 400,
) -> RatingGraph:
    """A player's rating over time for a graph, oldest first, thinned to the points that shape it."""
    start, end = moment("since", since), moment("until", until)
    find(store, player_id)
    found = store.read(
        graph.read,
        board,
        player_id,
        FIRST[0] if start is None else start,
        LAST[0] if end is None else end,
        points,
    )
    return RatingGraph(player_id, board, found.matches, found.thinned, found.points)


def listed(tx: Transaction, wanted: Filter, cursor: str | None, limit: int) -> MatchList:
    """Return a page of the matches that are *wanted*."""
    if wanted.opponent is not None and wanted.player is None:
        raise wrong("opponent", "goes with player: name both")
    below = LAST if cursor is None else read_place(cursor)
    found, last = history.page(tx, wanted, limit, below)
    return MatchList(found, None if last is None else write_place(last))


def meeting(tx: Transaction, player_id: str, opponent_id: str, board: str | None) -> Meeting:
    """Return two players head to head; raises Problem if there is none such, or they are one."""
    if player_id == opponent_id:
        raise wrong("opponent_id", "is the player: name another")
    share = expected(*both(tx, board or "duel", player_id, opponent_id))
    player, opponent = players.find(tx, player_id), players.find(tx, opponent_id)
    assert player is not None
    assert opponent is not None
    found = head_to_head.between(tx, player_id, opponent_id, board)
    return Meeting(player, opponent, board, found.total, found.last_met_at, share, found.maps)


def find(store: Store, player_id: str) -> Player:
    """Return a player; raises Problem if never seen."""
    player = store.read(players.find, player_id)
    if player is None:
        raise Problem(404, "unknown_player", f"player {player_id!r} never played a recorded match")
    return player


def moment(name: str, text: str | None) -> int | None:
    """Return the instant that parameter *name* gives, UTC unless it says otherwise."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return instant.to_store(found if found.tzinfo else found.replace(tzinfo=UTC))
    except (ValueError, OverflowError) as error:
        raise wrong(name, "is no instant such as 2026-01-31 or 2026-01-31T12:00:00Z") from error


def wrong(name: str, message: str) -> Problem:
    """Return the problem that parameter *name* is wrong."""
    field = FieldError(name, message)
    return Problem(400, "invalid_request", "a parameter of the request is not valid", [field])


def write_place(place: Place) -> str:
    return urlsafe_b64encode(PLACE.pack(*place)).rstrip(b"=").decode()


def read_place(cursor: str) -> Place:
    """Return the place in *cursor*; raises Problem for what is not one of ours."""
    try:
        ended_at, seq = PLACE.unpack(urlsafe_b64decode(f"{cursor}=="))
    except (Base64Error, ValueError, struct.error) as error:
        raise Problem(400, "invalid_cursor", "this cursor was not given by us") from error
    return ended_at, seq


HANDLERS = [get_matches, get_matches_of, get_against, get_rating_history]
