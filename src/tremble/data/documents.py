"""A player's own documents: what the six files hold, with units, ranges and defaults.

Fields that the first sketch of the game wrote are required: a file without one is damaged, since
reading it as zero would lose what was there. Fields that came later have a default and are left out
of the file while they hold it, so a fresh file is the one that every client has always known.

So that copies of two devices can be merged, each field is of one kind: a counter (only grows), a
maximum (`best_`, `most_`), a set (keys are never removed) or a register (the newest wins).
Everything else is derived.
"""

from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from tremble.result import MatchId, Word

#: Largest number that a double holds exactly; Godot reads every JSON number as a double.
MAX_COUNT = 2**53

Count = Annotated[int, Meta(ge=0, le=MAX_COUNT)]
Total = Annotated[float, Meta(ge=0, le=1e15)]
Share = Annotated[float, Meta(ge=0, le=1)]
Name = Annotated[str, Meta(max_length=32)]
#: Empty until the player has one; 16 hex digits once the server knows the player.
PlayerKey = Annotated[str, Meta(max_length=64)]
Rating = Annotated[float, Meta(ge=-100_000, le=100_000)]
#: ISO 8601 to the second. Ours is UTC and ends in Z; Godot's clock text carries no zone.
Stamp = Annotated[
    str,
    Meta(
        pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})?)?$"
    ),
]
Milliseconds = Annotated[float, Meta(ge=0, le=1e9)]


class DataType(Enum):
    """The six documents. The value is the stem of the file, the name is what signals carry."""

    PLAYER_STATS = "player_stats"
    SETTINGS = "settings"
    LEADERBOARD = "leaderboard"
    MATCH_HISTORY = "match_history"
    TERMINAL_STATE = "terminal_state"
    PERFORMANCE_DATA = "performance_data"


class Weapon(Struct, forbid_unknown_fields=True):
    """Counters of one weapon; *damage* is points of health and armour taken from others."""

    shots: Count = 0
    hits: Count = 0
    damage: Count = 0
    kills: Count = 0


class Unlock(Struct, forbid_unknown_fields=True):
    """When an achievement was earned, and in which match ("" if it was not told)."""

    #: A Stamp; the pattern would cost a third of the time to load.
    unlocked_at: Annotated[str, Meta(min_length=19, max_length=25)]
    match_id: Annotated[str, Meta(max_length=64)] = ""


class Stats(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Lifetime counters. *accuracy* is hits by shots, 0 to 1.

    *measured_matches* are those whose shots are known; for the others only an accuracy was told,
    and *unmeasured_accuracy* is the sum of those.
    """

    matches_played: Count
    wins: Count
    losses: Count
    kills: Count
    deaths: Count
    accuracy: Share
    playtime_hours: Total
    draws: Count = 0
    suicides: Count = 0
    shots: Count = 0
    hits: Count = 0
    measured_matches: Count = 0
    unmeasured_accuracy: Total = 0.0
    damage_given: Count = 0
    damage_taken: Count = 0
    #: Wins since the last match that was not won.
    win_streak: Count = 0
    best_win_streak: Count = 0
    most_kills: Count = 0
    most_damage: Count = 0
    #: Best accuracy of one match with at least 20 shots.
    best_accuracy: Share = 0.0
    weapons: Annotated[dict[Word, Weapon], Meta(max_length=64)] = field(default_factory=dict)
    items: Annotated[dict[Word, Count], Meta(max_length=128)] = field(default_factory=dict)
    #: Matches by map.
    maps: Annotated[dict[Word, Count], Meta(max_length=1_000)] = field(default_factory=dict)


class PlayerRating(Struct, forbid_unknown_fields=True):
    """A Glicko-2 rating on the scale of Glicko (1500 is the start, 350 knows nothing)."""

    current: Rating
    deviation: Annotated[float, Meta(gt=0, le=1_000)]
    volatility: Annotated[float, Meta(gt=0, le=1)]


class PlayerStats(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """PLAYER_STATS: who plays here, and all they have done."""

    version: Literal["1.0"]
    player_id: PlayerKey
    username: Name
    stats: Stats
    rating: PlayerRating
    last_updated: Stamp
    achievements: Annotated[dict[Word, Unlock], Meta(max_length=1_000)] = field(
        default_factory=dict
    )
    #: The newest matches that are counted above, so that none is counted twice.
    counted_matches: Annotated[
        list[Annotated[str, Meta(min_length=32, max_length=32)]], Meta(max_length=64)
    ] = field(default_factory=list)


class Graphics(Struct, forbid_unknown_fields=True):
    """*resolution* is WIDTHxHEIGHT in pixels, *fov* degrees across the screen."""

    resolution: Annotated[str, Meta(pattern="^[1-9][0-9]{2,4}x[1-9][0-9]{2,4}$")]
    fullscreen: bool
    vsync: bool
    fov: Annotated[float, Meta(ge=60, le=150)]
    quality: Literal["low", "medium", "high", "ultra"]


class Audio(Struct, forbid_unknown_fields=True):
    """Linear volumes, 0.0 (silent) to 1.0 (as recorded)."""

    master_volume: Share
    music_volume: Share
    sfx_volume: Share


class Controls(Struct, forbid_unknown_fields=True):
    """*mouse_sensitivity* is a factor; *key_bindings* maps an action to the key that does it."""

    mouse_sensitivity: Annotated[float, Meta(ge=0.01, le=100)]
    invert_y: bool
    key_bindings: Annotated[
        dict[Word, Annotated[str, Meta(min_length=1, max_length=32)]], Meta(max_length=128)
    ]


class Network(Struct, forbid_unknown_fields=True):
    """*max_ping*: milliseconds above which the server browser hides a server."""

    max_ping: Annotated[int, Meta(ge=10, le=10_000)]
    auto_reconnect: bool


class Settings(Struct, forbid_unknown_fields=True):
    """SETTINGS: how this player wants the game."""

    version: Literal["1.0"]
    graphics: Graphics
    audio: Audio
    controls: Controls
    network: Network


class LeaderboardPlayer(Struct, forbid_unknown_fields=True):
    """One player of the local leaderboard; *stats* holds the numbers the game chose to show."""

    player_id: PlayerKey
    username: Name
    rating: Rating
    stats: Annotated[
        dict[Annotated[str, Meta(max_length=64)], Annotated[float, Meta(ge=-1e15, le=1e15)]],
        Meta(max_length=64),
    ]
    last_updated: Stamp


class Leaderboard(Struct, forbid_unknown_fields=True):
    """LEADERBOARD: a local copy of the best players, best first."""

    version: Literal["1.0"]
    players: Annotated[list[LeaderboardPlayer], Meta(max_length=10_000)]
    last_updated: Stamp


class PlayedMatch(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One match as this player saw it; *duration_s* counts the live phase."""

    match_id: MatchId
    played_at: Stamp
    mode: Word
    map: Word
    outcome: Literal["win", "loss", "draw"]
    place: Annotated[int, Meta(ge=1, le=64)]
    score: Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]
    kills: Count
    deaths: Count
    accuracy: Share
    duration_s: Total
    opponents: Annotated[list[Name], Meta(max_length=64)]
    #: Points the rating moved by; None if the match was not rated (yet).
    rating_change: Rating | None = None


class MatchHistory(Struct, forbid_unknown_fields=True):
    """MATCH_HISTORY: the newest matches, newest first."""

    version: Literal["1.0"]
    matches: Annotated[list[PlayedMatch], Meta(max_length=1_000)]


class Tab(Struct, forbid_unknown_fields=True):
    """One open tab of the console; *scroll* is lines above the newest."""

    title: Annotated[str, Meta(min_length=1, max_length=64)]
    scroll: Count = 0


ConsoleLine = Annotated[str, Meta(max_length=1_000)]
ConsoleWord = Annotated[str, Meta(min_length=1, max_length=64)]


class TerminalState(Struct, forbid_unknown_fields=True):
    """TERMINAL_STATE: the in-game console. *history* is oldest first, *active_tab* an index."""

    version: Literal["1.0"]
    history: Annotated[list[ConsoleLine], Meta(max_length=1_000)]
    aliases: Annotated[dict[ConsoleWord, ConsoleLine], Meta(max_length=512)]
    bindings: Annotated[dict[ConsoleWord, ConsoleLine], Meta(max_length=512)]
    scroll: Count
    tabs: Annotated[list[Tab], Meta(max_length=32)]
    active_tab: Annotated[int, Meta(ge=0, le=31)]


class Series(Struct, forbid_unknown_fields=True):
    """One measured quantity: all samples counted, the newest kept, percentiles of those kept."""

    count: Count
    mean: Milliseconds
    p50: Milliseconds
    p95: Milliseconds
    p99: Milliseconds
    max: Milliseconds
    samples: Annotated[list[Milliseconds], Meta(max_length=600)]


class Performance(Struct, forbid_unknown_fields=True):
    """How one map ran on one machine."""

    map: Word
    hardware: Annotated[str, Meta(min_length=1, max_length=200)]
    recorded_at: Stamp
    frame_ms: Series
    tick_ms: Series
    ping_ms: Series
    loss_percent: Series


class PerformanceData(Struct, forbid_unknown_fields=True):
    """PERFORMANCE_DATA: one entry per map and hardware, the newest recorded first."""

    version: Literal["1.0"]
    runs: Annotated[list[Performance], Meta(max_length=64)]


Document = PlayerStats | Settings | Leaderboard | MatchHistory | TerminalState | PerformanceData

CLASSES: dict[DataType, type[Document]] = {
    DataType.PLAYER_STATS: PlayerStats,
    DataType.SETTINGS: Settings,
    DataType.LEADERBOARD: Leaderboard,
    DataType.MATCH_HISTORY: MatchHistory,
    DataType.TERMINAL_STATE: TerminalState,
    DataType.PERFORMANCE_DATA: PerformanceData,
}

#: The version that this release writes.
VERSIONS: dict[DataType, str] = {data_type: "1.0" for data_type in DataType}


def stamp(now: datetime) -> str:
    """Write *now* (with a zone) as documents do: UTC, to the second."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def default_document(data_type: DataType, now: datetime) -> Document:
    """Return a fresh document with the defaults of *data_type*."""
    match data_type:
        case DataType.PLAYER_STATS:
            return PlayerStats(
                version="1.0",
                player_id="",
                username="",
                stats=Stats(0, 0, 0, 0, 0, 0.0, 0.0),
                rating=PlayerRating(current=1500.0, deviation=350.0, volatility=0.06),
                last_updated=stamp(now),
            )
        case DataType.SETTINGS:
            return Settings(
                version="1.0",
                graphics=Graphics("1920x1080", False, True, 120.0, "high"),
                audio=Audio(master_volume=1.0, music_volume=0.5, sfx_volume=1.0),
                controls=Controls(mouse_sensitivity=1.0, invert_y=False, key_bindings={}),
                network=Network(max_ping=100, auto_reconnect=True),
            )
        case DataType.LEADERBOARD:
            return Leaderboard(version="1.0", players=[], last_updated=stamp(now))
        case DataType.MATCH_HISTORY:
            return MatchHistory(version="1.0", matches=[])
        case DataType.TERMINAL_STATE:
            return TerminalState("1.0", [], {}, {}, 0, [], 0)
        case DataType.PERFORMANCE_DATA:
            return PerformanceData(version="1.0", runs=[])
