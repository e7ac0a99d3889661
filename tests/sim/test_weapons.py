"""Weapons: shots, rockets, blasts, damage."""

from math import sqrt

import pytest
from rooms import box, commands, of_kind, room, run, world_with

from tremble.sim import step, weapons
from tremble.sim.state import (
    ALIVE,
    BUTTON_ATTACK,
    BUTTON_JUMP,
    DEAD,
    EV_EXPLODE,
    EV_FIRE,
    EV_FRAG,
    EV_HIT,
    EV_JUMP,
    MACHINEGUN,
    MAX_PROJECTILES,
    MOD_SPLASH,
    RAILGUN,
    ROCKET_LAUNCHER,
    Player,
    Usercmd,
)

FLAT = room()
WALLED = room(box((200, -400, 0), (216, 400, 400)))
STANDING = 24.125
DOWN, NORTH = 16384, 16384


def armed(place, weapon, *positions):
    """A world in which the first player holds *weapon* and looks along +x."""
    world = world_with(place, *positions)
    player = world.players[0]
    player.weapons, player.weapon = 7, weapon
    player.ammo_machinegun = player.ammo_railgun = player.ammo_rocket_launcher = 50
    return world


def shot(weapon, **more):
    return Usercmd(buttons=BUTTON_ATTACK, weapon=weapon, **more)


@pytest.mark.parametrize("weapon, ticks", [(MACHINEGUN, 6), (RAILGUN, 90), (ROCKET_LAUNCHER, 48)])
def test_each_weapon_keeps_its_rate(weapon, ticks):
    """100, 1500 and 800 ms between shots: ten shots take nine gaps."""
    world = armed(FLAT, weapon, (0.0, 0.0, STANDING))

    events = run(world, ticks * 9 + 1, p0=shot(weapon, pitch=-8000))

    assert len(of_kind(events, EV_FIRE)) == 10
    assert weapons.ammo(world.players[0], weapon) == 40


def test_without_ammunition_nothing_is_fired():
    """The trigger clicks; the count stays at 0."""
    world = armed(FLAT, RAILGUN, (0.0, 0.0, STANDING))
    world.players[0].ammo_railgun = 0

    assert of_kind(run(world, 100, p0=shot(RAILGUN)), EV_FIRE) == []
    assert world.players[0].ammo_railgun == 0


def test_changing_the_weapon_takes_450_ms():
    """27 ticks after the change the new weapon fires; a weapon one has not is not taken up."""
    world = armed(FLAT, MACHINEGUN, (0.0, 0.0, STANDING))

    assert of_kind(run(world, 27, p0=shot(RAILGUN)), EV_FIRE) == []
    assert [e.value for e in of_kind(run(world, 1, p0=shot(RAILGUN)), EV_FIRE)] == [RAILGUN]

    world.players[0].weapons = 1 << RAILGUN
    run(world, 200, p0=Usercmd(weapon=ROCKET_LAUNCHER))
    assert world.players[0].weapon == RAILGUN


def test_a_weapon_that_does_not_exist_is_not_taken_up():
    """Any number may come in a command."""
    world = armed(FLAT, MACHINEGUN, (0.0, 0.0, STANDING))
    for wanted in (-1, 3, 2**40):
        run(world, 1, p0=Usercmd(weapon=wanted))

    assert world.players[0].weapon == MACHINEGUN


def test_a_slug_takes_100_and_passes_through_players():
    """Two in a row are both hit, each for 100, and both die of it."""
    world = armed(
        FLAT, RAILGUN, (0.0, 0.0, STANDING), (200.0, 0.0, STANDING), (400.0, 0.0, STANDING)
    )

    events = run(world, 1, p0=shot(RAILGUN))

    hits = of_kind(events, EV_HIT)
    assert [(e.a, e.b, e.value, e.means) for e in hits] == [
        (0, 1, 100, RAILGUN),
        (0, 2, 100, RAILGUN),
    ]
    assert [(e.a, e.b) for e in of_kind(events, EV_FRAG)] == [(0, 1), (0, 2)]
    assert world.players[1].life == world.players[2].life == DEAD


def test_a_slug_ends_at_a_wall():
    """Who stands behind it is safe; the event tells where the slug ended."""
    world = armed(WALLED, RAILGUN, (0.0, 0.0, STANDING), (300.0, 0.0, STANDING))

    events = run(world, 1, p0=shot(RAILGUN))

    assert of_kind(events, EV_HIT) == []
    assert of_kind(events, EV_FIRE)[0].end[0] == pytest.approx(200.0, abs=0.2)


def test_a_bullet_takes_7_from_the_first_player_alone():
    """The second in line is covered."""
    world = armed(
        FLAT, MACHINEGUN, (0.0, 0.0, STANDING), (60.0, 0.0, STANDING), (120.0, 0.0, STANDING)
    )

    hits = of_kind(run(world, 1, p0=shot(MACHINEGUN)), EV_HIT)

    assert [(e.b, e.value) for e in hits] == [(1, 7)]


def test_bullets_spread_within_200_units_at_8192():
    """Of 300 bullets none is farther off than the cone allows; they differ, and so do seeds."""
    world = armed(FLAT, MACHINEGUN, (0.0, 0.0, STANDING))
    world.players[0].ammo_machinegun = 200

    fires = of_kind(run(world, 1200, p0=shot(MACHINEGUN, pitch=-8192)), EV_FIRE)

    offs = set()
    for event in fires:
        way = [b - a for a, b in zip(event.pos, event.end, strict=True)]
        offs.add(way[1])
        assert abs(way[1]) <= 200.0
        assert abs(way[0] - way[2]) <= 200.0 * sqrt(2) + 1.0
    assert len(offs) > 190


def test_shots_hit_where_the_shooter_saw_the_target():
    """*seen* moves the targets for one shooter alone: the seam for lag compensation."""
    world = armed(FLAT, RAILGUN, (0.0, 0.0, STANDING), (200.0, 300.0, STANDING))
    seen = [player.pos for player in world.players]
    seen[1] = (200.0, 0.0, STANDING)

    events = step.step(world, commands(p0=shot(RAILGUN)), [seen] + [None] * 15)

    assert [e.b for e in of_kind(events, EV_HIT)] == [1]


def test_a_rocket_flies_900_units_a_second_and_hits_for_100():
    """From 600 away it takes (600 - 15) / 900 s less the head start of 50 ms, rounded up."""
    world = armed(FLAT, ROCKET_LAUNCHER, (0.0, 0.0, STANDING), (600.0, 0.0, STANDING))
    world.players[1].health = 150
    run(world, 1, p0=shot(ROCKET_LAUNCHER))
    ticks = 1
    while world.players[1].health == 150:
        events = run(world, 1)
        ticks += 1

    assert ticks == -(-(600 - 15) // 15) - 2
    assert [(e.a, e.b, e.value, e.means) for e in of_kind(events, EV_HIT)] == [
        (0, 1, 100, ROCKET_LAUNCHER)
    ]
    assert len(of_kind(events, EV_EXPLODE)) == 1


def test_a_blast_hurts_less_with_distance_and_not_through_walls():
    """A player 60 from a blast at a wall loses half of 100, one behind the wall nothing."""
    world = armed(
        WALLED,
        ROCKET_LAUNCHER,
        (-300.0, 0.0, STANDING),
        (185.0, 75.0, STANDING),
        (240.0, 0.0, STANDING),
    )

    events = run(world, 60, p0=shot(ROCKET_LAUNCHER))
    hits = [(e.b, e.value, e.means) for e in of_kind(events, EV_HIT)]

    # across: 75 - 15 = 60 of 120; the wall is 1/8 beyond the player's side
    assert hits[0] == (1, 49, MOD_SPLASH) or hits[0] == (1, 50, MOD_SPLASH)
    assert all(hit[0] != 2 for hit in hits)


def rocket_jump(jump):
    world = armed(FLAT, ROCKET_LAUNCHER, (0.0, 0.0, STANDING))
    buttons = BUTTON_ATTACK | (BUTTON_JUMP if jump else 0)
    cmd = Usercmd(buttons=buttons, pitch=DOWN, weapon=ROCKET_LAUNCHER)
    events = run(world, 1, p0=cmd)
    top = 0.0
    for _ in range(120):
        events += run(world, 1, p0=Usercmd(pitch=DOWN, weapon=ROCKET_LAUNCHER))
        top = max(top, world.players[0].pos[2] - STANDING)
    return world, events, top


def test_a_rocket_at_ones_feet_lifts_by_its_500_units_a_second():
    """500**2 / 1600 = 156 units at a whole 100 points; half the damage is taken, 50 at most."""
    world, events, top = rocket_jump(jump=False)

    assert 140.0 < top < 157.0
    hit = of_kind(events, EV_HIT)[0]
    assert (hit.a, hit.b, hit.means) == (0, 0, MOD_SPLASH)
    assert 47 <= hit.value <= 50
    assert world.players[0].health == 100 - hit.value


def test_a_rocket_jump_adds_up():
    """Jump and blast together: some (270 + 500)**2 / 1600 = 370 units, less what the jump's first
    ticks cost the blast in distance."""
    _, events, top = rocket_jump(jump=True)

    assert len(of_kind(events, EV_JUMP)) == 1
    assert 300.0 < top < 371.0


def test_rockets_end_after_15_seconds():
    """One fired into the open sky bursts there."""
    world = armed(FLAT, ROCKET_LAUNCHER, (0.0, 0.0, STANDING))
    run(world, 1, p0=shot(ROCKET_LAUNCHER, pitch=-16384))

    assert of_kind(run(world, 899), EV_EXPLODE) == []
    assert len(of_kind(run(world, 1), EV_EXPLODE)) == 1
    assert not any(rocket.active for rocket in world.projectiles)


def test_the_oldest_rocket_makes_room():
    """With all places taken, one explodes for the new one."""
    world = armed(FLAT, ROCKET_LAUNCHER, (0.0, 0.0, STANDING))
    for index, rocket in enumerate(world.projectiles):
        rocket.active, rocket.owner, rocket.born = True, 3, world.tick - index
        rocket.pos = (0.0, 0.0, 3000.0)

    events = run(world, 1, p0=shot(ROCKET_LAUNCHER))

    assert [e.b for e in of_kind(events, EV_EXPLODE)] == [MAX_PROJECTILES - 1]
    assert world.projectiles[MAX_PROJECTILES - 1].owner == 0


def victim(health=100, armour=0):
    player = Player(1)
    player.life, player.health, player.armour = ALIVE, health, armour
    return player


@pytest.mark.parametrize(
    "armour, points, health, left",
    [(0, 30, 70, 0), (100, 100, 66, 34), (100, 7, 98, 95), (3, 50, 53, 0)],
)
def test_armour_takes_two_thirds_rounded_up(armour, points, health, left):
    """ceil(0.66 * damage), as far as there is any."""
    player = victim(armour=armour)
    weapons.hurt(player, 0, points, RAILGUN, (0.0, 0.0, 0.0), [])

    assert (player.health, player.armour) == (health, left)


def test_the_event_tells_what_was_really_taken():
    """A slug on 20 health and 10 armour deals 30, not 100."""
    events = []
    weapons.hurt(victim(20, 10), 0, 100, RAILGUN, (1.0, 0.0, 0.0), events)

    assert [(e.kind, e.value) for e in events] == [(EV_HIT, 30), (EV_FRAG, 0)]


def test_a_hit_throws_and_takes_the_footing():
    """100 points throw by 500 units a second for 12 ticks without friction; 7 points for 3."""
    heavy, light = victim(200), victim()
    weapons.hurt(heavy, 0, 100, RAILGUN, (1.0, 0.0, 0.0), [])
    weapons.hurt(light, 0, 7, MACHINEGUN, (1.0, 0.0, 0.0), [])

    assert (heavy.vel, heavy.knockback) == ((500.0, 0.0, 0.0), 12)
    assert (light.vel, light.knockback) == ((35.0, 0.0, 0.0), 3)


def test_the_dead_are_not_hurt_again():
    """One death, one frag."""
    events = []
    player = victim(5)
    for _ in range(3):
        weapons.hurt(player, 0, 10, RAILGUN, (1.0, 0.0, 0.0), events)

    assert [e.kind for e in events] == [EV_HIT, EV_FRAG]
