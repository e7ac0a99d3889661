"""Step: the rules of a tick."""

import pytest
from rooms import FLOOR, SPAWN, arena, box, commands, entity, of_kind, room, run, world_with

from tremble.sim import level, state, step
from tremble.sim.state import (
    ALIVE,
    BUTTON_ATTACK,
    BUTTON_JUMP,
    DEAD,
    EV_FRAG,
    EV_HIT,
    EV_JUMP_PAD,
    EV_SPAWN,
    EV_TELEPORT,
    GONE,
    MACHINEGUN,
    MOD_FALLING,
    MOD_TELEFRAG,
    MOD_VOID,
    Usercmd,
)

FLAT = room()
STANDING = 24.125
TRIGGER = box((100, -32, 0), (164, 32, 16))
AWAY = tuple(
    entity("info_player_deathmatch", origin=f"{x} {y} 24", angle="90")
    for x, y in ((-2000, -2000), (-2000, 2000), (2000, -2000), (2000, 2000))
)


def test_who_joins_enters_at_the_next_step():
    """With 125 health, a machinegun, 100 bullets, at a spawn point, along its angle."""
    world = step.new_world(room(entities=AWAY), 1)
    step.join(world, 3)
    assert world.players[3].life == DEAD

    spawn = of_kind(step.step(world, commands()), EV_SPAWN)[0]

    player = world.players[3]
    assert (player.life, player.health, player.armour) == (ALIVE, 125, 0)
    assert (player.weapons, player.weapon, player.ammo_machinegun) == (1, MACHINEGUN, 100)
    assert (spawn.a, spawn.value, spawn.pos) == (3, 16384, player.pos)
    assert player.pos in [at.pos for at in world.level.spawns]


def test_who_leaves_is_gone_with_its_rockets():
    """Nothing of it is left, and a newcomer in the slot gets no credit for its shots."""
    world = world_with(FLAT, (0.0, 0.0, STANDING), (100.0, 0.0, STANDING))
    world.projectiles[5].active, world.projectiles[5].owner = True, 1
    world.projectiles[6].active, world.projectiles[6].owner = True, 0
    step.leave(world, 1)

    assert world.players[1].life == GONE
    assert [p.active for p in world.projectiles[5:7]] == [False, True]


def test_a_restart_begins_afresh_but_for_the_tick():
    """All in the world spawn, items lie there, rockets are gone; who was out stays out."""
    world = world_with(arena(), (0.0, -300.0, STANDING), (300.0, -300.0, STANDING))
    world.players[0].health = 3
    world.items[2].available, world.items[2].timer = False, 99
    world.projectiles[0].active = True
    tick = world.tick
    step.restart(world)

    events = step.step(world, commands())

    assert world.tick == tick + 1
    assert sorted(e.a for e in of_kind(events, EV_SPAWN)) == [0, 1]
    assert world.players[0].health == 125
    assert all(item.available for item in world.items)
    assert not any(p.active for p in world.projectiles)
    assert world.players[2].life == GONE


def test_a_countdown_lets_players_look_and_no_more():
    """Frozen, a player turns, but neither moves, jumps, fires nor decays."""
    world = world_with(FLAT, (0.0, 0.0, STANDING))
    world.frozen = True
    world.players[0].health = 125
    cmd = Usercmd(forward=127, buttons=BUTTON_ATTACK | BUTTON_JUMP, yaw=777, pitch=55)

    events = run(world, 120, p0=cmd)

    player = world.players[0]
    assert events == []
    assert player.pos == (0.0, 0.0, STANDING)
    assert (player.yaw, player.pitch, player.health) == (777, 55, 125)


def test_no_command_keeps_the_view():
    """A player whose commands do not arrive stands, looking where it looked."""
    world = world_with(FLAT, (0.0, 0.0, STANDING))
    run(world, 1, p0=Usercmd(yaw=1234, pitch=99))
    run(world, 5)

    assert (world.players[0].yaw, world.players[0].pitch) == (1234, 99)


def test_health_and_armour_above_100_decay_by_one_a_second():
    """125 health is 100 after 25 seconds, and stays; armour likewise."""
    world = world_with(FLAT, (0.0, 0.0, STANDING))
    player = world.players[0]
    player.health, player.armour = 125, 110

    run(world, 60 * 10)
    assert (player.health, player.armour) == (115, 100)

    run(world, 60 * 20)
    assert (player.health, player.armour) == (100, 100)


def dead_player(place):
    world = world_with(place, (0.0, 0.0, STANDING))
    world.players[0].pos = (0.0, 0.0, -3000.0)
    events = step.step(world, commands())
    return world, events


def test_who_falls_out_of_the_level_dies():
    """256 units below the lowest brush the world takes a player."""
    world, events = dead_player(FLAT)

    frag = of_kind(events, EV_FRAG)[0]
    assert (frag.a, frag.b, frag.means) == (-1, 0, MOD_VOID)
    assert world.players[0].life == DEAD
    assert world.players[0].health <= 0


def test_the_dead_respawn_on_a_button_after_limbo():
    """1.7 s pass before attack or jump brings a player back; without one it lies."""
    world, _ = dead_player(FLAT)

    assert of_kind(run(world, 101, p0=Usercmd(buttons=BUTTON_JUMP)), EV_SPAWN) == []
    assert of_kind(run(world, 100), EV_SPAWN) == []
    assert len(of_kind(run(world, 1, p0=Usercmd(buttons=BUTTON_ATTACK)), EV_SPAWN)) == 1


def test_the_dead_must_respawn_after_20_seconds():
    """Nobody waits out a match as a corpse."""
    world, _ = dead_player(FLAT)

    assert of_kind(run(world, 1199), EV_SPAWN) == []
    assert len(of_kind(run(world, 1), EV_SPAWN)) == 1


def test_corpses_fall_but_block_nobody():
    """A player shot in the air comes down; others run through."""
    world = world_with(FLAT, (0.0, 0.0, STANDING), (100.0, 0.0, STANDING + 200.0))
    world.players[1].life, world.players[1].respawn = DEAD, 1200

    run(world, 90, p0=Usercmd(forward=127))

    assert world.players[1].pos[2] == pytest.approx(STANDING, abs=0.2)
    assert world.players[0].pos[0] > 200.0


def test_spawns_are_chosen_from_the_half_farthest_from_the_death():
    """With four corners, the two on the side of the death are never chosen; both others are."""
    seen = set()
    for seed in range(40):
        world = step.new_world(room(entities=AWAY), seed)
        seen.add(world.level.spawns[step.choose_spawn(world, (-2000.0, 0.0, 24.0))].pos[:2])

    assert seen == {(2000.0, -2000.0), (2000.0, 2000.0)}


def test_a_taken_spawn_is_not_chosen():
    """Nobody is telefragged while a free point is left."""
    place = room(entities=AWAY)
    for seed in range(20):
        world = world_with(place, (2000.0, 2000.0, STANDING), (2000.0, -2000.0, STANDING))
        world.rng = seed + 1
        chosen = place.spawns[step.choose_spawn(world, (-2000.0, 1999.0, 24.0))]

        assert chosen.pos[0] == -2000.0


def test_with_every_spawn_taken_the_newcomer_telefrags():
    """Who stands on the only point dies of it, to the newcomer's credit."""
    world = world_with(FLAT, (0.0, -3000.0, STANDING))
    step.join(world, 1)

    events = step.step(world, commands())

    frag = of_kind(events, EV_FRAG)[0]
    assert (frag.a, frag.b, frag.means) == (1, 0, MOD_TELEFRAG)
    assert world.players[1].life == ALIVE


def test_all_sixteen_enter_the_arena_at_once():
    """12 points for 16 players: all get in, at the price of telefrags alone."""
    world = step.new_world(arena(), 9)
    for slot in range(16):
        step.join(world, slot)
    events = step.step(world, commands())

    assert len(of_kind(events, EV_SPAWN)) == 16
    assert {e.means for e in of_kind(events, EV_FRAG)} <= {MOD_TELEFRAG}
    assert sum(p.life == ALIVE for p in world.players) == 12


def pad_room():
    return room(
        entities=(
            SPAWN,
            entity("trigger_push", TRIGGER, target="up"),
            entity("target_position", targetname="up", origin="400 0 300"),
        )
    )


def test_a_jump_pad_throws_along_its_arc_once():
    """A runner is thrown as high as the target is above the pad; one event per visit."""
    world = world_with(pad_room(), (0.0, 0.0, STANDING))
    pushes, top = 0, 0.0
    for _ in range(110):
        pushes += len(of_kind(run(world, 1, p0=Usercmd(forward=127)), EV_JUMP_PAD))
        top = max(top, world.players[0].pos[2])

    assert pushes == 1
    assert top == pytest.approx(STANDING + 300.0 - 8.0, abs=12.0)


def gate_room():
    return room(
        entities=(
            SPAWN,
            entity("trigger_teleport", TRIGGER, target="out"),
            entity("info_teleport_destination", targetname="out", origin="-500 0 24", angle="180"),
        )
    )


def test_a_teleporter_puts_down_and_pushes_out():
    """At its destination, looking along its angle, at 400 units a second."""
    world = world_with(gate_room(), (80.0, 0.0, STANDING))

    events = []
    while not of_kind(events, EV_TELEPORT):
        events = run(world, 1, p0=Usercmd(forward=127))

    player = world.players[0]
    gone = of_kind(events, EV_TELEPORT)[0]
    assert player.pos == gone.end == (-500.0, 0.0, 25.0)
    assert player.vel == (-400.0, 0.0, 0.0)
    assert (player.yaw, gone.value) == (32768, 32768)


def test_who_stands_at_the_destination_is_telefragged():
    """The one who comes takes the place."""
    world = world_with(gate_room(), (80.0, 0.0, STANDING), (-500.0, 0.0, STANDING))

    frags = of_kind(run(world, 20, p0=Usercmd(forward=127)), EV_FRAG)

    assert [(e.a, e.b, e.means) for e in frags] == [(0, 1, MOD_TELEFRAG)]


def test_a_trigger_hurt_kills_in_the_end():
    """5 points a tick unless the map says otherwise; the world takes the credit."""
    world = world_with(
        room(entities=(SPAWN, entity("trigger_hurt", TRIGGER))), (130.0, 0.0, STANDING)
    )
    world.players[0].health = 100
    world.players[0].life = ALIVE

    frags = of_kind(run(world, 25), EV_FRAG)

    assert [(e.a, e.means) for e in frags] == [(-1, MOD_VOID)]


@pytest.mark.parametrize("height, damage", [(200, 0), (280, 5), (420, 10)])
def test_falls_hurt_from_250_units_and_more_from_375(height, damage):
    """delta = v**2 / 10000 = 0.16 * height: over 40 costs 5 points, over 60 costs 10."""
    world = world_with(FLAT, (0.0, 0.0, STANDING))
    world.players[0].pos = (0.0, 0.0, STANDING + height)

    hits = of_kind(run(world, 120), EV_HIT)

    assert [(e.value, e.means) for e in hits] == ([(damage, MOD_FALLING)] if damage else [])


def test_no_slot_is_favoured_in_a_draw():
    """Two who shoot each other dead on the same tick: each wins on every other tick."""
    wins = [0, 0]
    for tick in range(32):
        world = world_with(FLAT, (0.0, 0.0, STANDING), (200.0, 0.0, STANDING))
        world.tick = tick
        for player in world.players[:2]:
            player.weapons, player.weapon, player.ammo_railgun = 7, 1, 5
        shots = commands(
            p0=Usercmd(buttons=BUTTON_ATTACK, weapon=1),
            p1=Usercmd(buttons=BUTTON_ATTACK, weapon=1, yaw=32768),
        )
        frags = of_kind(step.step(world, shots), EV_FRAG)
        assert len(frags) == 1
        wins[frags[0].a] += 1

    assert wins == [16, 16]


def test_usercmds_of_any_number_do_no_harm():
    """Whatever fits the message: huge sides, wild views, all buttons."""
    world = world_with(arena(), (0.0, -300.0, STANDING))
    for value in (-(2**31), 2**31, 32767, -128):
        cmd = Usercmd(forward=value, side=-value, yaw=value, pitch=value, buttons=255, weapon=value)
        run(world, 30, p0=cmd)

    assert state.unpack(state.pack(world), world.level).tick == world.tick


def test_a_world_needs_only_a_level():
    """A new world is empty, at tick 0, and steps."""
    world = step.new_world(level.load(entity("worldspawn", FLOOR) + SPAWN, "x"), -5)

    assert step.step(world, commands()) == []
    assert world.tick == 1
