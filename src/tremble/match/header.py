"""What stands at the start and at the end of a replay. JSON; see replay.py."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from tremble.result import MatchId, MatchResult, Name, PlayerId, ServerId, Word
from tremble.sim.state import MAX_PLAYERS

Seconds = Annotated[float, Meta(ge=0, le=86400)]


class Entrant(Struct, frozen=True, forbid_unknown_fields=True):
    """Who plays in *slot* when the match begins to count."""

    slot: Annotated[int, Meta(ge=0, lt=MAX_PLAYERS)]
    player_id: PlayerId
    name: Name
    bot: bool


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of the match, as in MatchSettings."""

    time_limit_s: Seconds
    frag_limit: Annotated[int, Meta(ge=0, le=1000)]
    warmup_s: Seconds
    countdown_s: Seconds
    overtime_s: Annotated[float, Meta(ge=1, le=86400)]
    intermission_s: Seconds


class Header(Struct, frozen=True, forbid_unknown_fields=True):
    """A match as it began to count.

    *rules* is sim.tuning.RULES, *protocol* the version clients spoke; *world* is packed
    (sim.state.pack) and holds the tick and the state of the random numbers; *seed* made them.
    """

    rules: int
    protocol: int
    match_id: MatchId
    server_id: ServerId
    mode: Word
    map: Word
    map_digest: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
    seed: int
    started_at: datetime
    settings: Limits
    players: Annotated[list[Entrant], Meta(max_length=MAX_PLAYERS)]
    world: bytes


class Ending(Struct, frozen=True, forbid_unknown_fields=True):
    """How it ended: ticks played, the hash of the last world in hex, the result without `replay`."""

    ticks: Annotated[int, Meta(ge=0)]
    state_hash: Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]
    result: MatchResult
