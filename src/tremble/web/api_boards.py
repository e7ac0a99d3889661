"""The API of the leaderboards: list, top, range, around a player, friends, search, figures, seasons.

Each answer has an ETag of the board's version: who asks again with If-None-Match gets 304 until the
board changes.
"""

import asyncio
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable
from hashlib import blake2b
from typing import Annotated, Any

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.params import Parameter
from msgspec import Struct

from tremble.store import board_entries, friends, past, ranking, seasons
from tremble.store.board_entries import Board, Entry
from tremble.store.boards import BoardFacts, BoardStats, Head
from tremble.store.engine import Store, Transaction
from tremble.store.ranking import Ranking, Rankings
from tremble.store.seasons import Season
from tremble.web import problems
from tremble.web.api import (
    BoardName,
    PlaceCursor,
    PlayerId,
    RankingsDependency,
    Several,
    StoreDependency,
)
from tremble.web.problems import Problem, ProblemBody
from tremble.web.signed_in import reading, signed_in

Asked = Request[Any, Any, Any]
Question = Callable[[Transaction, Head, Ranking | None], Any]
Limit = Annotated[int, Parameter(ge=1, le=500, description="How many entries")]
Radius = Annotated[int, Parameter(ge=0, le=100, description="Entries on either side")]
Number = Annotated[int, Parameter(ge=1, le=2**31 - 1, description="1 is the first")]
InSeason = Annotated[
    int | None,
    Parameter(ge=1, le=2**31 - 1, description="By default the last one played in"),
]
Rank = Annotated[int, Parameter(ge=1, le=2**53, description="1 is the best")]
#: Widest range of ranks in one answer.
MAX_RANGE = 500
#: A rank key and a player id.
PLACE = struct.Struct(">qQ")
#: Answers kept as they were sent, by URL.
MAX_KEPT = 512
#: A board of millions is loaded in seconds.
RETRY_AFTER_S = 5


class Found(Struct, frozen=True):
    """A page of a search, in order of rank; *next_cursor* is null on the last page."""

    board: str
    season: int
    entries: list[Entry]
    total: int
    next_cursor: str | None


class BoardList(Struct, frozen=True):
    """All boards: most players first, but those with bots last."""

    boards: list[BoardFacts]


class SeasonList(Struct, frozen=True):
    """All seasons, the first one first."""

    seasons: list[Season]


@get("/v1/leaderboards", tags=["leaderboards"])
async def get_boards(request: Asked, store: StoreDependency) -> Response[BoardList]:
    """All boards, each as it was last played."""
    body = msgspec.json.encode(BoardList(await reading(store, past.every)))
    return sent(request, tag_of(body), body)


@get("/v1/leaderboards/{board:str}/top", sync_to_thread=False, tags=["leaderboards"])
def get_top(
    request: Asked, rankings: RankingsDependency, board: BoardName, limit: Limit = 50
) -> Response[Board]:
    """The first entries of a board.

    Players whose rating is established come first. Equal ratings: more matches first; equal scores:
    who reached it first; then the smaller player id.
    """
    return answer(request, rankings, board, lambda tx, at, _: board_entries.first(tx, at, limit))


@get("/v1/leaderboards/{board:str}/seasons", sync_to_thread=False, tags=["leaderboards"])
def get_seasons(
    request: Asked, rankings: RankingsDependency, board: BoardName
) -> Response[SeasonList]:
    """All seasons, and when each began and ended."""
    found = rankings.ask(lambda tx, _, __: SeasonList(seasons.every(tx)), board)
    if found is None:
        raise unknown(board)
    # Seasons begin without any change of a board.
    body = msgspec.json.encode(found)
    return sent(request, tag_of(body), body)


@get(
    "/v1/leaderboards/{board:str}/seasons/{season:int}/top",
    sync_to_thread=False,
    tags=["leaderboards"],
)
def get_season_top(
    request: Asked,
    rankings: RankingsDependency,
    board: BoardName,
    season: Number,
    limit: Limit = 50,
) -> Response[Board]:
    """The first entries of a board as they stood at the end of a season."""
    return answer(
        request, rankings, board, lambda tx, at, _: board_entries.first(tx, at, limit), season
    )


@get("/v1/leaderboards/{board:str}/range", sync_to_thread=False, tags=["leaderboards"])
def get_range(
    request: Asked,
    rankings: RankingsDependency,
    board: BoardName,
    first: Rank,
    last: Rank,
    season: InSeason = None,
) -> Response[Board]:
    """The entries of ranks *first* to *last*, both included, as far as they exist."""
    if last - first >= MAX_RANGE:
        raise Problem(400, "range_too_wide", f"ask for at most {MAX_RANGE} ranks at once")
    return answer(
        request,
        rankings,
        board,
        lambda tx, at, present: ranking.in_range(tx, at, present, first, last),
        season,
    )


@get(
    "/v1/leaderboards/{board:str}/around/{player_id:str}",
    sync_to_thread=False,
    tags=["leaderboards"],
)
def get_around(
    request: Asked,
    rankings: RankingsDependency,
    board: BoardName,
    player_id: PlayerId,
    radius: Radius = 5,
    season: InSeason = None,
) -> Response[Board]:
    """A player's entry, and those next to it."""
    return answer(request, rankings, board, around(board, player_id, radius), season)


@get("/v1/leaderboards/{board:str}/me", tags=["leaderboards"], operation_id="AroundMe")
async def get_around_me(
    request: Asked,
    store: StoreDependency,
    rankings: RankingsDependency,
    board: BoardName,
    radius: Radius = 5,
    season: InSeason = None,
) -> Response[Board]:
    """One's own entry, and those next to it. Needs an access token."""
    who = (await signed_in(request, store)).account.player_id
    question = around(board, who, radius)
    return await answer_one(request, store, rankings, board, question, season, who)


@get(
    "/v1/leaderboards/{board:str}/friends", tags=["leaderboards"], operation_id="GetFriendsOnBoard"
)
async def get_friends(
    request: Asked,
    store: StoreDependency,
    rankings: RankingsDependency,
    board: BoardName,
    player: Several = None,
    season: InSeason = None,
) -> Response[Board]:
    """The entries of those given who are on the board, the best first, with their ranks on all of it.

    Without *player* they are one's friends and oneself; that needs an access token.
    """
    shown, who = player, ""
    if shown is None:
        own = (await signed_in(request, store)).account.player_id
        found = await reading(store, friends.every, own)
        shown = [own, *[friend.player_id for friend in found]]
        who = blake2b("".join(shown).encode(), digest_size=8).hexdigest()

    def among(tx: Transaction, at: Head, present: Ranking | None) -> Board:
        return ranking.among(tx, at, present, shown)

    return await answer_one(request, store, rankings, board, among, season, who)


@get("/v1/leaderboards/{board:str}/search", sync_to_thread=False, tags=["leaderboards"])
def get_search(
    request: Asked,
    rankings: RankingsDependency,
    board: BoardName,
    name: Annotated[str, Parameter(min_length=1, max_length=32, description="Part of a name")],
    cursor: PlaceCursor = None,
    limit: Annotated[int, Parameter(ge=1, le=100, description="How many entries")] = 20,
    season: InSeason = None,
) -> Response[Found]:
    """Who has *name* in the name, case and accents aside, in order of rank."""
    after = None if cursor is None else read_place(cursor)

    def search(tx: Transaction, at: Head, present: Ranking | None) -> Found | None:
        found = ranking.search(tx, at, present, name, after, limit)
        if found is None:
            return None
        entries, last = found
        cursor = None if last is None else write_place(last)
        return Found(at.name, at.season, entries, at.total, cursor)

    return answer(request, rankings, board, search, season)


@get(
    "/v1/leaderboards/{board:str}/stats",
    sync_to_thread=False,
    tags=["leaderboards"],
    operation_id="GetBoardStats",
)
def get_stats(
    request: Asked, rankings: RankingsDependency, board: BoardName, season: InSeason = None
) -> Response[BoardStats]:
    """How many players and matches a board has, and the average rating."""
    return answer(request, rankings, board, ranking.stats, season)


def around(board: str, player_id: str, radius: int) -> Question:
    """Return the question for a player and those next to; it raises Problem if not on the board."""

    def question(tx: Transaction, at: Head, present: Ranking | None) -> Board:
        found = ranking.around(tx, at, present, player_id, radius)
        if found is None:
            raise Problem(404, "not_on_board", f"player {player_id!r} is not on board {board!r}")
        return found

    return question


def answer(
    request: Asked,
    rankings: Rankings,
    board: str,
    question: Question,
    season: int | None = None,
    who: str = "",
) -> Response[Any]:
    """Return the answer to *question* on a board, or 304 if the client has it already.

    *who*: for whom alone the answer is. Raises Problem if there is no such board. A question that
    needs the ranking answers None while it is loaded: 503.
    """
    url = f"{who} {request.url.path}?{request.url.query}"

    def tagged(tx: Transaction, at: Head, present: Ranking | None) -> tuple[str, bytes | None]:
        # A bit of the past that changes nothing on the board changes how far it is.
        far = "" if at.counting is None else f".{at.counting.counted}"
        tag = f'"{at.season}.{at.version}.{at.last_updated_at:x}{far}{who and "."}{who}"'
        if tag in request.headers.get("if-none-match", ""):
            return tag, b""
        kept = rankings.kept.get(url)
        if kept is not None and kept[0] == tag:
            return kept
        found = question(tx, at, present)
        return tag, None if found is None else msgspec.json.encode(found)

    asked = rankings.ask(tagged, board, season)
    if asked is None:
        raise unknown(board)
    tag, body = asked
    if body is None:
        return loading(request)
    if body:
        if len(rankings.kept) >= MAX_KEPT:
            rankings.kept.clear()
        rankings.kept[url] = tag, body
    return sent(request, tag, body, "private, no-cache" if who else "no-cache")


async def answer_one(
    request: Asked,
    store: Store,
    rankings: Rankings,
    board: str,
    question: Question,
    season: int | None,
    who: str,
) -> Response[Any]:
    """Return `answer(...)` of a handler that had to ask who it is for."""
    if store.remote:
        return await asyncio.to_thread(answer, request, rankings, board, question, season, who)
    return answer(request, rankings, board, question, season, who)


def sent(request: Asked, tag: str, body: bytes, cache_control: str = "no-cache") -> Response[Any]:
    """Return *body* with its ETag, or 304 if the client has it already (then it may be empty)."""
    headers = {"etag": tag, "cache-control": cache_control}
    if not body or tag in request.headers.get("if-none-match", ""):
        return Response(None, status_code=304, headers=headers)
    return Response(body, media_type=MediaType.JSON, headers=headers)


def tag_of(body: bytes) -> str:
    """Return the ETag of an answer that depends on more than one board."""
    return f'"{blake2b(body, digest_size=8).hexdigest()}"'


def unknown(board: str) -> Problem:
    return Problem(404, "unknown_board", f"no match was ever recorded on board {board!r}")


def loading(request: Asked) -> Response[Any]:
    detail = "this board is being loaded; try again in some seconds"
    body = ProblemBody("Service Unavailable", 503, "ranking_loading", detail)
    return problems.answer(request, body, {"Retry-After": str(RETRY_AFTER_S)})


def write_place(place: tuple[int, int]) -> str:
    return urlsafe_b64encode(PLACE.pack(*place)).rstrip(b"=").decode()


def read_place(cursor: str) -> tuple[int, int]:
    """Return the place in *cursor*; raises Problem for what is not one of ours."""
    try:
        key, player = PLACE.unpack(urlsafe_b64decode(f"{cursor}=="))
    except (Base64Error, ValueError, struct.error) as error:
        raise Problem(400, "invalid_cursor", "this cursor was not given by us") from error
    return key, player


HANDLERS = [
    get_boards,
    get_top,
    get_seasons,
    get_season_top,
    get_range,
    get_around,
    get_around_me,
    get_friends,
    get_search,
    get_stats,
]
