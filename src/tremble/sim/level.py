"""Level: where a match is played, as its `.map` file says. It never changes while it is played."""

from typing import Final

from tremble.sim.brush import Brush
from tremble.sim.hull import Hull
from tremble.sim.vector import ZERO, Vec

# ItemSpawn.kind
HEALTH_SMALL: Final = 0
HEALTH: Final = 1
HEALTH_LARGE: Final = 2
HEALTH_MEGA: Final = 3
ARMOUR_SHARD: Final = 4
ARMOUR_COMBAT: Final = 5
ARMOUR_BODY: Final = 6
WEAPON_MACHINEGUN: Final = 7
WEAPON_RAILGUN: Final = 8
WEAPON_ROCKET_LAUNCHER: Final = 9
AMMO_MACHINEGUN: Final = 10
AMMO_RAILGUN: Final = 11
AMMO_ROCKET_LAUNCHER: Final = 12
ITEM_NAMES: Final = (
    "health_small", "health", "health_large", "health_mega",
    "armour_shard", "armour_combat", "armour_body",
    "weapon_machinegun", "weapon_railgun", "weapon_rocket_launcher",
    "ammo_machinegun", "ammo_railgun", "ammo_rocket_launcher",
)  # fmt: skip


class Spawn:
    """A place to enter the level: *pos* is the player's centre, *yaw* 16-bit."""

    def __init__(self, pos: Vec, yaw: int) -> None:
        self.pos = pos
        self.yaw = yaw


class ItemSpawn:
    """Where an item lies: *kind* is one of the item constants, *pos* its centre."""

    def __init__(self, kind: int, pos: Vec) -> None:
        self.kind = kind
        self.pos = pos


class Pad:
    """A jump pad: who touches its box leaves it with velocity *vel*."""

    def __init__(self, mins: Vec, maxs: Vec, vel: Vec) -> None:
        self.mins = mins
        self.maxs = maxs
        self.vel = vel


class Teleporter:
    """Who touches its box stands at *pos* next, looking along *yaw*."""

    def __init__(self, mins: Vec, maxs: Vec, pos: Vec, yaw: int) -> None:
        self.mins = mins
        self.maxs = maxs
        self.pos = pos
        self.yaw = yaw


class Hurt:
    """Who touches its box loses *damage* points on every tick."""

    def __init__(self, mins: Vec, maxs: Vec, damage: int) -> None:
        self.mins = mins
        self.maxs = maxs
        self.damage = damage


class Level:
    """A level: solid brushes, places to enter, items and triggers.

    *digest* is 32 hex digits, the blake2b of the file's text; *mins* to *maxs* bound the solid.
    """

    def __init__(self, name: str, digest: str, brushes: list[Brush]) -> None:
        self.name = name
        self.title = name
        self.digest = digest
        self.brushes = brushes
        self.mins: Vec = ZERO
        self.maxs: Vec = ZERO
        self.spawns: list[Spawn] = []
        self.items: list[ItemSpawn] = []
        self.pads: list[Pad] = []
        self.teleporters: list[Teleporter] = []
        self.hurts: list[Hurt] = []
        self.hulls: list[Hull] = []

    def hull(self, mins: Vec, maxs: Vec) -> Hull:
        """Return the solid for boxes of *mins* to *maxs*: made at first use, then kept."""
        for hull in self.hulls:
            if hull.mins == mins and hull.maxs == maxs:
                return hull
        made = Hull(self.brushes, mins, maxs)
        self.hulls.append(made)
        return made
