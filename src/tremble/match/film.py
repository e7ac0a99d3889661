"""A film: a replay played again and told in plain data, part by part, for viewers that cannot play it.

A line of JSON each: first the head, then parts of PART_S seconds. Places are whole units, 20 frames a second.
  head   match_id mode map map_digest ticks tick_rate rate     *rate*: frames a second
  part   to (tick)
         tracks    one for each player of the part: slot from (frame), the others' lists are of its frames
           player_id name bot      only at the beginning of a track: without them it goes on
           x y z yaw               differences, the first from 0; only of frames in which it lives
           dead                    in turn how many frames it lives, is dead, lives, ...
           health armour weapon    each value after the number of frames that the one before it held
         events    groups of those that are alike: kind, weapon if they have one, and a list for each other
                   value of `told`; of ticks the differences, of places a list for each axis. Shots other
                   than rockets come from where the shooter is, and have no pos
*yaw* is in 256ths of a turn. The last part is the one that comes to the head's *ticks*.
"""

from collections.abc import Iterator
from typing import Final

from tremble.match.playback import Playback
from tremble.match.replay import END, HASH, JOIN, LEAVE, Records, Replay
from tremble.match.tally import Who
from tremble.sim.level import ITEM_NAMES, Level
from tremble.sim.state import (
    ALIVE,
    EV_EXPLODE,
    EV_FIRE,
    EV_FRAG,
    EV_HIT,
    EV_JUMP_PAD,
    EV_PICKUP,
    EV_RESPAWN_ITEM,
    EV_SPAWN,
    EV_TELEPORT,
    MOD_NAMES,
    WEAPON_NAMES,
    Event,
    World,
)
from tremble.sim.tuning import TICK_RATE
from tremble.sim.vector import Vec, length, sub

#: Ticks to a frame.
FRAME: Final = 3
#: Seconds, and ticks, to a part: the first is soon there, and all pack well.
PART_S: Final = 5
PART: Final = PART_S * TICK_RATE

#: The weapon whose shots fly, and so are seen to begin.
ROCKETS: Final = "rocket_launcher"

KINDS: Final = {
    EV_SPAWN: "spawn",
    EV_FIRE: "fire",
    EV_HIT: "hit",
    EV_FRAG: "frag",
    EV_PICKUP: "pickup",
    EV_RESPAWN_ITEM: "respawn_item",
    EV_EXPLODE: "explode",
    EV_JUMP_PAD: "jump_pad",
    EV_TELEPORT: "teleport",
}


class Track:
    """One player's places while it holds *slot*, from frame *start* on: those of one part."""

    def __init__(self, slot: int, who: Who, start: int, fresh: bool) -> None:
        self.slot = slot
        self.who = who
        self.start = start
        self.fresh = fresh
        self.frames = 0
        self.before = [0, 0, 0, 0]
        self.moves: list[list[int]] = [[], [], [], []]
        self.lives = [0]
        self.health = Steps()
        self.armour = Steps()
        self.weapon = Steps()

    def note(self, world: World) -> None:
        """Add a frame."""
        self.frames += 1
        player = world.players[self.slot]
        alive = player.life == ALIVE
        if alive == (len(self.lives) % 2 == 0):
            self.lives.append(0)
        self.lives[-1] += 1
        if not alive:
            return
        x, y, z = player.pos
        now = [whole(x), whole(y), whole(z), (player.yaw + 128) // 256 % 256]
        for axis in range(4):
            self.moves[axis].append(now[axis] - self.before[axis])
        self.before = now
        self.health.note(player.health)
        self.armour.note(player.armour)
        self.weapon.note(player.weapon)

    def told(self) -> dict[str, object]:
        found: dict[str, object] = {"slot": self.slot, "from": self.start}
        if self.fresh:
            found["player_id"] = self.who.player_id
            found["name"] = self.who.name
            found["bot"] = self.who.bot
        found["x"], found["y"], found["z"], found["yaw"] = self.moves
        found["dead"] = self.lives
        found["health"] = self.health.told
        found["armour"] = self.armour.told
        found["weapon"] = self.weapon.told
        return found


class Steps:
    """A value that seldom changes: each after how many frames, in turn."""

    def __init__(self) -> None:
        self.told: list[int] = []
        self.held = 0

    def note(self, value: int) -> None:
        """Add a frame."""
        if not self.told or self.told[-1] != value:
            self.told.append(self.held)
            self.told.append(value)
            self.held = 0
        self.held += 1


class Group:
    """Events that are alike, value by value."""

    def __init__(self, kind: object, weapon: object) -> None:
        self.kind = kind
        self.weapon = weapon
        self.tick = 0
        self.ticks: list[int] = []
        self.values: dict[str, list[object]] = {}
        self.places: dict[str, list[list[object]]] = {}

    def add(self, event: dict[str, object]) -> None:
        """Add an event of later or the same tick."""
        for name, value in event.items():
            if name == "tick":
                assert isinstance(value, int)
                self.ticks.append(value - self.tick)
                self.tick = value
            elif isinstance(value, list):
                axes = self.places.setdefault(name, [[], [], []])
                for axis in range(3):
                    axes[axis].append(value[axis])
            elif name != "kind" and name != "weapon":
                self.values.setdefault(name, []).append(value)

    def told(self) -> dict[str, object]:
        found: dict[str, object] = {"kind": self.kind}
        if self.weapon is not None:
            found["weapon"] = self.weapon
        found["tick"] = self.ticks
        found.update(self.values)
        found.update(self.places)
        return found


def grouped(events: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return *events* in groups, in the order of the first of each."""
    groups: dict[str, Group] = {}
    for event in events:
        kind, weapon = event["kind"], event.get("weapon")
        if weapon is not None and weapon != ROCKETS:
            del event["pos"]
        key = f"{kind} {weapon} {' '.join(event)}"
        if key not in groups:
            groups[key] = Group(kind, weapon)
        groups[key].add(event)
    return [group.told() for group in groups.values()]


class Filming:
    """The part that is being made of a film."""

    def __init__(self) -> None:
        self.frames = 0
        self.tracks: list[Track] = []
        self.holders: dict[int, Track] = {}
        self.events: list[dict[str, object]] = []

    def note(self, playback: Playback) -> None:
        """Add what the tick brought at which *playback* stands."""
        for event in playback.events:
            if event.kind in KINDS:
                self.events.append(told(playback.ticks, event, playback.world))
        if playback.ticks % FRAME == 0:
            for slot in sorted(playback.match.tallies):
                self.holder(slot, playback.match.tallies[slot].who).note(playback.world)
            self.frames += 1

    def holder(self, slot: int, who: Who) -> Track:
        """Return the track of *who* in *slot*, a new one if need be."""
        found = self.holders.get(slot)
        if found is None or found.who is not who or found.start + found.frames != self.frames:
            return self.begin(slot, who, True)
        return found

    def begin(self, slot: int, who: Who, fresh: bool) -> Track:
        """Let *who* have a track from the next frame on; *fresh*: it goes on with none."""
        track = Track(slot, who, self.frames, fresh)
        self.holders[slot] = track
        self.tracks.append(track)
        return track

    def take(self, ticks: int) -> dict[str, object]:
        """Return the part, which ends with *ticks*, and begin the next."""
        part: dict[str, object] = {
            "to": ticks,
            "tracks": [track.told() for track in self.tracks if track.frames > 0],
            "events": grouped(self.events),
        }
        ended = [self.holders[slot] for slot in sorted(self.holders)]
        self.tracks, self.events = [], []
        for track in ended:
            if track.start + track.frames == self.frames:
                self.begin(track.slot, track.who, track.fresh and track.frames == 0)
        return part


def film(replay: Replay, level: Level) -> Iterator[dict[str, object]]:
    """Yield head and parts of the film of *replay* on its *level*.

    Raises ReplayError if it cannot be played: at the start, or when it comes out otherwise than recorded.
    """
    playback = Playback(replay, level)
    header = replay.header
    ticks = length_of(replay)
    yield {
        "match_id": header.match_id,
        "mode": header.mode,
        "map": header.map,
        "map_digest": header.map_digest,
        "ticks": ticks,
        "tick_rate": TICK_RATE,
        "rate": TICK_RATE // FRAME,
    }
    filming = Filming()
    while playback.advance():
        filming.note(playback)
        if playback.ticks % PART == 0 and playback.ticks < ticks:
            yield filming.take(playback.ticks)
    yield filming.take(playback.ticks)


def length_of(replay: Replay) -> int:
    """Return the ticks of *replay*, which may have been broken off."""
    if replay.end is not None:
        return replay.end.ticks
    records = Records(replay.records)
    ticks = 0
    while (kind := records.next()) != END:
        ticks += kind not in (HASH, JOIN, LEAVE)
    return ticks


def told(tick: int, event: Event, world: World) -> dict[str, object]:
    """Return *event* of *tick* in words: who (slots; -1 the world), with what, where, how far."""
    found: dict[str, object] = {"tick": tick, "kind": KINDS[event.kind]}
    if event.kind in (EV_HIT, EV_FRAG):
        found["attacker"] = event.a
        found["victim"] = event.b
        found["means"] = MOD_NAMES[event.means]
    elif event.kind != EV_RESPAWN_ITEM:
        found["player"] = event.a
    if event.kind == EV_HIT:
        found["points"] = event.value
    else:
        found["pos"] = place(event.pos)
    if event.kind == EV_FRAG and event.a >= 0:
        found["distance"] = whole(length(sub(world.players[event.a].pos, event.pos)))
    if event.kind in (EV_PICKUP, EV_RESPAWN_ITEM):
        found["item"] = event.b
        found["name"] = ITEM_NAMES[world.level.items[event.b].kind]
    if event.kind == EV_FIRE:
        found["weapon"] = WEAPON_NAMES[event.value]
    if event.kind in (EV_FIRE, EV_TELEPORT):
        found["end"] = place(event.end)
    return found


def place(pos: Vec) -> list[int]:
    return [whole(pos[0]), whole(pos[1]), whole(pos[2])]


def whole(value: float) -> int:
    return int(value + 0.5) if value >= 0.0 else -int(0.5 - value)
