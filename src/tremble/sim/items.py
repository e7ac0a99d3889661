"""Items: health, armour, weapons and ammunition that lie about, are taken, and come back."""

from tremble.sim.level import (
    AMMO_MACHINEGUN,
    ARMOUR_BODY,
    ARMOUR_SHARD,
    HEALTH_MEGA,
    HEALTH_SMALL,
    WEAPON_MACHINEGUN,
    WEAPON_ROCKET_LAUNCHER,
)
from tremble.sim.state import (
    EV_PICKUP,
    EV_RESPAWN_ITEM,
    Event,
    Player,
    World,
)
from tremble.sim.tuning import (
    BASE_HEALTH,
    ITEM_AMOUNT,
    ITEM_REACH,
    ITEM_RESPAWN,
    MAX_AMMO,
    MAX_ARMOUR,
    MAX_HEALTH,
)
from tremble.sim.weapons import ammo, set_ammo


def bring_back(world: World, events: list[Event]) -> None:
    """Count down the items that were taken; tell which are back."""
    for index, item in enumerate(world.items):
        if item.available:
            continue
        item.timer -= 1
        if item.timer <= 0:
            item.timer = 0
            item.available = True
            events.append(Event(EV_RESPAWN_ITEM, b=index, pos=world.level.items[index].pos))


def touch_items(world: World, player: Player, events: list[Event]) -> None:
    """Give *player* what it touches and has a use for."""
    pos = player.pos
    for index, spawn in enumerate(world.level.items):
        at = spawn.pos
        if abs(at[0] - pos[0]) > ITEM_REACH or abs(at[1] - pos[1]) > ITEM_REACH:
            continue
        item = world.items[index]
        if not item.available or abs(at[2] - pos[2]) > ITEM_REACH:
            continue
        if give(player, spawn.kind):
            item.available = False
            item.timer = ITEM_RESPAWN[spawn.kind]
            events.append(Event(EV_PICKUP, a=player.slot, b=index, pos=at))


def give(player: Player, kind: int) -> bool:
    """Give *player* an item of *kind*; return False if it has no use for it."""
    amount = ITEM_AMOUNT[kind]
    if kind <= HEALTH_MEGA:
        most = MAX_HEALTH if kind in (HEALTH_SMALL, HEALTH_MEGA) else BASE_HEALTH
        if player.health >= most:
            return False
        player.health = min(player.health + amount, most)
    elif ARMOUR_SHARD <= kind <= ARMOUR_BODY:
        if player.armour >= MAX_ARMOUR:
            return False
        player.armour = min(player.armour + amount, MAX_ARMOUR)
    elif WEAPON_MACHINEGUN <= kind <= WEAPON_ROCKET_LAUNCHER:
        weapon = kind - WEAPON_MACHINEGUN
        player.weapons |= 1 << weapon
        # A weapon fills up to its amount; who has as much gets one round: g_items.c Pickup_Weapon.
        had = ammo(player, weapon)
        set_ammo(player, weapon, min(max(had + 1, amount), MAX_AMMO))
    else:
        weapon = kind - AMMO_MACHINEGUN
        had = ammo(player, weapon)
        if had >= MAX_AMMO:
            return False
        set_ammo(player, weapon, min(had + amount, MAX_AMMO))
    return True
