"""What the HTTP API answers, as the client has it; a test holds it to the OpenAPI document."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from tremble.result import WeaponLine


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


class Counting(Struct, frozen=True):
    """How far a board is with the matches from before it was made: *counted* *of* all."""

    counted: int
    of: int


class Board(Struct, frozen=True):
    """Entries of a board, of *total* that are on it; *counting*: null once the past was counted."""

    board: str
    season: int
    entries: list[Entry]
    total: int
    last_updated: datetime
    counting: Counting | None = None


class BoardFacts(Struct, frozen=True):
    """A board as it was last played, and what it ranks by; *total* counts its players."""

    board: str
    season: int
    field: str
    operator: str
    total: int
    matches: int
    last_updated: datetime
    counting: Counting | None = None


class BoardList(Struct, frozen=True):
    """All boards."""

    boards: list[BoardFacts]


class Player(Struct, frozen=True):
    """Who was ever seen."""

    player_id: str
    username: str
    bot: bool
    first_seen_at: datetime
    last_seen_at: datetime


class PlayerList(Struct, frozen=True):
    """Several players."""

    players: list[Player]


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


class Line(Struct, frozen=True):
    """What one player did in a match; no rating changed in a voided one."""

    player_id: str
    username: str
    bot: bool
    place: int
    won: bool
    score: int
    kills: int
    deaths: int
    suicides: int
    damage_given: int
    damage_taken: int
    accuracy: float
    weapons: dict[str, WeaponLine]
    items: dict[str, int]
    playtime_s: float
    left: bool
    team: int
    rating_before: float | None
    rating_after: float | None


class ReplayOf(Struct, frozen=True):
    """The replay of a match: its SHA-256; the others are null once it is not kept any more."""

    digest: str
    bytes: int | None
    url: str | None
    film: str | None


class RecordedMatch(Struct, frozen=True):
    """A match with all that was recorded; *telemetry* is the address of that."""

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
    players: list[Line]
    replay: ReplayOf | None
    telemetry: str | None


class Tally(Struct, frozen=True):
    """How somebody fared in so many matches."""

    matches: int
    wins: int
    losses: int
    draws: int
    kills: int
    opponent_kills: int


class Meeting(Struct, frozen=True):
    """Two players head to head, in all and by map; *expected* is the score to expect of a duel."""

    player: Player
    opponent: Player
    board: str | None
    total: Tally
    last_met_at: datetime | None
    expected: float
    maps: dict[str, Tally]


class Expected(Struct, frozen=True):
    """The score to expect of a player in a duel against another."""

    board: str
    player_id: str
    opponent_id: str
    expected: float


class RatingPoint(Struct, frozen=True):
    """A rating before a match and after it."""

    match_id: str
    season: int
    ended_at: datetime
    rating_before: float
    rating: float
    deviation: float
    provisional: bool


class GraphPoint(Struct, frozen=True):
    """A rating after a match."""

    match_id: str
    season: int
    ended_at: datetime
    rating: float
    deviation: float
    provisional: bool


class RatingGraph(Struct, frozen=True):
    """Ratings of so many *matches*; *thinned*: not each has a point."""

    player_id: str
    board: str
    matches: int
    thinned: bool
    points: list[GraphPoint]


class Stats(Struct, frozen=True):
    """A player's totals, streaks and bests on a board."""

    matches: int
    wins: int
    losses: int
    draws: int
    kills: int
    deaths: int
    suicides: int
    shots: int
    hits: int
    accuracy: float
    damage_given: int
    damage_taken: int
    playtime_s: float
    win_streak: int
    best_win_streak: int
    most_kills: int
    most_damage: int
    weapons: dict[str, WeaponLine]
    items: dict[str, int]
    maps: dict[str, int]
    last_match_id: str
    last_played_at: datetime


class PlayerStats(Struct, frozen=True):
    """Stats by board; not *settled*: they are just counted again."""

    player_id: str
    settled: bool
    boards: dict[str, Stats]


class StatsList(Struct, frozen=True):
    """Stats of several players."""

    players: list[PlayerStats]


class Honour(Struct, frozen=True):
    """An achievement: the match that earned it, or how far it is (*progress*, 0 to 1)."""

    id: str
    title: str
    description: str
    hidden: bool
    progress: float
    match_id: str | None
    earned_at: datetime | None


class PlayerAchievements(Struct, frozen=True):
    """All achievements, of which so many are *earned*."""

    player_id: str
    settled: bool
    earned: int
    last_earned_at: datetime | None
    achievements: list[Honour]


class BoardStats(Struct, frozen=True):
    """What a board ranks by, and how many are on it."""

    board: str
    season: int
    field: str
    operator: str
    total_players: int
    average_rating: float
    total_matches: int
    last_updated: datetime
    counting: Counting | None = None


class Season(Struct, frozen=True):
    """When a season began and ends; null: with the record, and not planned."""

    season: int
    starts_at: datetime | None
    ends_at: datetime | None


class SeasonList(Struct, frozen=True):
    """The seasons of a board."""

    seasons: list[Season]


class Friend(Struct, frozen=True):
    """Whom a player wants to see on the boards."""

    player_id: str
    username: str
    since: datetime


class FriendList(Struct, frozen=True):
    """All friends."""

    friends: list[Friend]


class Codes(Struct, frozen=True):
    """Recovery codes."""

    codes: list[str]


class ListedServer(Struct, frozen=True):
    """A game server as it told of itself last; *ping_hint* is what the record measured, in ms."""

    server_id: str
    address: str
    name: str
    gamemode: str
    map: str
    players: int
    bots: int
    max_players: int
    phase: str
    password: bool
    region: str
    tags: list[str]
    protocol: int
    version: str
    ping_hint: float | None


class Change(Struct, frozen=True):
    """A server came into a state."""

    at: datetime
    state: str


class LostServer(Struct, frozen=True):
    """A game server that left the list at *left_at* without a goodbye."""

    server_id: str
    name: str
    address: str
    state: str
    left_at: datetime
    last_seen_at: datetime


class LostServers(Struct, frozen=True):
    """The game servers that are missed."""

    servers: list[LostServer]


class ServerDetail(Struct, frozen=True):
    """A game server with its ups and downs, the last first."""

    server: ListedServer
    state: str
    first_seen_at: datetime
    last_seen_at: datetime
    changes: list[Change]


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


class SaveList(Struct, frozen=True):
    """Versions of saves."""

    saves: list[Info]


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
