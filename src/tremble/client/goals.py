"""Goals: what a bot wants to have, how much, and which of it is worth the way."""

from typing import Final

from tremble.client.navigation import UNREACHABLE, Graph
from tremble.client.view import Own
from tremble.sim.level import (
    AMMO_MACHINEGUN,
    ARMOUR_BODY,
    ARMOUR_SHARD,
    HEALTH_MEGA,
    HEALTH_SMALL,
    WEAPON_MACHINEGUN,
    Level,
)
from tremble.sim.state import MACHINEGUN, RAILGUN, ROCKET_LAUNCHER
from tremble.sim.tuning import BASE_HEALTH, ITEM_AMOUNT, MAX_ARMOUR, MAX_HEALTH

#: Worth of holding each weapon for the first time.
WEAPON_WORTH: Final = {MACHINEGUN: 20.0, RAILGUN: 75.0, ROCKET_LAUNCHER: 100.0}
#: Rounds beyond which more are not gone for.
ENOUGH_AMMO: Final = {MACHINEGUN: 100, RAILGUN: 15, ROCKET_LAUNCHER: 20}
#: Worth of ammunition when there is none left.
AMMO_WORTH: Final = 35.0
#: Worth of a point of health at full health; it grows as health shrinks.
HEALTH_WORTH: Final = 0.5
ARMOUR_WORTH: Final = 0.6
#: Seconds added to every way, so that what lies close does not count without bound.
NEAR_S: Final = 1.5


def worth(kind: int, own: Own) -> float:
    """Return what an item of *kind* is worth to *own*; 0 if it has no use for it."""
    if kind <= HEALTH_MEGA:
        most = MAX_HEALTH if kind in (HEALTH_SMALL, HEALTH_MEGA) else BASE_HEALTH
        gain = min(ITEM_AMOUNT[kind], most - own.health)
        need = HEALTH_WORTH + 2.0 * max(0.0, 1.0 - own.health / BASE_HEALTH)
        return max(0.0, gain * need)
    if ARMOUR_SHARD <= kind <= ARMOUR_BODY:
        return max(0.0, min(ITEM_AMOUNT[kind], MAX_ARMOUR - own.armour) * ARMOUR_WORTH)
    if kind < AMMO_MACHINEGUN:
        weapon = kind - WEAPON_MACHINEGUN
        if own.weapons & (1 << weapon) == 0:
            return WEAPON_WORTH[weapon]
        return lack_of_ammo(weapon, own) * 0.5
    weapon = kind - AMMO_MACHINEGUN
    held = own.weapons & (1 << weapon) != 0
    return lack_of_ammo(weapon, own) * (1.0 if held else 0.15)


def lack_of_ammo(weapon: int, own: Own) -> float:
    """Return the worth of ammunition for *weapon*: most when there is none."""
    return max(0.0, AMMO_WORTH * (1.0 - own.ammo[weapon] / ENOUGH_AMMO[weapon]))


def best_item(
    level: Level, graph: Graph, place: int, own: Own, available: int, shunned: set[int]
) -> tuple[int, float]:
    """Return the item most worth its way from *place*, and its worth a second; -1 if there is none.

    *available*: bit i is set if item i lies there; *shunned*: items not to be thought of.
    """
    best, found = 0.0, -1
    for i, item in enumerate(level.items):
        if not available >> i & 1 or i in shunned:
            continue
        value = worth(item.kind, own)
        if value <= 0.0:
            continue
        goal = graph.items[i]
        seconds = graph.field(goal)[place] if goal >= 0 else UNREACHABLE
        if value / (seconds + NEAR_S) > best:
            best, found = value / (seconds + NEAR_S), i
    return found, best
