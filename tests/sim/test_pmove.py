"""Pmove, by trajectories that players know."""

import random
from math import atan2, cos, sqrt

import pytest
from rooms import arena, box, of_kind, ramp, room, run, world_with

from tremble.sim import pmove
from tremble.sim.hull import sweep
from tremble.sim.state import BUTTON_JUMP, EV_JUMP, EV_LAND, Player, Usercmd
from tremble.sim.tuning import DT, GRAVITY, PLAYER_MAXS, PLAYER_MINS, TERMINAL_SPEED

FLAT = room()
#: Feet on the floor at 0, less the 1/8 unit that sweeps keep off surfaces.
STANDING = 24.125
NORTH, WEST, SOUTH = 16384, 32768, 49152


def standing_player(level=FLAT, x=0.0, y=0.0, z=STANDING):
    player = Player(0)
    player.life = 1
    player.pos = (x, y, z)
    player.on_ground = True
    return player


def ticks(player, count, cmd, level=FLAT):
    """Move *player* for *count* ticks; return its speeds over ground."""
    speeds = []
    for _ in range(count):
        pmove.move(level, player, cmd, [], [])
        speeds.append(speed(player))
    return speeds


def speed(player):
    return sqrt(player.vel[0] ** 2 + player.vel[1] ** 2)


@pytest.mark.parametrize("forward, side", [(127, 0), (-127, 0), (0, 127), (127, -127)])
def test_top_speed_on_foot_is_320_in_every_direction(forward, side):
    """Straight or diagonal, a runner comes to 320 units a second and stays there."""
    speeds = ticks(standing_player(), 120, Usercmd(forward=forward, side=side, yaw=WEST))

    assert speeds[-1] == pytest.approx(320.0, abs=1e-3)
    assert max(speeds) <= 320.001


def test_half_a_stick_gives_half_the_speed():
    """The command's share of 127 is the share of full speed."""
    assert ticks(standing_player(), 120, Usercmd(forward=63))[-1] == pytest.approx(
        320.0 * 63 / 127, abs=1e-3
    )


def test_a_jump_rises_as_high_as_the_formula_says():
    """270**2 / (2 * 800) = 45.5625 units above the ground: the mean of each tick's velocities is
    exact for constant gravity, so of the apex only the part between two ticks is lost (< 0.06)."""
    player = standing_player()
    heights = []
    for _ in range(45):
        pmove.move(FLAT, player, Usercmd(buttons=BUTTON_JUMP), [], [])
        heights.append(player.pos[2] - STANDING)

    assert max(heights) == pytest.approx(45.5625, abs=0.06)
    assert max(heights) <= 45.5625 + 1e-9


def test_a_held_button_jumps_once():
    """Jump must be released before it works again."""
    world = world_with(FLAT, (0.0, 0.0, STANDING))

    held = run(world, 120, p0=Usercmd(buttons=BUTTON_JUMP))
    run(world, 1, p0=Usercmd())
    again = run(world, 60, p0=Usercmd(buttons=BUTTON_JUMP))

    assert len(of_kind(held, EV_JUMP)) == len(of_kind(again, EV_JUMP)) == 1


def test_a_jump_lands_with_the_speed_it_began_with():
    """The landing is told with its speed: that of the jump, whole units, on the flat."""
    world = world_with(FLAT, (0.0, 0.0, STANDING))

    landings = of_kind(run(world, 60, p0=Usercmd(buttons=BUTTON_JUMP)), EV_LAND)

    assert len(landings) == 1
    assert 269 <= landings[0].value <= 270


def test_a_runner_that_lets_go_stops_within_41_units():
    """Friction 6/s takes a tenth of the speed each tick down to 100 u/s, then 10 u/s a tick:
    from 320 that makes 40.5 units, worked out below tick by tick."""
    player = standing_player()
    player.vel = (320.0, 0.0, 0.0)
    expected, v = 0.0, 320.0
    while v >= 1.0:
        v = max(0.0, v - max(v, 100.0) * 6.0 * DT)
        expected += v * DT

    speeds = ticks(player, 60, Usercmd())

    assert speeds[-1] == 0.0
    assert player.pos[0] == pytest.approx(expected, abs=0.01)
    assert player.pos[0] == pytest.approx(40.5, abs=0.01)


def strafe_jump(jumps):
    """Run, then jump *jumps* times with the view turned off the velocity; return landing speeds."""
    player = standing_player(x=-4000.0)
    ticks(player, 30, Usercmd(forward=127))
    landed = []
    for jump in range(jumps):
        side = 127 if jump % 2 else -127
        # The wish direction (45 degrees off the view) best leads the velocity by a little more than
        # where its part along the wish is 320 less one tick's gain.
        while True:
            v = speed(player)
            cosine = min(1.0, (320.0 - 320.0 * DT) / v)
            lead = 0.0
            while cos(lead) > cosine:
                lead += 0.005
            turn = (lead + 0.01 - 0.7853981) if side < 0 else (0.7853981 - lead - 0.01)
            heading = atan2(player.vel[1], player.vel[0])
            yaw = int((heading + turn) * 65536 / 6.283185307) & 65535
            cmd = Usercmd(forward=127, side=side, yaw=yaw, buttons=BUTTON_JUMP)
            pmove.move(FLAT, player, cmd, [], [])
            if player.on_ground:
                break
        landed.append(speed(player))
        player.jump_held = False
    return landed


def test_strafe_jumps_gain_speed_beyond_320():
    """Turning the wish just off the velocity in the air adds speed with every jump."""
    landed = strafe_jump(5)

    assert landed == sorted(landed)
    assert landed[0] > 350.0
    assert landed[-1] > 480.0


def test_running_straight_and_jumping_gains_nothing():
    """Without the turn the part along the wish is 320 already."""
    player = standing_player(x=-4000.0)
    speeds = []
    for tick in range(200):
        cmd = Usercmd(forward=127, buttons=BUTTON_JUMP if tick % 2 else 0)
        pmove.move(FLAT, player, cmd, [], [])
        speeds.append(speed(player))

    assert max(speeds) <= 320.001


def stairs(rise):
    return room(*[box((100 + 24 * i, -64, 0), (500, 64, rise * (i + 1))) for i in range(6)])


def test_stairs_of_18_units_are_walked_up():
    """Six steps of 18 carry a runner 108 units up without a jump."""
    player = standing_player(x=0.0)

    ticks(player, 90, Usercmd(forward=127), stairs(18))

    assert player.pos[2] == pytest.approx(STANDING + 108.0, abs=0.2)


def test_a_step_of_19_units_is_a_wall():
    """What is higher than a step stops the runner at its foot."""
    player = standing_player(x=0.0)

    ticks(player, 90, Usercmd(forward=127), stairs(19))

    assert player.pos[2] == pytest.approx(STANDING, abs=0.2)
    assert player.pos[0] == pytest.approx(85.0, abs=0.2)


def test_a_slope_is_walked_up_at_full_speed():
    """On a slope of 45 degrees (normal z 0.707) the whole velocity is 320, along the slope."""
    level = room(ramp((100, -64, 0), (400, 64, 300)))
    player = standing_player(x=0.0)

    ticks(player, 60, Usercmd(forward=127), level)

    assert player.on_ground
    assert player.vel[2] > 200.0
    assert sqrt(speed(player) ** 2 + player.vel[2] ** 2) == pytest.approx(320.0, abs=1.0)


def test_a_slope_steeper_than_walkable_is_slid_down():
    """Beyond 45.6 degrees nobody stands: a player put there comes down."""
    level = room(ramp((100, -64, 0), (300, 64, 300)))
    player = standing_player(x=250.0, z=300.0)

    ticks(player, 120, Usercmd(), level)

    assert player.pos[2] == pytest.approx(STANDING, abs=0.2)


def test_who_walks_off_an_edge_falls():
    """The ground is left at the edge, and gravity begins at once."""
    level = room(box((-64, -64, 0), (64, 64, 128)))
    player = standing_player(z=STANDING + 128.0)

    ticks(player, 40, Usercmd(forward=127), level)
    assert not player.on_ground
    assert player.vel[2] < 0.0

    ticks(player, 40, Usercmd(), level)
    assert player.on_ground
    assert player.pos[2] == pytest.approx(STANDING, abs=0.2)


def test_speed_along_a_wall_is_kept():
    """Run into a wall at an angle, and the part along the wall remains: a slide, not a stop."""
    level = room(box((100, -4000, 0), (116, 4000, 200)))
    player = standing_player()

    ticks(player, 60, Usercmd(forward=127, yaw=8192), level)

    assert player.pos[0] == pytest.approx(85.0, abs=0.2)
    assert player.vel[1] > 200.0


def test_a_corner_stops_dead():
    """Two walls and the floor leave no way."""
    level = room(box((100, -400, 0), (116, 400, 200)), box((-400, 100, 0), (400, 116, 200)))
    player = standing_player()

    ticks(player, 90, Usercmd(forward=127, yaw=8192), level)

    assert player.pos[:2] == pytest.approx((85.0, 85.0), abs=0.2)
    assert speed(player) < 1.0


def test_players_are_solid_to_each_other():
    """A runner stops 30 units, two half widths, from the centre of another."""
    world = world_with(FLAT, (0.0, 0.0, STANDING), (100.0, 0.0, STANDING))

    run(world, 60, p0=Usercmd(forward=127))

    assert world.players[0].pos[0] == pytest.approx(70.0, abs=0.2)


def test_a_player_stands_on_the_head_of_another():
    """Heads are ground."""
    world = world_with(FLAT, (0.0, 0.0, STANDING), (0.0, 0.0, STANDING + 80.0))

    run(world, 60)

    assert world.players[1].on_ground
    assert world.players[1].pos[2] == pytest.approx(STANDING + 56.125, abs=0.01)


def test_thrown_players_have_no_friction():
    """While knockback lasts, ground slows nobody."""
    player = standing_player()
    player.vel = (400.0, 0.0, 0.0)
    player.knockback = 10

    speeds = ticks(player, 9, Usercmd())

    assert min(speeds) == pytest.approx(400.0, abs=0.5)


def test_nothing_goes_faster_than_the_bound():
    """Whatever was added to a velocity, a tick moves no farther than TERMINAL_SPEED allows."""
    player = standing_player(z=500.0)
    player.vel = (1e6, -1e6, 1e6)

    pmove.move(FLAT, player, Usercmd(), [], [])

    assert sqrt(sum(v * v for v in player.vel)) <= TERMINAL_SPEED + GRAVITY * DT


@pytest.mark.parametrize("thickness", [1, 4, 16])
def test_no_wall_is_tunnelled_through_at_3000_units_a_second(thickness):
    """Sweeps see everything on the way: even one unit of wall holds."""
    level = room(box((200, -2000, 0), (200 + thickness, 2000, 2000)))
    for i in range(40):
        player = standing_player(x=100.0 + i, z=400.0)
        player.vel = (2990.0, float(i), 0.0)
        ticks(player, 10, Usercmd(), level)

        assert player.pos[0] <= 200.0 - 15.0


def test_nobody_is_ever_inside_solid():
    """After each of 10,000 random ticks with throws in the arena, the box is free."""
    level = arena()
    dice = random.Random(20)
    hull = level.hull(PLAYER_MINS, PLAYER_MAXS)
    player = standing_player()
    cmd = Usercmd()
    for tick in range(10_000):
        if tick % 200 == 0:
            player.pos = level.spawns[dice.randrange(len(level.spawns))].pos
        if dice.random() < 0.02:
            player.vel = tuple(dice.uniform(-1500.0, 1500.0) for _ in range(3))
            player.knockback = dice.randrange(12)
        if dice.random() < 0.1:
            cmd = Usercmd(
                forward=dice.choice((-127, 127)),
                side=dice.choice((-127, 0, 127)),
                yaw=dice.randrange(65536),
                buttons=dice.choice((0, BUTTON_JUMP)),
            )
        pmove.move(level, player, cmd, [], [])

        assert not sweep(hull, player.pos, player.pos).start_solid, (tick, player.pos)
