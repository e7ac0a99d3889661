"""Every number that players feel, one a line, with its unit and where it comes from.

"q3" is the 1.32 release of Quake III Arena as ioquake3 keeps it; "ours" has its reason beside it.
Lengths are level units, speeds units per second, times ticks.
"""

from typing import Final

from tremble.sim.vector import Vec

#: Older replays cannot be verified once it has gone up.
RULES: Final = 1  # version; ours: goes up whenever the same inputs no longer give the same world

TICK_RATE: Final = 60  # ticks per second; ours: one rate for server, clients and replays
DT: Final = 1.0 / 60.0  # seconds per tick

# movement: bg_pmove.c, bg_local.h
GRAVITY: Final = 800.0  # units/s2; g_main.c g_gravity
MAX_SPEED: Final = 320.0  # units/s on foot; g_main.c g_speed
STOP_SPEED: Final = 100.0  # units/s; slower than this, friction bites as if at this
ACCELERATE: Final = 10.0  # 1/s on the ground
AIR_ACCELERATE: Final = 1.0  # 1/s in the air
FRICTION: Final = 6.0  # 1/s on the ground
JUMP_VELOCITY: Final = 270.0  # units/s; bg_local.h
STEP_SIZE: Final = 18.0  # units; the highest stair that is walked up
MIN_WALK_NORMAL: Final = 0.7  # z of a normal; steeper ground is slid down
OVERCLIP: Final = 1.001  # pushes a little off each plane slid along
MAX_BUMPS: Final = 4  # planes met in one slide of a tick
MAX_CLIP_PLANES: Final = 5  # more at once: the player stops
TINY_SPEED: Final = 0.000001  # units/s; slower is still: ours
GROUND_DEPTH: Final = 0.25  # units; ground is no farther below
KICK_OFF_SPEED: Final = 10.0  # units/s off a surface; faster, and the player does not stand on it
LAND_SPEED: Final = 264.6  # units/s; a softer landing is a footstep (delta 7)
NEAR: Final = 160.0  # units; one tick reaches no farther: ours, 3000 * DT + a step + two boxes
TERMINAL_SPEED: Final = 3000.0  # units/s; ours: bounds what a trace and the wire must carry

# box: bg_pmove.c
HALF_WIDTH: Final = 15.0  # units from the centre to each side
FEET: Final = -24.0  # units from the centre to the soles
HEAD: Final = 32.0  # units from the centre to the crown
PLAYER_MINS: Vec = (-HALF_WIDTH, -HALF_WIDTH, FEET)  # the same as corners
PLAYER_MAXS: Vec = (HALF_WIDTH, HALF_WIDTH, HEAD)  # the same as corners
VIEW_HEIGHT: Final = 26.0  # eyes above the centre; bg_public.h DEFAULT_VIEWHEIGHT

# falling: bg_pmove.c PM_CrashLand; delta = speed**2 * 0.0001
FALL_DELTA_SHORT: Final = 40.0  # a fall that hurts
FALL_DELTA_FAR: Final = 60.0  # a fall that hurts more
FALL_DAMAGE_SHORT: Final = 5  # points; g_active.c
FALL_DAMAGE_FAR: Final = 10  # points
VOID_DEPTH: Final = 256.0  # units below the level's lowest brush; ours: nothing to stand on there

# g_weapon.c, g_missile.c, bg_misc.c; triples are machinegun, railgun, rocket launcher
DAMAGE: Final = (7, 100, 100)  # points of a direct hit
REFIRE: Final = (6, 90, 48)  # 100, 1500, 800 ms
SPAWN_BULLETS: Final = 100  # rounds in the machinegun of who spawns
MAX_AMMO: Final = 200  # rounds of each weapon
SPREAD: Final = 200.0  # units that a bullet may be off, each way, at HITSCAN_RANGE
HITSCAN_RANGE: Final = 8192.0  # units
MAX_RAIL_HITS: Final = 4  # players one slug passes through
MAX_REWIND: Final = 12  # ticks, 200 ms: whoever is further behind must aim ahead; ours
ROCKET_SPEED: Final = 900.0  # units/s
ROCKET_LIFE: Final = 900  # 15 s
ROCKET_PRESTEP: Final = 3  # ticks flown at once when fired: 50 ms
SPLASH_DAMAGE: Final = 100  # points at the centre of the blast
SPLASH_RADIUS: Final = 120.0  # units from the blast to the nearest side of a box
SPLASH_LIFT: Final = 24.0  # units by which a blast pushes from below; g_combat.c
KNOCKBACK: Final = 1000.0  # units/s for as many points as the mass; g_main.c g_knockback
KNOCKBACK_MASS: Final = 200.0  # also the most damage that counts
KNOCKBACK_MIN: Final = 3  # 50 ms without friction
KNOCKBACK_MAX: Final = 12  # 200 ms
SELF_DAMAGE: Final = 0.5  # share of own blast taken; its push is whole
ARMOUR_SHARE: Final = 0.66  # of damage is taken by armour
SWITCH: Final = 27  # 200 ms to drop and 250 ms to raise a weapon; bg_pmove.c
DRY: Final = 30  # 500 ms after a shot without ammunition

# health, armour, life: g_client.c, g_active.c, g_items.c
SPAWN_HEALTH: Final = 125  # points
BASE_HEALTH: Final = 100  # health and armour above this decay
MAX_HEALTH: Final = 200  # points
MAX_ARMOUR: Final = 200  # points
DECAY: Final = 60  # ticks per point
LIMBO: Final = 102  # 1700 ms dead before a button may bring back
FORCED_RESPAWN: Final = 1200  # 20 s; g_forcerespawn
SPAWN_LIFT: Final = 9.0  # units above the spawn point
TELEPORT_SPEED: Final = 400.0  # units/s on leaving a teleporter
TELEPORT_HOLD: Final = 10  # 160 ms without friction on leaving it

# items, by kind (level.ITEM_NAMES): bg_misc.c, g_items.c
ITEM_AMOUNT: Final = (5, 25, 50, 100, 5, 50, 100, 40, 10, 10, 50, 10, 5)  # points, rounds
ITEM_RESPAWN: Final = (  # 35 s health, 25 s armour, 5 s weapons, 40 s ammunition
    2100, 2100, 2100, 2100, 1500, 1500, 1500, 300, 300, 300, 2400, 2400, 2400,
)  # fmt: skip
ITEM_REACH: Final = 36.0  # units between the centres, along each axis, at which it is taken
