"""The field tables of a snapshot: what travels, in which unit, in how many bits.

Encoder, decoder and `docs/protocol.md` all follow these tables; a new field is one line here. Each row
names a field of `sim/state.py`; a vector gives three rows (x, y, z).

A value travels as an integer: the field times *scale*, rounded down, clamped to *bits* (a bool is 0
or 1). Against a baseline it travels as the difference from a prediction:

  0                      the value is as predicted
  1 0 <small bits>       prediction + a signed difference of *small* bits
  1 1 <bits>             the value itself

The prediction of a position is baseline position + baseline velocity x age (see PREDICT); of anything
else, the baseline's value. ANGLE differences wrap around.
"""

from typing import Final

from librt.strings import BytesWriter, read_i32_le, write_i32_le
from mypy_extensions import i32, i64

from tremble.sim.state import GONE, Player, Projectile, Vec

#: The values of one entity in the order of its table: 4 bytes each, little-endian, signed. A list of
#: them would be 20 objects; the frames of a second, which both ends keep, would not fit a cache.
Values = bytes

UINT: Final = 0
INT: Final = 1
ANGLE: Final = 2  # unsigned, wraps at 2**bits
PLACE: Final = 3  # signed, predicted from the velocity three rows further down

#: A velocity of 1 unit/s moves a position by scale / 60 steps a tick; 65536ths of a step, rounded down.
PREDICT_8: Final = 8738  # 8 / 60 * 65536: positions in 1/8 unit, velocity in units/s
PREDICT_64: Final = 4369  # 64 / 60 / 16 * 65536: positions in 1/64 unit, velocity in 1/16 unit/s


class Field:
    """One row: *name* of the value, its *kind*, *bits*, bits of a *small* difference, *scale*."""

    def __init__(self, name: str, kind: i64, bits: i64, small: i64, scale: float = 1.0) -> None:
        self.name = name
        self.kind = kind
        self.bits = bits
        self.small = small
        self.scale = scale
        one: i64 = 1
        self.half = one << (bits - 1)
        self.limit = one << (small - 1)
        self.rate: i64 = PREDICT_8 if scale == 8.0 else PREDICT_64


#: What everybody is told of a player.
PLAYER: Final = [
    Field("life", UINT, 2, 1),
    Field("pos.x", PLACE, 17, 4, 8),
    Field("pos.y", PLACE, 17, 4, 8),
    Field("pos.z", PLACE, 17, 4, 8),
    Field("vel.x", INT, 13, 6),
    Field("vel.y", INT, 13, 6),
    Field("vel.z", INT, 13, 6),
    Field("yaw", ANGLE, 12, 6, 1 / 16),
    Field("pitch", INT, 10, 5, 1 / 64),
    Field("weapon", UINT, 4, 2),
    Field("on_ground", UINT, 1, 1),
]

#: What a player is told of itself besides: finer, so that the client can predict from it.
OWN: Final = [
    Field("life", UINT, 2, 1),
    Field("pos.x", PLACE, 20, 6, 64),
    Field("pos.y", PLACE, 20, 6, 64),
    Field("pos.z", PLACE, 20, 6, 64),
    Field("vel.x", INT, 17, 9, 16),
    Field("vel.y", INT, 17, 9, 16),
    Field("vel.z", INT, 17, 9, 16),
    Field("health", INT, 10, 5),
    Field("armour", UINT, 8, 5),
    Field("weapon", UINT, 4, 2),
    Field("weapons", UINT, 8, 2),
    Field("ammo_machinegun", UINT, 8, 2),
    Field("ammo_railgun", UINT, 8, 2),
    Field("ammo_rocket_launcher", UINT, 8, 2),
    Field("refire", UINT, 8, 2),
    Field("respawn", UINT, 11, 2),
    Field("on_ground", UINT, 1, 1),
    Field("jump_held", UINT, 1, 1),
]

#: What everybody is told of a projectile.
PROJECTILE: Final = [
    Field("owner", UINT, 4, 1),
    Field("pos.x", PLACE, 17, 4, 8),
    Field("pos.y", PLACE, 17, 4, 8),
    Field("pos.z", PLACE, 17, 4, 8),
    Field("vel.x", INT, 13, 3),
    Field("vel.y", INT, 13, 3),
    Field("vel.z", INT, 13, 3),
]

#: The values of an event that travel, by Event.kind: letters of EVENT_BITS.
EVENT: Final = {
    1: "ayp",  # spawn
    2: "ap",  # jump
    3: "avp",  # land
    4: "avpe",  # fire
    5: "abvm",  # hit: told only to attacker and victim
    6: "abmp",  # frag
    7: "abp",  # pickup
    8: "bp",  # item is back
    9: "abp",  # explode
    10: "ap",  # jump pad
    11: "aype",  # teleport
}
#: a and b travel plus one (-1 is nobody); v and y are both the value, small or a yaw; p and e are three
#: signed places in units.
EVENT_BITS: Final = {"a": 5, "b": 7, "v": 12, "y": 16, "m": 3, "p": 14, "e": 14}
#: Events that only the players a and b are told of.
PRIVATE_EVENT: Final = 5


def clamp(value: int, low: int, high: int) -> int:
    """Return *value*, or the bound that it lies beyond."""
    if value < low:
        return low
    return high if value > high else value


def steps(value: float, scale: float, bits: i64) -> int:
    """Return *value* times *scale* rounded down, clamped to a signed number of *bits*."""
    scaled = value * scale
    whole = int(scaled)
    if scaled < whole:
        whole -= 1
    one: i64 = 1
    limit: int = one << (bits - 1)
    return clamp(whole, -limit, limit - 1)


def put(out: BytesWriter, value: int) -> None:
    """Append *value*, which 32 bits must hold."""
    write_i32_le(out, i32(value))


def value_at(values: Values, i: i64) -> i64:
    """Return value *i* of *values*."""
    return i64(read_i32_le(values, 4 * i))


def packed(numbers: list[int]) -> Values:
    """Return *numbers* as the values of an entity are kept."""
    out = BytesWriter()
    for number in numbers:
        put(out, number)
    return out.getvalue()


def numbers(values: Values) -> list[int]:
    """Return *values* as a list."""
    found: list[int] = []
    for i in range(len(values) // 4):
        found.append(value_at(values, i))
    return found


def place(out: BytesWriter, table: list[Field], pos: Vec, vel: Vec) -> None:
    """Append the six values of a position and a velocity: rows 1 to 6 of each *table*."""
    scale = table[1].scale
    bits = table[1].bits
    put(out, steps(pos[0], scale, bits))
    put(out, steps(pos[1], scale, bits))
    put(out, steps(pos[2], scale, bits))
    scale = table[4].scale
    bits = table[4].bits
    put(out, steps(vel[0], scale, bits))
    put(out, steps(vel[1], scale, bits))
    put(out, steps(vel[2], scale, bits))


def player_values(player: Player) -> Values:
    """Return the values of *player* in the order of PLAYER."""
    out = BytesWriter()
    put(out, player.life)
    place(out, PLAYER, player.pos, player.vel)
    put(out, player.yaw >> 4)
    put(out, clamp(player.pitch >> 6, -512, 511))
    put(out, player.weapon)
    put(out, 1 if player.on_ground else 0)
    return out.getvalue()


def own_values(player: Player) -> Values:
    """Return the values of *player* in the order of OWN."""
    out = BytesWriter()
    put(out, player.life)
    place(out, OWN, player.pos, player.vel)
    put(out, clamp(player.health, -512, 511))
    put(out, clamp(player.armour, 0, 255))
    put(out, player.weapon)
    put(out, player.weapons)
    put(out, clamp(player.ammo_machinegun, 0, 255))
    put(out, clamp(player.ammo_railgun, 0, 255))
    put(out, clamp(player.ammo_rocket_launcher, 0, 255))
    put(out, clamp(player.refire, 0, 255))
    put(out, clamp(player.respawn, 0, 2047))
    put(out, 1 if player.on_ground else 0)
    put(out, 1 if player.jump_held else 0)
    return out.getvalue()


def projectile_values(projectile: Projectile) -> Values:
    """Return the values of *projectile* in the order of PROJECTILE."""
    out = BytesWriter()
    put(out, projectile.owner)
    place(out, PROJECTILE, projectile.pos, projectile.vel)
    return out.getvalue()


def seen(player: Player) -> bool:
    """Say whether *player* is in the world at all."""
    return player.life != GONE
