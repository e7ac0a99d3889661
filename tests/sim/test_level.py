"""Levels out of `.map` files, and arena_01."""

import pathlib
import runpy

import pytest
from rooms import ARENA, FLOOR, SPAWN, arena, box, entity, plane, room

from tremble.errors import MapError
from tremble.sim import level, pmove
from tremble.sim.hull import sweep
from tremble.sim.level import ARMOUR_BODY, ARMOUR_COMBAT, HEALTH_MEGA, ITEM_CLASSES
from tremble.sim.state import MAX_ITEMS, Player, Usercmd
from tremble.sim.step import touches

TRIGGER = box((100, -32, 0), (164, 32, 16))


def refusal(*entities, world=FLOOR):
    with pytest.raises(MapError) as error:
        room_of(*entities, world=world)
    return str(error.value)


def room_of(*entities, world=FLOOR):
    return level.load(entity("worldspawn", world) + SPAWN + "".join(entities), "x")


def test_a_level_tells_its_name_digest_and_bounds():
    """The title is the world's message; the digest changes with any byte of the text."""
    text = entity("worldspawn", box((-64, -64, -16), (64, 64, 0)), message="Hall")
    text += SPAWN.replace("-3000", "0")
    one, two = level.load(text, "x"), level.load(text + " ", "x")

    assert (one.name, one.title) == ("x", "Hall")
    assert (one.mins, one.maxs) == ((-64.0, -64.0, -16.0), (64.0, 64.0, 0.0))
    assert len(one.digest) == 32 and one.digest != two.digest


@pytest.mark.parametrize("classname", sorted(ITEM_CLASSES))
def test_every_item_is_known_and_falls_to_the_floor(classname):
    """An item's box of 30 units rests on what is beneath it."""
    item = room_of(entity(classname, origin="200 0 100")).items[0]

    assert item.kind == ITEM_CLASSES[classname]
    assert item.pos == pytest.approx((200.0, 0.0, 15.125))


def test_a_suspended_item_hangs_where_it_was_put():
    """spawnflags 1, as in the original."""
    item = room_of(entity("item_health", origin="200 0 100", spawnflags="1")).items[0]

    assert item.pos == (200.0, 0.0, 100.0)


def test_a_spawn_stands_over_its_origin_and_looks_along_its_angle():
    """90 degrees are a quarter turn of 65536, counter-clockwise from +x."""
    spawns = room_of(entity("info_player_deathmatch", origin="9 8 24", angle="90")).spawns

    assert (spawns[1].pos, spawns[1].yaw) == ((9.0, 8.0, 33.0), 16384)


def test_a_jump_pad_throws_to_its_target():
    """Its velocity is that of an arc whose top is the target: 128 above, 100 away."""
    pads = room_of(
        entity("trigger_push", TRIGGER, target="up"),
        entity("target_position", targetname="up", origin="232 0 136"),
    ).pads

    assert pads[0].mins == (100.0, -32.0, 0.0)
    time = (2 * 128 / 800) ** 0.5
    assert pads[0].vel == pytest.approx((100 / time, 0.0, 800 * time))


def test_a_teleporter_leads_to_its_destination():
    """One unit above the destination, along its angle."""
    gates = room_of(
        entity("trigger_teleport", TRIGGER, target="out"),
        entity("misc_teleporter_dest", targetname="out", origin="-500 0 24", angle="180"),
    ).teleporters

    assert (gates[0].pos, gates[0].yaw) == ((-500.0, 0.0, 25.0), 32768)


def test_triggers_and_illusions_are_not_solid():
    """Only what one may walk against is solid: the floor and the func_group's brush."""
    high = box((300, 0, 0), (340, 40, 40))
    level_ = room_of(
        entity("func_group", box((200, 0, 0), (240, 40, 40))),
        entity("func_illusionary", high),
        entity("trigger_hurt", high, dmg="7"),
        entity("func_group", high, _tb_layer_omit_from_export="1"),
        entity("light_that_nobody_knows", origin="what ever"),
    )

    assert len(level_.brushes) == 2
    assert level_.hurts[0].damage == 7


@pytest.mark.parametrize(
    "entities, said",
    [
        ([entity("trigger_push", TRIGGER, target="gone")], 'targetname "gone"'),
        ([entity("trigger_push", target="gone")], "no brush"),
        (
            [
                entity("trigger_push", TRIGGER, target="t"),
                entity("info_notnull", targetname="t", origin="0 0 -9"),
            ],
            "not above it",
        ),
        (
            [
                entity("trigger_push", TRIGGER, target="t"),
                entity("info_notnull", targetname="t", origin="9000 0 20"),
            ],
            "too far",
        ),
        ([entity("info_player_deathmatch", origin="0 0 0")], "stands in solid"),
        ([entity("info_player_deathmatch", origin="0 0")], "not three numbers"),
        ([entity("info_player_deathmatch", origin="0 0 99", angle="north")], "not a number"),
        ([entity("item_health", origin="0 0 0")], "stands in solid"),
        ([entity("item_health", origin="6000 0 50")], "no floor beneath"),
        ([entity("item_health", origin="0 0 50")] * (MAX_ITEMS + 1), "more than 64"),
        ([entity("func_wall", FLOOR.replace("-4096 -4096 -16", "0 0 0"))], "func_wall"),
    ],
)
def test_what_cannot_be_played_is_refused(entities, said):
    """Each fault names the file, line and entity, and how to mend it."""
    message = refusal(*entities)

    assert message.startswith("maps/x.map:")
    assert "entity " in message
    assert said in message


def test_an_open_brush_is_refused_at_its_own_line():
    """The line is that of the brush's brace."""
    holed = "\n".join(box((0, 0, 0), (9, 9, 9)).split("\n")[:-2]) + "\n}"
    message = refusal(world=FLOOR + "\n" + holed)

    assert "maps/x.map:11: entity 0 (worldspawn): brush: its planes leave it open" in message


def test_collinear_points_are_refused():
    """They make no plane."""
    flat = box((0, 0, 0), (9, 9, 9)).split("\n")
    flat[1] = plane((0, 0, 0), (1, 1, 1), (2, 2, 2))

    assert "on one line" in refusal(world=FLOOR + "\n" + "\n".join(flat))


def test_a_level_needs_a_floor_and_a_spawn():
    """Neither nothing nor nobody can be played."""
    with pytest.raises(MapError, match="no solid brush"):
        level.load(entity("worldspawn") + SPAWN, "x")
    with pytest.raises(MapError, match="nowhere to enter"):
        level.load(entity("worldspawn", FLOOR), "x")


def test_a_room_of_the_tests_has_one_spawn():
    """What the other tests stand on."""
    assert len(room().spawns) == 1


def test_the_arena_is_what_its_script_writes():
    """maps/arena_01.map and scripts/make_arena_01.py agree to the byte."""
    script = pathlib.Path(ARENA.parents[1], "scripts", "make_arena_01.py")

    assert runpy.run_path(str(script))["arena"]() == ARENA.read_text()


def test_the_arena_has_what_a_duel_needs():
    """Size, brushes, spawns, and one of each thing worth fighting for."""
    place = arena()
    kinds = [item.kind for item in place.items]

    assert len(place.brushes) >= 40 and len(place.spawns) >= 8
    assert place.pads and place.teleporters
    assert [kinds.count(k) for k in (ARMOUR_BODY, ARMOUR_COMBAT, HEALTH_MEGA)] == [1, 1, 1]
    assert {8, 9} <= set(kinds)


STEP = 32.0
JUMP = 40.0


def settle(place, pos):
    """Return where a player let go at *pos* comes to rest, by real moves, pads and gates."""
    player = Player(0)
    player.life, player.pos = 1, pos
    for _ in range(240):
        pmove.move(place, player, Usercmd(), [], [])
        for gate in place.teleporters:
            if touches(player.pos, gate.mins, gate.maxs):
                player.pos, player.vel = gate.pos, (0.0, 0.0, 0.0)
        for pad in place.pads:
            if touches(player.pos, pad.mins, pad.maxs):
                player.vel = pad.vel
        if player.on_ground and player.vel[0] == player.vel[1] == 0.0:
            break
    return player.pos


def neighbours(place, pos):
    """Where one comes to by a hop of JUMP and a walk of STEP, falling at the end."""
    up = sweep(place.player_hull, pos, (pos[0], pos[1], pos[2] + JUMP)).end
    for x, y in ((STEP, 0.0), (-STEP, 0.0), (0.0, STEP), (0.0, -STEP)):
        over = (up[0] + x, up[1] + y, up[2])
        if sweep(place.player_hull, up, over).fraction < 1.0:
            continue
        down = sweep(place.player_hull, over, (over[0], over[1], -64.0)).end
        triggered = [t for t in [*place.pads, *place.teleporters] if touches(down, t.mins, t.maxs)]
        yield settle(place, down) if triggered else down


def cell(pos):
    return (int(pos[0] // STEP), int(pos[1] // STEP), int(pos[2] // 24.0))


def reachable(place, start):
    """Return every place that can be walked, jumped, thrown or teleported to from *start*."""
    found = {cell(start): start}
    todo = [start]
    while todo:
        for pos in neighbours(place, todo.pop()):
            if cell(pos) not in found:
                found[cell(pos)] = pos
                todo.append(pos)
    return list(found.values())


def near_any(places, pos):
    return any(
        abs(p[0] - pos[0]) <= 36.0 and abs(p[1] - pos[1]) <= 36.0 and abs(p[2] - pos[2]) <= 36.0
        for p in places
    )


@pytest.mark.parametrize("index", [0, 5, 10])
def test_every_item_and_spawn_of_the_arena_can_be_reached(index):
    """From a spawn on the ground, in a corner, and on a ledge: no place of worth is cut off."""
    place = arena()
    start = settle(place, place.spawns[index].pos)
    places = reachable(place, start)

    for item in place.items:
        assert near_any(places, item.pos), (level.ITEM_NAMES[item.kind], item.pos)
    for spawn in place.spawns:
        assert near_any(places, spawn.pos), spawn.pos


def test_the_pads_of_the_arena_land_on_the_towers():
    """One throws to the mega health's tower, one to the railgun's."""
    place = arena()
    heights = [settle(place, (448.0 * side, -832.0, 24.125))[2] for side in (-1.0, 1.0)]

    assert heights == pytest.approx([384.0 + 24.125, 320.0 + 24.125], abs=0.3)
