"""The world of a match: plain typed state, and the one table of its fields.

A field that is not in the table does not exist: pack, unpack and state_hash walk the table, and
`net/fields.py` picks from it what travels. Rules read `player.health`, never a buffer.

Lengths are level units (a player is 56 high), angles are 16-bit (65536 is a full turn), time is
ticks (TICK_RATE of tuning.py to a second), health and armour are points.

A packed world, little-endian:
  "TRW1"  level digest (16)  World  Player * 16  Projectile * 64  Item * as many as the level has
Each of these is its fields in the order of the table: int 8 bytes, bool 1, float 8, vec 24. A
player or projectile whose first field is 0 is that one byte: all else stands at its default.
"""

from hashlib import blake2b
from struct import Struct
from struct import error as StructError
from typing import Final

from tremble.sim.level import Level
from tremble.sim.vector import Vec as Vec

#: Most players in one world; a slot is 0 .. MAX_PLAYERS - 1.
MAX_PLAYERS: Final = 16
#: Most projectiles in flight in one world; a projectile's id is its index.
MAX_PROJECTILES: Final = 64
#: Most items in one level; an item's id is its index in the level.
MAX_ITEMS: Final = 64

# Usercmd.buttons
BUTTON_ATTACK: Final = 1
BUTTON_JUMP: Final = 2

# Player.weapon, Usercmd.weapon; a player has weapon w if bit w of Player.weapons is set
MACHINEGUN: Final = 0
RAILGUN: Final = 1
ROCKET_LAUNCHER: Final = 2
WEAPON_NAMES: Final = ("machinegun", "railgun", "rocket_launcher")

# Player.life
GONE: Final = 0  # the slot is empty or its player watches: not in the world
ALIVE: Final = 1
DEAD: Final = 2  # lies there until it respawns

# means_of_death of a FRAG event: a weapon's number, or
MOD_SPLASH: Final = 3  # a rocket's blast
MOD_TELEFRAG: Final = 4
MOD_FALLING: Final = 5
MOD_VOID: Final = 6  # left the level, or stayed in one of its trigger_hurt
MOD_NAMES: Final = (
    "machinegun", "railgun", "rocket_launcher", "rocket_splash", "telefrag", "falling", "void",
)  # fmt: skip

# Event.kind; what a, b, value and pos mean stands beside it
EV_SPAWN: Final = 1  # a: player; value: yaw it looks along; pos
EV_JUMP: Final = 2  # a: player; pos
EV_LAND: Final = 3  # a: player; value: speed of the fall; pos
EV_FIRE: Final = 4  # a: player; value: weapon; pos: eyes; end: where a hitscan ended
EV_HIT: Final = 5  # a: attacker; b: victim; value: health + armour lost; means
EV_FRAG: Final = 6  # a: attacker (or b itself: suicide; -1: world); b: victim; means; pos
EV_PICKUP: Final = 7  # a: player; b: item id; pos
EV_RESPAWN_ITEM: Final = 8  # b: item id; pos
EV_EXPLODE: Final = 9  # a: owner; b: projectile id; pos
EV_JUMP_PAD: Final = 10  # a: player; pos
EV_TELEPORT: Final = 11  # a: player; value: yaw it looks along; pos: from; end: to


class Usercmd:
    """What one player asks for on one tick.

    *forward*, *side*: -127 .. 127, share of full speed, side to the right is positive; *yaw*:
    0 .. 65535, counter-clockwise from +x; *pitch*: -16384 .. 16384, down is positive; *weapon*:
    the wanted weapon; *view*: when it was that the player saw the others so, in sixteenths of a
    tick, 0 if not known.
    """

    def __init__(
        self,
        tick: int = 0,
        forward: int = 0,
        side: int = 0,
        yaw: int = 0,
        pitch: int = 0,
        buttons: int = 0,
        weapon: int = MACHINEGUN,
        view: int = 0,
    ) -> None:
        self.tick = tick
        self.forward = forward
        self.side = side
        self.yaw = yaw
        self.pitch = pitch
        self.buttons = buttons
        self.weapon = weapon
        self.view = view


class Event:
    """What a tick did. Which fields count for which kind stands beside the EV_ constants."""

    def __init__(
        self,
        kind: int,
        a: int = -1,
        b: int = -1,
        value: int = 0,
        means: int = 0,
        pos: Vec = (0.0, 0.0, 0.0),
        end: Vec = (0.0, 0.0, 0.0),
    ) -> None:
        self.kind = kind
        self.a = a
        self.b = b
        self.value = value
        self.means = means
        self.pos = pos
        self.end = end


class Player:
    """One slot of the world. Every field is explained in FIELDS."""

    def __init__(self, slot: int) -> None:
        self.life = GONE
        self.slot = slot
        self.pos: Vec = (0.0, 0.0, 0.0)
        self.vel: Vec = (0.0, 0.0, 0.0)
        self.yaw = 0
        self.pitch = 0
        self.health = 0
        self.armour = 0
        self.weapon = MACHINEGUN
        self.weapons = 0
        self.ammo_machinegun = 0
        self.ammo_railgun = 0
        self.ammo_rocket_launcher = 0
        self.refire = 0
        self.respawn = 0
        self.on_ground = False
        self.jump_held = False
        self.knockback = 0
        self.decay = 0
        self.pad = -1


class Projectile:
    """A rocket in flight, or a free place for one. Every field is explained in FIELDS."""

    def __init__(self) -> None:
        self.active = False
        self.owner = -1
        self.born = 0
        self.pos: Vec = (0.0, 0.0, 0.0)
        self.vel: Vec = (0.0, 0.0, 0.0)


class Item:
    """One of the level's items: there, or coming back. Every field is explained in FIELDS."""

    def __init__(self) -> None:
        self.available = True
        self.timer = 0


class World:
    """All that a tick reads and writes; *seed* (any int) starts its random numbers."""

    def __init__(self, level: Level, seed: int) -> None:
        self.level = level
        self.tick = 0
        self.rng = seed % 2147483646 + 1
        self.frozen = False
        self.players = [Player(slot) for slot in range(MAX_PLAYERS)]
        self.projectiles = [Projectile() for _ in range(MAX_PROJECTILES)]
        self.items = [Item() for _ in level.items]

    def draw(self, below: int) -> int:
        """Return the next random number, 0 .. *below* - 1; *below* is at most 65536.

        Lehmer's generator with the factor of Park, Miller and Stockmeyer (CACM 36-7, 1993).
        """
        self.rng = self.rng * 48271 % 2147483647
        return (self.rng >> 8) % below


#: Every field: class, name, kind (int, bool, float, vec), what it means. The order is that of pack.
FIELDS: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("World", "tick", "int", "ticks done so far"),
    ("World", "rng", "int", "1 .. 2147483646: state of the world's own random numbers"),
    ("World", "frozen", "bool", "players look, but neither move nor fire (countdown)"),
    ("Player", "life", "int", "GONE, ALIVE or DEAD"),
    ("Player", "slot", "int", "its index among the players"),
    ("Player", "pos", "vec", "centre of the box, 24 above its feet; of the corpse when dead"),
    ("Player", "vel", "vec", "units per second"),
    ("Player", "yaw", "int", "0 .. 65535, counter-clockwise from +x"),
    ("Player", "pitch", "int", "-16384 .. 16384, down is positive"),
    ("Player", "health", "int", "points; 0 or less when dead"),
    ("Player", "armour", "int", "points, 0 .. 200"),
    ("Player", "weapon", "int", "the weapon in hand"),
    ("Player", "weapons", "int", "bit w is set: it has weapon w"),
    ("Player", "ammo_machinegun", "int", "bullets, 0 .. 200"),
    ("Player", "ammo_railgun", "int", "slugs, 0 .. 200"),
    ("Player", "ammo_rocket_launcher", "int", "rockets, 0 .. 200"),
    ("Player", "refire", "int", "ticks until it may fire or change weapon"),
    ("Player", "respawn", "int", "ticks until a dead player must respawn"),
    ("Player", "on_ground", "bool", "stands on something not too steep to walk"),
    ("Player", "jump_held", "bool", "jump has not been released since the last jump"),
    ("Player", "knockback", "int", "ticks without friction, after a hit or a teleport"),
    ("Player", "decay", "int", "ticks until health and armour above 100 lose a point"),
    ("Player", "pad", "int", "jump pad it touches, by index in the level; -1: none"),
    ("Projectile", "active", "bool", "in flight; else a free place"),
    ("Projectile", "owner", "int", "slot of who fired it"),
    ("Projectile", "born", "int", "tick at which it was fired"),
    ("Projectile", "pos", "vec", "where it is"),
    ("Projectile", "vel", "vec", "units per second"),
    ("Item", "available", "bool", "lies there to be taken"),
    ("Item", "timer", "int", "ticks until it comes back"),
)

MAGIC: Final = b"TRW1"
CODES: Final = {"int": "q", "bool": "?", "float": "d", "vec": "ddd"}


class Layout:
    """How the fields of the class *owner* lie in a packed world."""

    def __init__(self, owner: str) -> None:
        rows = [row for row in FIELDS if row[0] == owner]
        self.names = [row[1] for row in rows]
        self.kinds = [row[2] for row in rows]
        self.struct = Struct("<" + "".join([CODES[kind] for kind in self.kinds]))

    def write(self, thing: object) -> bytes:
        values: list[object] = []
        for name in self.names:
            value = getattr(thing, name)
            if isinstance(value, tuple):
                values.extend(value)
            else:
                values.append(value)
        return self.struct.pack(*values)

    def read(self, data: bytes, at: int, thing: object) -> int:
        """Set the fields of *thing* from *data* at byte *at*; return the byte after them."""
        values = self.struct.unpack_from(data, at)
        i = 0
        for name, kind in zip(self.names, self.kinds, strict=True):
            if kind == "vec":
                setattr(thing, name, (values[i], values[i + 1], values[i + 2]))
                i += 3
            else:
                setattr(thing, name, values[i])
                i += 1
        return at + self.struct.size


WORLD: Final = Layout("World")
PLAYER: Final = Layout("Player")
PROJECTILE: Final = Layout("Projectile")
ITEM: Final = Layout("Item")


def pack(world: World) -> bytes:
    """Return the whole *world* but for its level, which it names by digest."""
    parts = [MAGIC, bytes.fromhex(world.level.digest), WORLD.write(world)]
    for player in world.players:
        parts.append(b"\0" if player.life == GONE else PLAYER.write(player))
    for projectile in world.projectiles:
        parts.append(PROJECTILE.write(projectile) if projectile.active else b"\0")
    for item in world.items:
        parts.append(ITEM.write(item))
    return b"".join(parts)


def unpack(data: bytes, level: Level) -> World:
    """Return the world that pack wrote; raise ValueError if *data* is not one of this *level*."""
    head = MAGIC + bytes.fromhex(level.digest)
    if data[: len(head)] != head:
        raise ValueError(f"not a packed world of {level.name}: starts with {data[:20].hex()}")
    world = World(level, 0)
    try:
        end = unpack_body(data, len(head), world)
    except StructError as error:
        raise ValueError(f"a packed world of {len(data)} bytes is cut short: {error}") from None
    if end != len(data):
        raise ValueError(f"a packed world has {len(data) - end} bytes too many")
    for player in world.players:
        check_player(player)
    # The last word: whatever reads back as other bytes (a bool of 7, a slot moved) is not ours.
    if pack(world) != data:
        raise ValueError("a packed world holds values that pack never writes")
    return world


def unpack_body(data: bytes, at: int, world: World) -> int:
    at = WORLD.read(data, at, world)
    if not 1 <= world.rng <= 2147483646:
        raise ValueError(f"a packed world has {world.rng} as the state of its random numbers")
    for slot, player in enumerate(world.players):
        if data[at : at + 1] == b"\0":
            at += 1
            continue
        at = PLAYER.read(data, at, player)
        if player.slot != slot:
            raise ValueError(f"a packed world has player {player.slot} in slot {slot}")
    for projectile in world.projectiles:
        if data[at : at + 1] == b"\0":
            at += 1
            continue
        at = PROJECTILE.read(data, at, projectile)
        if not 0 <= projectile.owner < MAX_PLAYERS:
            raise ValueError(f"a packed world has a projectile of player {projectile.owner}")
        check_vectors(projectile.pos, projectile.vel)
    for item in world.items:
        at = ITEM.read(data, at, item)
    return at


def check_player(player: Player) -> None:
    if not GONE <= player.life <= DEAD or not MACHINEGUN <= player.weapon <= ROCKET_LAUNCHER:
        raise ValueError(
            f"a packed world has a player of life {player.life} and weapon {player.weapon}"
        )
    check_vectors(player.pos, player.vel)


def check_vectors(pos: Vec, vel: Vec) -> None:
    for value in pos + vel:
        if value - value != 0.0:  # infinite or not a number
            raise ValueError(f"a packed world has a place or velocity of {value}")


def state_hash(world: World) -> int:
    """Return 64 bits that differ, but for chance, whenever any field of *world* does."""
    return int.from_bytes(blake2b(pack(world), digest_size=8).digest(), "little")
