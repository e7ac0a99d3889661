"""The API of ratings under /v1: a player's rating over time, and what to expect of two players."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import Annotated

from litestar import get
from litestar.params import Parameter
from msgspec import Struct

from tremble.rating import Rating, expected
from tremble.store import boards, players, ratings
from tremble.store.engine import Transaction
from tremble.store.ratings import LAST, Place, Point
from tremble.web.api import BoardName, PlayerId, StoreDependency, cursor_like
from tremble.web.problems import Problem

#: A place as a cursor holds it: season, ended_at, match id.
PLACE = struct.Struct(">Iq16s")
PlaceCursor = Annotated[str | None, cursor_like("^[A-Za-f][A-Za-z0-9_-]{36}[AQgw]$")]


class RatingHistory(Struct, frozen=True):
    """A page of a player's ratings on a board, newest first; *next_cursor* is null on the last."""

    player_id: str
    board: str
    ratings: list[Point]
    next_cursor: str | None


class Expected(Struct, frozen=True):
    """The score that a player should make against another: 1.0 wins for sure, 0.5 is even.

    Who is not on the board counts as a newcomer.
    """

    board: str
    player_id: str
    opponent_id: str
    expected: float


@get("/v1/players/{player_id:str}/ratings", sync_to_thread=False, tags=["players"])
def get_ratings(
    store: StoreDependency,
    player_id: PlayerId,
    board: BoardName = "duel",
    cursor: PlaceCursor = None,
    limit: Annotated[int, Parameter(ge=1, le=500, description="How many ratings")] = 100,
) -> RatingHistory:
    """A player's rating after each match that counts, with the match behind it: for graphs."""
    before = LAST if cursor is None else read_place(cursor)
    if store.read(players.find, player_id) is None:
        raise Problem(404, "unknown_player", f"player {player_id!r} never played a recorded match")
    found, last = store.read(ratings.pages, board, player_id, limit, before)
    return RatingHistory(player_id, board, found, None if last is None else write_place(last))


@get(
    "/v1/players/{player_id:str}/expected/{opponent_id:str}", sync_to_thread=False, tags=["players"]
)
def get_expected(
    store: StoreDependency, player_id: PlayerId, opponent_id: PlayerId, board: BoardName = "duel"
) -> Expected:
    """The score that a player should make against another on a board."""
    share = expected(*store.read(both, board, player_id, opponent_id))
    return Expected(board, player_id, opponent_id, share)


def both(tx: Transaction, board: str, player_id: str, opponent_id: str) -> list[Rating]:
    """Return the ratings of two players in the board's running season."""
    found: list[Rating] = []
    for ident in (player_id, opponent_id):
        if players.find(tx, ident) is None:
            raise Problem(404, "unknown_player", f"player {ident!r} never played a recorded match")
        standing = boards.standing(tx, board, boards.season(tx, board), ident)
        known = standing and Rating(standing.rating, standing.deviation, standing.volatility)
        found.append(known or Rating())
    return found


def write_place(place: Place) -> str:
    season, ended_at, match_id = place
    packed = PLACE.pack(season, ended_at, bytes.fromhex(match_id))
    return urlsafe_b64encode(packed).rstrip(b"=").decode()


def read_place(cursor: str) -> Place:
    """Return the place in *cursor*; raises Problem for what is not one of ours."""
    try:
        season, ended_at, match_id = PLACE.unpack(urlsafe_b64decode(f"{cursor}=="))
    except (Base64Error, ValueError, struct.error) as error:
        raise Problem(400, "invalid_cursor", "this cursor was not given by us") from error
    if season > LAST[0]:
        raise Problem(400, "invalid_cursor", "this cursor was not given by us")
    return season, ended_at, match_id.hex()
