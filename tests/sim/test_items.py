"""Items: taken, counted, coming back."""

import pytest
from rooms import SPAWN, entity, of_kind, room, run, world_with

from tremble.sim import items
from tremble.sim.level import ITEM_CLASSES, ITEM_NAMES, MAX_LEVEL_ITEMS
from tremble.sim.state import EV_PICKUP, EV_RESPAWN_ITEM, MAX_ITEMS, Player, Usercmd
from tremble.sim.tuning import ITEM_AMOUNT, ITEM_RESPAWN

STANDING = 24.125


def kind(name):
    return ITEM_NAMES.index(name)


@pytest.mark.parametrize(
    "name, before, after",
    [
        ("health_small", 150, 155),
        ("health_small", 198, 200),
        ("health", 50, 75),
        ("health", 90, 100),
        ("health_large", 20, 70),
        ("health_mega", 30, 130),
        ("health_mega", 150, 200),
    ],
)
def test_health_adds_up_to_its_cap(name, before, after):
    """25 and 50 heal to 100, small and mega to 200."""
    player = Player(0)
    player.health = before

    assert items.give(player, kind(name))
    assert player.health == after


@pytest.mark.parametrize(
    "name, before", [("health", 100), ("health_large", 125), ("health_mega", 200)]
)
def test_health_of_no_use_stays(name, before):
    """Nobody takes what would not help."""
    player = Player(0)
    player.health = before

    assert not items.give(player, kind(name))
    assert player.health == before


@pytest.mark.parametrize(
    "name, before, after",
    [
        ("armour_shard", 0, 5),
        ("armour_combat", 10, 60),
        ("armour_body", 0, 100),
        ("armour_body", 150, 200),
    ],
)
def test_armour_adds_up_to_200(name, before, after):
    """5, 50 and 100 points; at 200 it stays where it lies."""
    player = Player(0)
    player.armour = before

    assert items.give(player, kind(name))
    assert player.armour == after
    player.armour = 200
    assert not items.give(player, kind(name))


@pytest.mark.parametrize("had, has", [(0, 10), (4, 10), (10, 11), (50, 51), (200, 200)])
def test_a_weapon_brings_its_ammunition_or_one_round(had, has):
    """It fills up to 10 rockets; who has as many gets one."""
    player = Player(0)
    player.ammo_rocket_launcher = had

    assert items.give(player, kind("weapon_rocket_launcher"))
    assert (player.weapons, player.ammo_rocket_launcher) == (4, has)


@pytest.mark.parametrize(
    "name, field, amount",
    [
        ("ammo_machinegun", "ammo_machinegun", 50),
        ("ammo_railgun", "ammo_railgun", 10),
        ("ammo_rocket_launcher", "ammo_rocket_launcher", 5),
    ],
)
def test_ammunition_adds_up_to_200(name, field, amount):
    """Without the weapon too."""
    player = Player(0)

    assert items.give(player, kind(name))
    assert getattr(player, field) == amount
    setattr(player, field, 200)
    assert not items.give(player, kind(name))


@pytest.mark.parametrize("classname", sorted(ITEM_CLASSES))
def test_an_item_is_taken_by_touch_and_comes_back_in_its_time(classname):
    """Health after 35 s, armour 25, weapons 5, ammunition 40: to the tick, with an event."""
    place = room(entities=(SPAWN, entity(classname, origin="100 0 40")))
    world = world_with(place, (0.0, 0.0, STANDING))
    player = world.players[0]
    player.health = 50

    taken = of_kind(run(world, 30, p0=Usercmd(forward=127)), EV_PICKUP)
    assert [(e.a, e.b) for e in taken] == [(0, 0)]
    assert not world.items[0].available

    player.pos = (-500.0, 0.0, STANDING)
    left = world.items[0].timer
    assert of_kind(run(world, left - 1), EV_RESPAWN_ITEM) == []
    assert [e.b for e in of_kind(run(world, 1), EV_RESPAWN_ITEM)] == [0]
    seconds = {"weapon": 5, "ammo": 40, "health": 35, "armour": 25}
    name = ITEM_NAMES[place.items[0].kind]
    assert ITEM_RESPAWN[place.items[0].kind] == 60 * seconds[name.split("_")[0]]


def test_an_item_on_another_floor_is_out_of_reach():
    """36 units, up and down too."""
    place = room(entities=(SPAWN, entity("item_armor_body", origin="0 0 90", spawnflags="1")))
    world = world_with(place, (0.0, 0.0, STANDING))

    assert of_kind(run(world, 5), EV_PICKUP) == []


def test_the_tables_cover_every_kind():
    """One amount and one time for each."""
    assert len(ITEM_AMOUNT) == len(ITEM_RESPAWN) == len(ITEM_NAMES) == len(ITEM_CLASSES)
    assert MAX_ITEMS == MAX_LEVEL_ITEMS
