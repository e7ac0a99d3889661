"""What the HTTP API answers, as the client has it; a test holds it to the OpenAPI document."""

from datetime import datetime
from typing import Any

from msgspec import Struct


class Tokens(Struct, frozen=True):
    """Who is signed in, and the tokens for it; how many seconds each holds."""

    player_id: str
    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int
    token_type: str


class Me(Struct, frozen=True):
    """One's own account; *username* is null for a guest, *devices* counts who is signed in."""

    player_id: str
    name: str
    username: str | None
    created_at: datetime
    devices: int


class Joining(Struct, frozen=True):
    """A *ticket* for JOIN on the game server *server_id*, and how many seconds it is good.

    *address* is HOST:PORT of the server; null if the record does not list it.
    """

    server_id: str
    ticket: bytes
    expires_in: int
    address: str | None = None


class Entry(Struct, frozen=True):
    """A line of a board; *replay* is the path of its match's replay, None if there is none."""

    rank: int
    player_id: str
    username: str
    bot: bool
    rating: float
    deviation: float
    provisional: bool
    established: bool
    matches_played: int
    wins: int
    losses: int
    draws: int
    kills: int
    deaths: int
    accuracy: float
    match_id: str | None
    replay: str | None = None


class Board(Struct, frozen=True):
    """Entries of a board, of *total* that are on it."""

    board: str
    season: int
    entries: list[Entry]
    total: int
    last_updated: datetime


class Player(Struct, frozen=True):
    """Who was ever seen."""

    player_id: str
    username: str
    bot: bool
    first_seen_at: datetime
    last_seen_at: datetime


class PlayerProfile(Struct, frozen=True):
    """A player and the entry on each board played on, by the board's name."""

    player: Player
    boards: dict[str, Entry]


class LineSummary(Struct, frozen=True):
    """A player of a match, as lists of matches show it."""

    player_id: str
    username: str
    bot: bool
    place: int
    won: bool
    score: int


class Summary(Struct, frozen=True):
    """A match as lists show it: its players in order of place."""

    match_id: str
    board: str
    season: int
    mode: str
    map: str
    started_at: datetime
    ended_at: datetime
    duration_s: float
    ended_by: str
    server_id: str
    voided: bool
    players: list[LineSummary]


class Item(Struct, frozen=True):
    """One thing that happened, the *seq*th; a `match` has no player."""

    seq: int
    at: datetime
    kind: str
    board: str
    match_id: str
    player_id: str | None
    username: str | None


class Info(Struct, frozen=True):
    """A version of a save: when it was made, and by which device."""

    type: str
    version: int
    saved_at: datetime
    device: str


class Stored(Struct, frozen=True):
    """A save as the server has it; see docs/saves.md for what stands in *save*."""

    type: str
    version: int
    saved_at: datetime
    device: str
    save: dict[str, Any]


class FieldError(Struct, frozen=True):
    """What is wrong with one field; *path* is like `players[0].kills`."""

    path: str
    message: str


class ProblemBody(Struct, frozen=True):
    """The body of an error answer (RFC 9457), with a *code* for machines."""

    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldError] = []
    request_id: str = ""
