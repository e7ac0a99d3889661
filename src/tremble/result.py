"""MatchResult: all that the game half tells the record half. JSON on the wire, one row set in the store."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]
#: 32 hex digits: what makes posting a result twice the same as posting it once.
MatchId = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
#: 16 hex digits: derived from a key that only the player holds, or given by an account.
PlayerId = Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]
#: 16 hex digits: digest of the server's public key.
ServerId = Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]
#: Without NUL, which PostgreSQL cannot hold.
Name = Annotated[str, Meta(min_length=1, max_length=32, pattern="^[^\\x00]*$")]
Word = Annotated[str, Meta(pattern="^[a-z0-9_-]{1,32}$")]
Instant = Annotated[datetime, Meta(tz=True)]
#: SHA-256 in hex.
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
EndedBy = Literal["frag_limit", "time_limit", "overtime", "forfeit"]

#: Most lines of a result.
MAX_LINES = 64
#: Bytes that the telemetry of a match may have as JSON.
MAX_TELEMETRY = 64 * 1024
#: Ticks since the match began to count: the first one played is 1.
Tick = Annotated[int, Meta(ge=0, le=2_147_483_647)]
#: A length in whole units of the map.
Unit = Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]
#: Which of a list; -1 stands for none.
Index = Annotated[int, Meta(ge=0, le=63)]
IndexOrNone = Annotated[int, Meta(ge=-1, le=63)]
#: Tick, killer (-1: the level), victim, weapon (-1: none), x, y, z of the killer, x, y, z of the victim.
KillRow = tuple[Tick, IndexOrNone, Index, IndexOrNone, Unit, Unit, Unit, Unit, Unit, Unit]
#: Tick, player, item.
PickupRow = tuple[Tick, Index, Index]
#: Tick, player, x, y, z.
SampleRow = tuple[Tick, Index, Unit, Unit, Unit]


class WeaponLine(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """What one player did with one weapon; *damage* is health and armour taken from others."""

    shots: Count = 0
    hits: Count = 0
    damage: Count = 0
    kills: Count = 0


class FairPlay(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """How much of a match looked like a program's work, 0 to 1, and *ticks* at which to look."""

    score: Annotated[float, Meta(ge=0, le=1)]
    ticks: Annotated[list[Count], Meta(max_length=64)] = []


class PlayerLine(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One player's line of the final scoreboard.

    *place* starts at 1, equal scores share a place; *playtime_s* counts the live phase alone;
    *left* says that the player was gone before the end; *team* is 0 where each plays alone.
    *fair_play* is left out where nobody watched.
    """

    player_id: PlayerId
    name: Name
    bot: bool
    place: Annotated[int, Meta(ge=1, le=64)]
    won: bool
    score: Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]
    kills: Count = 0
    deaths: Count = 0
    suicides: Count = 0
    damage_given: Count = 0
    damage_taken: Count = 0
    weapons: Annotated[dict[Word, WeaponLine], Meta(max_length=32)] = {}
    items: Annotated[dict[Word, Count], Meta(max_length=64)] = {}
    playtime_s: Annotated[float, Meta(ge=0, le=1_000_000)] = 0.0
    left: bool = False
    team: Annotated[int, Meta(ge=0, le=64)] = 0
    fair_play: FairPlay | UnsetType = UNSET

    @property
    def aim(self) -> tuple[int, int]:
        """Shots and hits with all weapons."""
        shots = hits = 0
        for line in self.weapons.values():
            shots += line.shots
            hits += line.hits
        return shots, hits

    @property
    def shots(self) -> int:
        return self.aim[0]

    @property
    def hits(self) -> int:
        return self.aim[1]

    @property
    def accuracy(self) -> float:
        """Hits by shots, 0.0 to 1.0; 0.0 without a shot."""
        shots, hits = self.aim
        return min(hits / shots, 1.0) if shots else 0.0


class PlayerTelemetry(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """When one player was there, and over which line.

    *left_tick* -1: stayed; *waited_s*: from entering the server, or from the end of the match played
    before, to the first tick in this one; *spawn*: the map's spawn point first used, -1 if none;
    *ping_ms*: the median; *loss*: mean share of packets lost.
    """

    joined_tick: Tick
    left_tick: Annotated[int, Meta(ge=-1, le=2_147_483_647)]
    waited_s: Annotated[float, Meta(ge=0, le=1_000_000)]
    spawn: Annotated[int, Meta(ge=-1, le=1_000_000)]
    ping_ms: Annotated[int, Meta(ge=0, le=1_000_000)]
    loss: Annotated[float, Meta(ge=0, le=1)]


class Telemetry(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """What happened in a match, when and where; all of it has MAX_TELEMETRY bytes at most.

    *players* stand in the order of the result's; rows name players, weapons and items by their place
    in *players*, *weapons* and *item_names* (the items of the map, in its order). *samples* are where
    the living stood, in rounds *sample_ticks* apart. *cpu_s*: CPU time of the process, shared by
    people; *crashes*: matches lost without a result since the last that had one. *truncated*: there
    were more rows. *region* is the server's, empty if it names none.
    """

    version: Literal[1]
    tick_rate: Annotated[int, Meta(ge=1, le=1000)]
    players: Annotated[list[PlayerTelemetry], Meta(min_length=1, max_length=MAX_LINES)]
    region: Annotated[str, Meta(pattern="^[a-z0-9_-]{0,32}$")]
    cpu_s: Annotated[float, Meta(ge=0, le=1_000_000)]
    crashes: Count
    weapons: Annotated[list[Word], Meta(max_length=32)]
    kills: Annotated[list[KillRow], Meta(max_length=4096)]
    item_names: Annotated[list[Word], Meta(max_length=64)]
    pickups: Annotated[list[PickupRow], Meta(max_length=8192)]
    sample_ticks: Tick
    samples: Annotated[list[SampleRow], Meta(max_length=8192)]
    truncated: bool = False


def boards_of(mode: str) -> tuple[str, str]:
    """Return the boards on which the matches of *mode* count: without bots, and with one or more."""
    return mode, f"{mode}-bots"


class MatchResult(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """The end of one match. Players stand in order of place; a draw has no winner.

    *replay* is the digest of the replay that the server keeps, if it keeps one.
    """

    match_id: MatchId
    server_id: ServerId
    mode: Word
    map: Word
    started_at: Instant
    ended_at: Instant
    duration_s: Annotated[float, Meta(ge=0, le=1_000_000)]
    ended_by: EndedBy
    players: Annotated[list[PlayerLine], Meta(min_length=1, max_length=MAX_LINES)]
    replay: Digest | None = None
    telemetry: Telemetry | None = None

    @property
    def board(self) -> str:
        """The board it counts on: the mode's, or the mode's `-bots` if a bot played."""
        plain, with_bots = boards_of(self.mode)
        for line in self.players:
            if line.bot:
                return with_bots
        return plain
