"""Playing a replay again, and seeing that it comes out as it says."""

from typing import Final

from tremble.errors import ReplayError
from tremble.match.header import Limits
from tremble.match.match import Match, MatchSettings, play
from tremble.match.modes import MODES
from tremble.match.replay import END, HASH, JOIN, LEAVE, Records, Replay
from tremble.match.tally import Who
from tremble.sim import step
from tremble.sim.level import ITEM_NAMES, Level
from tremble.sim.rewind import Rewind
from tremble.sim.state import GONE, Event, World, state_hash, unpack
from tremble.sim.tuning import RULES

#: What the simulation may raise on a world or inputs that no match ever had.
FAULTS: Final = (ArithmeticError, LookupError, TypeError, ValueError)


class Playback:
    """A *replay* on its *level*; *world*, *match* and *events* are those of the tick it stands at.

    *ticks* counts those played. Raises ReplayError if it cannot be played here.
    """

    def __init__(self, replay: Replay, level: Level) -> None:
        header = replay.header
        if header.rules != RULES:
            raise ReplayError(
                f"the replay was made under rules {header.rules}, this Tremble plays {RULES}"
            )
        if header.map_digest != level.digest:
            raise ReplayError(
                f"the replay was made on another version of {header.map}: its digest is "
                f"{header.map_digest}, ours {level.digest}"
            )
        if header.mode not in MODES:
            raise ReplayError(f"the replay is of the unknown mode {header.mode!r}")
        self.replay = replay
        self.world: World = unpacked(header.world, level)
        self.rewind = Rewind(self.world.tick)
        self.rewind.note(self.world, [])
        names = [ITEM_NAMES[item.kind] for item in level.items]
        self.match = Match(MODES[header.mode], settings_of(header.settings), header.match_id, names)
        for entrant in header.players:
            self.match.enter(entrant.slot, Who(entrant.player_id, entrant.name, entrant.bot))
        here = [player.slot for player in self.world.players if player.life != GONE]
        if sorted(self.match.tallies) != here:
            raise ReplayError("the replay starts with other players than its world holds")
        self.match.count_from(self.world.tick)
        self.records = Records(replay.records)
        self.events: list[Event] = []
        self.ticks = 0

    def advance(self) -> bool:
        """Play one tick, with all that happened before it; False if there is none left.

        Raises ReplayError as soon as the world is not what it was when it was recorded.
        """
        try:
            return self._advance()
        except FAULTS as error:
            raise ReplayError(
                f"tick {self.ticks} of the replay cannot be played: {error}"
            ) from None

    def _advance(self) -> bool:
        while True:
            kind = self.records.next()
            if kind == END:
                return False
            if kind == HASH:
                self.check_hash(self.records.hash)
            elif kind == JOIN:
                self.join(self.records.slot, self.records.who)
            elif kind == LEAVE:
                self.leave(self.records.slot)
            else:
                break
        if not self.match.counts:
            raise ReplayError(f"the replay goes on after tick {self.ticks}, where the match ended")
        self.ticks += 1
        self.events = play(
            self.world, self.match, self.rewind, self.records.commands, self.records.backs
        )
        return True

    def check_hash(self, recorded: int) -> None:
        """Raise ReplayError unless the world has the *recorded* hash."""
        found = state_hash(self.world)
        if found != recorded:
            raise ReplayError(
                f"after tick {self.ticks} the world differs from the recorded one: its hash is "
                f"{found:016x}, recorded was {recorded:016x}"
            )

    def join(self, slot: int, who: Who) -> None:
        if slot in self.match.tallies:
            raise ReplayError(f"in the replay somebody joins in slot {slot}, which is taken")
        step.join(self.world, slot)
        self.match.enter(slot, who)

    def leave(self, slot: int) -> None:
        if slot not in self.match.tallies:
            raise ReplayError(f"in the replay somebody leaves slot {slot}, which is free")
        self.match.leave(slot)
        step.leave(self.world, slot)

    def check_end(self) -> None:
        """Raise ReplayError unless the match ended as recorded: world, ticks and result."""
        end = self.replay.end
        if end is None:
            raise ReplayError("the replay has no end: the match was broken off")
        if self.ticks != end.ticks:
            raise ReplayError(f"the replay has {self.ticks} ticks, its end speaks of {end.ticks}")
        self.check_hash(int(end.state_hash, 16))
        level_name = self.replay.header.map
        server_id = self.replay.header.server_id
        recorded = end.result
        found = self.match.result(server_id, level_name, recorded.started_at, recorded.ended_at)
        if found != recorded:
            raise ReplayError("played again, the match has another result than the recorded one")


def verify(replay: Replay, level: Level) -> int:
    """Play *replay* again on *level*; return how many ticks it has.

    Raises ReplayError if any hash, the end or the result differ from what was recorded.
    """
    playback = Playback(replay, level)
    while playback.advance():
        pass
    playback.check_end()
    return playback.ticks


def unpacked(data: bytes, level: Level) -> World:
    try:
        return unpack(data, level)
    except ValueError as error:
        raise ReplayError(f"the world at the start of the replay is wrong: {error}") from None


def limits_of(settings: MatchSettings) -> Limits:
    """Return *settings* as a header holds them."""
    return Limits(
        settings.time_limit_s,
        settings.frag_limit,
        settings.warmup_s,
        settings.countdown_s,
        settings.overtime_s,
        settings.intermission_s,
    )


def settings_of(limits: Limits) -> MatchSettings:
    """Return the settings that a header holds."""
    return MatchSettings(
        limits.time_limit_s,
        limits.frag_limit,
        limits.warmup_s,
        limits.countdown_s,
        limits.overtime_s,
        limits.intermission_s,
    )
