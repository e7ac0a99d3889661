"""A film: a replay played again and told in plain data, for viewers that cannot play it.

Places are whole units, 20 a second; while a player is dead or gone they are null. JSON, in full:
  match_id mode map map_digest ticks tick_rate rate     *rate*: frames a second
  players   slot player_id name bot, from to (frames)   one for each time somebody held a slot
            x y z yaw health armour weapon              a list each, from frame *from* on
  events    tick kind, and what goes with the kind: see `told`
"""

from typing import Final

from tremble.match.playback import Playback
from tremble.match.replay import Replay
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
    """One player's places while it holds *slot*, from frame *start* on."""

    def __init__(self, slot: int, who: Who, start: int) -> None:
        self.slot = slot
        self.who = who
        self.start = start
        self.frames = 0
        self.values: dict[str, list[int | None]] = {
            name: [] for name in ("x", "y", "z", "yaw", "health", "armour", "weapon")
        }

    def note(self, world: World) -> None:
        """Add a frame."""
        self.frames += 1
        player = world.players[self.slot]
        if player.life != ALIVE:
            for name in self.values:
                self.values[name].append(None)
            return
        self.values["x"].append(whole(player.pos[0]))
        self.values["y"].append(whole(player.pos[1]))
        self.values["z"].append(whole(player.pos[2]))
        self.values["yaw"].append(player.yaw)
        self.values["health"].append(player.health)
        self.values["armour"].append(player.armour)
        self.values["weapon"].append(player.weapon)

    def told(self) -> dict[str, object]:
        found: dict[str, object] = {
            "slot": self.slot,
            "player_id": self.who.player_id,
            "name": self.who.name,
            "bot": self.who.bot,
            "from": self.start,
            "to": self.start + self.frames,
        }
        for name in self.values:
            found[name] = self.values[name]
        return found


def film(replay: Replay, level: Level) -> dict[str, object]:
    """Return the film of *replay* on its *level*. Raises ReplayError if it cannot be played."""
    playback = Playback(replay, level)
    header = replay.header
    tracks: list[Track] = []
    holders: dict[int, Track] = {}
    events: list[dict[str, object]] = []
    frames = 0
    while playback.advance():
        for event in playback.events:
            if event.kind in KINDS:
                events.append(told(playback.ticks, event, playback.world))
        if playback.ticks % FRAME == 0:
            frames += 1
            for slot in sorted(playback.match.tallies):
                track = holder(holders, tracks, slot, playback.match.tallies[slot].who, frames)
                track.note(playback.world)
    return {
        "match_id": header.match_id,
        "mode": header.mode,
        "map": header.map,
        "map_digest": header.map_digest,
        "ticks": playback.ticks,
        "tick_rate": TICK_RATE,
        "rate": TICK_RATE // FRAME,
        "players": [track.told() for track in tracks],
        "events": events,
    }


def holder(
    holders: dict[int, Track], tracks: list[Track], slot: int, who: Who, frames: int
) -> Track:
    """Return the track of *who* in *slot*, for frame number *frames* from 1; a new one if need be."""
    found = holders.get(slot)
    if found is None or found.who is not who or found.start + found.frames != frames - 1:
        found = Track(slot, who, frames - 1)
        holders[slot] = found
        tracks.append(found)
    return found


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
