"""Rewind: where everybody was in the last ticks, so that a shot hits what its shooter saw.

Times are sixteenths of a tick (STEPS). A player is not taken back beyond its last spawn, teleport or
return to life: it stands where it is for whoever has not seen that yet.
"""

from typing import Final

from librt.strings import BytesWriter, read_f64_le, write_f64_le
from mypy_extensions import i64

from tremble.sim.state import (
    ALIVE,
    BUTTON_ATTACK,
    EV_TELEPORT,
    MAX_PLAYERS,
    ROCKET_LAUNCHER,
    Event,
    Usercmd,
    World,
)
from tremble.sim.tuning import MAX_REWIND
from tremble.sim.vector import Vec, mad, sub

#: Steps to a tick.
STEPS: Final = 16
#: The least and the most that a shot is taken back, in steps: the newest that a player can have seen
#: is the tick before.
LEAST: Final = STEPS
MOST: Final = MAX_REWIND * STEPS
#: Ticks remembered: more than MAX_REWIND.
RING: Final = 16


class Rewind:
    """The centres of all players at the last RING ticks; *first* is the first that will be noted."""

    def __init__(self, first: int) -> None:
        self.ring = [b""] * RING  # packed: f64 x, y, z by slot
        self.since = [first] * MAX_PLAYERS  # tick from which on the way of the player is unbroken

    def note(self, world: World, events: list[Event]) -> None:
        """Remember the tick that *world* has just done, and whose way its *events* broke."""
        places = BytesWriter()
        for player in world.players:
            pos = player.pos
            write_f64_le(places, pos[0])
            write_f64_le(places, pos[1])
            write_f64_le(places, pos[2])
            if player.life != ALIVE:
                self.since[player.slot] = world.tick + 1
        self.ring[world.tick % RING] = places.getvalue()
        for event in events:
            if event.kind == EV_TELEPORT:
                self.since[event.a] = world.tick

    def seen(self, world: World, back: int) -> list[Vec | None]:
        """Return by slot where players were *back* steps (LEAST to MOST) before the tick to come.

        None stands for one that is not to be taken back.
        """
        at = (world.tick + 1) * STEPS - back
        tick = at // STEPS
        part = at % STEPS
        here, later = self.ring[tick % RING], self.ring[(tick + 1) % RING]
        found: list[Vec | None] = []
        for slot in range(MAX_PLAYERS):
            if tick < self.since[slot]:
                found.append(None)
                continue
            pos = place_at(here, slot)
            if part:
                pos = mad(pos, float(part) / float(STEPS), sub(place_at(later, slot), pos))
            found.append(pos)
        return found

    def views(self, world: World, backs: list[int]) -> list[list[Vec | None] | None]:
        """Return `seen` for each slot that *backs* takes back; None for the others."""
        found: list[list[Vec | None] | None] = []
        for back in backs:
            found.append(self.seen(world, back) if back else None)
        return found


def place_at(places: bytes, slot: int) -> Vec:
    """Return the place of *slot* among the packed *places* of a tick."""
    at: i64 = slot * 24
    return (
        read_f64_le(places, at),
        read_f64_le(places, at + 8),
        read_f64_le(places, at + 16),
    )


def backs_of(world: World, commands: list[Usercmd | None]) -> list[int]:
    """Return back_of() for each slot."""
    return [back_of(world, slot, commands[slot]) for slot in range(len(commands))]


def back_of(world: World, slot: int, command: Usercmd | None) -> int:
    """Return by how many steps the *command* of *slot* is to be taken back in the tick to come.

    0: not at all, since it hits nothing at once.
    """
    if command is None or command.view == 0 or command.buttons & BUTTON_ATTACK == 0:
        return 0
    player = world.players[slot]
    if player.refire > 1 or player.weapon == ROCKET_LAUNCHER:
        return 0
    back = (world.tick + 1) * STEPS - command.view
    return min(MOST, max(LEAST, back))
