"""The world of a match: plain typed state, and the one table of its fields.

A field that is not in the table does not exist: pack, unpack and state_hash walk the table, and
`net/fields.py` picks from it what travels. Rules read `player.health`, never a buffer.

Lengths are level units (an adult player is 56 high), angles are 16-bit (65536 is a full turn), time is
ticks (TICK_RATE of tuning.py to a second), health and armour are points.
"""

from typing import Final

Vec = tuple[float, float, float]

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
MOD_VOID: Final = 6  # left the level
MOD_NAMES: Final = (
    "machinegun", "railgun", "rocket_launcher", "rocket_splash", "telefrag", "falling", "void",
)  # fmt: skip

# Event.kind; what a, b, value and pos mean stands beside it
EV_SPAWN: Final = 1  # a: player; pos: where
EV_JUMP: Final = 2  # a: player; pos
EV_LAND: Final = 3  # a: player; value: speed of the fall; pos
EV_FIRE: Final = 4  # a: player; value: weapon; pos: muzzle; end: where a hitscan ended
EV_HIT: Final = (
    5  # a: attacker; b: victim; value: damage dealt (health + armour); means: means_of_death
)
EV_FRAG: Final = 6  # a: attacker (or b itself: suicide; -1: world); b: victim; means; pos
EV_PICKUP: Final = 7  # a: player; b: item id; pos
EV_RESPAWN_ITEM: Final = 8  # b: item id; pos
EV_EXPLODE: Final = 9  # a: owner; b: projectile id; pos
EV_JUMP_PAD: Final = 10  # a: player; pos
EV_TELEPORT: Final = 11  # a: player; pos: from; end: to


class Usercmd:
    """What one player asks for on one tick.

    *forward*, *side*: -127 .. 127, share of full speed; *yaw*: 0 .. 65535, counter-clockwise from +x;
    *pitch*: -16384 .. 16384, down is positive; *weapon*: wanted weapon.
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
    ) -> None:
        self.tick = tick
        self.forward = forward
        self.side = side
        self.yaw = yaw
        self.pitch = pitch
        self.buttons = buttons
        self.weapon = weapon


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
