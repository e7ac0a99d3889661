"""Level: where a match is played, as its `.map` file says. It never changes while it is played."""

from hashlib import blake2b
from math import sqrt
from typing import Final

from tremble.errors import MapError
from tremble.sim.brush import Brush, build_brush, plane_through
from tremble.sim.hull import Hull, sweep
from tremble.sim.mapfile import MapEntity, fault, parse, parse_number
from tremble.sim.tuning import GRAVITY, PLAYER_MAXS, PLAYER_MINS, SPAWN_LIFT, TERMINAL_SPEED
from tremble.sim.vector import ZERO, Vec, add, highest, length, lowest, mad, scale

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
        self.player_hull = Hull(brushes, PLAYER_MINS, PLAYER_MAXS)
        self.point_hull = Hull(brushes, ZERO, ZERO)
        self.hulls = [self.player_hull, self.point_hull]

    def hull(self, mins: Vec, maxs: Vec) -> Hull:
        """Return the solid for boxes of *mins* to *maxs*: made at first use, then kept."""
        for hull in self.hulls:
            if hull.mins == mins and hull.maxs == maxs:
                return hull
        made = Hull(self.brushes, mins, maxs)
        self.hulls.append(made)
        return made


ITEM_CLASSES: Final = {
    "item_health_small": HEALTH_SMALL,
    "item_health": HEALTH,
    "item_health_large": HEALTH_LARGE,
    "item_health_mega": HEALTH_MEGA,
    "item_armor_shard": ARMOUR_SHARD,
    "item_armor_combat": ARMOUR_COMBAT,
    "item_armor_body": ARMOUR_BODY,
    "weapon_machinegun": WEAPON_MACHINEGUN,
    "weapon_railgun": WEAPON_RAILGUN,
    "weapon_rocketlauncher": WEAPON_ROCKET_LAUNCHER,
    "ammo_bullets": AMMO_MACHINEGUN,
    "ammo_slugs": AMMO_RAILGUN,
    "ammo_rockets": AMMO_ROCKET_LAUNCHER,
}
#: Brush entities through which everything passes.
OPEN_CLASSES: Final = ("func_illusionary", "func_detail_illusionary")
#: Textures of brushes that only speak to the compiler of the original games.
OPEN_TEXTURES: Final = ("hint", "hintskip", "skip", "origin", "areaportal")
#: Bounds on a level; state.MAX_ITEMS is the same number.
MAX_LEVEL_ITEMS: Final = 64
MAX_SPAWNS: Final = 128
MAX_TRIGGERS: Final = 64
#: An item's box, which is dropped to the floor: bg_misc.c ITEM_RADIUS.
ITEM_MINS: Vec = (-15.0, -15.0, -15.0)
ITEM_MAXS: Vec = (15.0, 15.0, 15.0)
#: How far an item falls at most; g_items.c.
ITEM_DROP: Final = 4096.0


def load(text: str, name: str) -> Level:
    """Return the level *name* that the `.map` file *text* describes.

    Raise MapError, "maps/NAME.map:LINE: entity N (classname): what is wrong", if it cannot be
    played.
    """
    return Builder(text, name).build()


class Builder:
    """Makes a level of the entities of one file."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.digest = blake2b(text.encode(errors="replace"), digest_size=16).hexdigest()
        self.entities = parse(text, name)
        self.targets = {
            entity.keys["targetname"]: entity
            for entity in self.entities
            if "targetname" in entity.keys
        }

    def build(self) -> Level:
        brushes = self.solid_brushes()
        if not brushes:
            raise MapError(f"maps/{self.name}.map:1: no solid brush; draw at least a floor")
        try:
            level = Level(self.name, self.digest, brushes)
        except ValueError as error:
            raise MapError(f"maps/{self.name}.map:1: map too large: {error}") from None
        lows = [brush.mins for brush in level.brushes]
        highs = [brush.maxs for brush in level.brushes]
        level.mins, level.maxs = lows[0], highs[0]
        for low, high in zip(lows, highs, strict=True):
            level.mins = lowest(level.mins, low)
            level.maxs = highest(level.maxs, high)
        for entity in self.entities:
            self.place(level, entity)
        if not level.spawns:
            raise MapError(
                f"maps/{self.name}.map:1: nowhere to enter; add an info_player_deathmatch"
            )
        return level

    def solid_brushes(self) -> list[Brush]:
        found: list[Brush] = []
        for entity in self.entities:
            kind = entity.classname
            omitted = entity.keys.get("_tb_layer_omit_from_export") == "1"
            if omitted or kind in OPEN_CLASSES or kind.startswith("trigger_"):
                continue
            found.extend(self.brushes_of(entity))
        return found

    def brushes_of(self, entity: MapEntity) -> list[Brush]:
        found: list[Brush] = []
        for written in entity.brushes:
            if written.textures[0].lower().rsplit("/", 1)[-1] in OPEN_TEXTURES:
                continue
            try:
                planes = [plane_through(a, b, c) for a, b, c in written.planes]
                found.append(build_brush(planes))
            except ValueError as error:
                raise fault(self.name, entity, f"brush: {error}", written.line) from None
        return found

    def place(self, level: Level, entity: MapEntity) -> None:
        """Enter *entity* in *level*, if it is one that the game knows."""
        kind = entity.classname
        if kind == "worldspawn":
            level.title = entity.keys.get("message", level.name)[:64]
        elif kind == "info_player_deathmatch":
            pos = add(self.origin(entity), (0.0, 0.0, SPAWN_LIFT))
            self.check_free(level, entity, pos)
            self.check_count(entity, len(level.spawns), MAX_SPAWNS)
            level.spawns.append(Spawn(pos, self.yaw(entity)))
        elif kind in ITEM_CLASSES:
            self.place_item(level, entity)
        elif kind in ("trigger_push", "trigger_teleport", "trigger_hurt"):
            self.place_trigger(level, entity)

    def place_item(self, level: Level, entity: MapEntity) -> None:
        self.check_count(entity, len(level.items), MAX_LEVEL_ITEMS)
        pos = self.origin(entity)
        down = sweep(level.hull(ITEM_MINS, ITEM_MAXS), pos, mad(pos, -ITEM_DROP, (0.0, 0.0, 1.0)))
        if down.start_solid:
            raise fault(self.name, entity, "its 30-unit box stands in solid; move it out or up")
        suspended = int(self.number(entity, "spawnflags", 0.0)) & 1
        if not suspended and down.fraction == 1.0:
            raise fault(self.name, entity, "no floor beneath; move it, or set spawnflags to 1")
        rest = pos if suspended else down.end
        level.items.append(ItemSpawn(ITEM_CLASSES[entity.classname], rest))

    def place_trigger(self, level: Level, entity: MapEntity) -> None:
        self.check_count(
            entity, len(level.pads) + len(level.teleporters) + len(level.hurts), MAX_TRIGGERS
        )
        brushes = self.brushes_of(entity)
        if not brushes:
            raise fault(self.name, entity, "no brush; draw where it is to be touched")
        mins, maxs = brushes[0].mins, brushes[0].maxs
        for brush in brushes:
            mins, maxs = lowest(mins, brush.mins), highest(maxs, brush.maxs)
        if entity.classname == "trigger_hurt":
            damage = int(self.number(entity, "dmg", 5.0))
            level.hurts.append(Hurt(mins, maxs, max(1, min(1000, damage))))
            return
        target = self.target(entity)
        origin = self.origin(target)
        if entity.classname == "trigger_push":
            centre = scale(add(mins, maxs), 0.5)
            level.pads.append(Pad(mins, maxs, self.push(entity, centre, origin)))
        else:
            pos = add(origin, (0.0, 0.0, 1.0))
            self.check_free(level, target, pos)
            level.teleporters.append(Teleporter(mins, maxs, pos, self.yaw(target)))

    def push(self, entity: MapEntity, start: Vec, apex: Vec) -> Vec:
        """Return the velocity that rises from *start* to its top at *apex*: g_trigger.c."""
        height = apex[2] - start[2]
        if height <= 0.0:
            raise fault(self.name, entity, "its target is not above it; raise the target")
        time = sqrt(height / (0.5 * GRAVITY))
        vel = ((apex[0] - start[0]) / time, (apex[1] - start[1]) / time, time * GRAVITY)
        if length(vel) > TERMINAL_SPEED:
            raise fault(
                self.name, entity, f"its target is too far: {length(vel):.0f} units/s to get there"
            )
        return vel

    def target(self, entity: MapEntity) -> MapEntity:
        wanted = entity.keys.get("target", "")
        found = self.targets.get(wanted)
        if found is None:
            raise fault(
                self.name, entity, f'no entity has the targetname "{wanted[:64]}" of its target'
            )
        return found

    def origin(self, entity: MapEntity) -> Vec:
        parts = [parse_number(token) for token in entity.keys.get("origin", "").split()]
        if len(parts) == 3:
            x, y, z = parts[0], parts[1], parts[2]
            if x is not None and y is not None and z is not None:
                return (x, y, z)
        shown = entity.keys.get("origin", "")[:64]
        raise fault(self.name, entity, f'its origin "{shown}" is not three numbers')

    def number(self, entity: MapEntity, key: str, default: float) -> float:
        if key not in entity.keys:
            return default
        value = parse_number(entity.keys[key])
        if value is None:
            raise fault(self.name, entity, f'its {key} "{entity.keys[key][:64]}" is not a number')
        return value

    def yaw(self, entity: MapEntity) -> int:
        """Return where it looks, 16-bit; Quake's -1 and -2 (up, down) count as 0."""
        degrees = self.number(entity, "angle", 0.0)
        return 0 if degrees < 0.0 else int(degrees * 65536.0 / 360.0 + 0.5) & 65535

    def check_free(self, level: Level, entity: MapEntity, pos: Vec) -> None:
        if sweep(level.player_hull, pos, pos).start_solid:
            raise fault(self.name, entity, "a player put here stands in solid; move it out or up")

    def check_count(self, entity: MapEntity, count: int, most: int) -> None:
        if count >= most:
            raise fault(self.name, entity, f"more than {most} of its sort; remove some")
