"""Weapons: shots, rockets, blasts, and what they do to players."""

from tremble.sim.hull import sweep
from tremble.sim.level import Level
from tremble.sim.state import (
    ALIVE,
    BUTTON_ATTACK,
    DEAD,
    EV_EXPLODE,
    EV_FIRE,
    EV_FRAG,
    EV_HIT,
    MACHINEGUN,
    MOD_SPLASH,
    RAILGUN,
    ROCKET_LAUNCHER,
    Event,
    Player,
    Projectile,
    Usercmd,
    World,
)
from tremble.sim.trace import meet_player
from tremble.sim.tuning import (
    ARMOUR_SHARE,
    DAMAGE,
    DRY,
    DT,
    FEET,
    FORCED_RESPAWN,
    HALF_WIDTH,
    HEAD,
    HITSCAN_RANGE,
    KNOCKBACK,
    KNOCKBACK_MASS,
    KNOCKBACK_MAX,
    KNOCKBACK_MIN,
    MAX_RAIL_HITS,
    REFIRE,
    ROCKET_LIFE,
    ROCKET_PRESTEP,
    ROCKET_SPEED,
    SELF_DAMAGE,
    SPLASH_DAMAGE,
    SPLASH_LIFT,
    SPLASH_RADIUS,
    SPREAD,
    SWITCH,
    VIEW_HEIGHT,
)
from tremble.sim.vector import ZERO, Vec, length, mad, normalise, scale, sin16, sub, view_axes


def ammo(player: Player, weapon: int) -> int:
    if weapon == MACHINEGUN:
        return player.ammo_machinegun
    return player.ammo_railgun if weapon == RAILGUN else player.ammo_rocket_launcher


def set_ammo(player: Player, weapon: int, count: int) -> None:
    if weapon == MACHINEGUN:
        player.ammo_machinegun = count
    elif weapon == RAILGUN:
        player.ammo_railgun = count
    else:
        player.ammo_rocket_launcher = count


def eyes(player: Player) -> Vec:
    return (player.pos[0], player.pos[1], player.pos[2] + VIEW_HEIGHT)


def use_weapon(
    world: World,
    player: Player,
    cmd: Usercmd,
    seen: list[Vec | None] | None,
    events: list[Event],
) -> None:
    """Change the weapon of *player*, or fire it, if *cmd* asks for it and it may.

    *seen* holds, by slot, where the shooter saw the centre of each other player; None, or a None in
    it, stands for where it is.
    """
    if player.refire > 0:
        player.refire -= 1
    if player.refire > 0:
        return
    wanted = cmd.weapon
    known = MACHINEGUN <= wanted <= ROCKET_LAUNCHER
    if wanted != player.weapon and known and player.weapons & (1 << wanted):
        player.weapon = wanted
        player.refire = SWITCH
        return
    if cmd.buttons & BUTTON_ATTACK == 0:
        return
    left = ammo(player, player.weapon)
    if left == 0:
        player.refire = DRY
        return
    set_ammo(player, player.weapon, left - 1)
    player.refire = REFIRE[player.weapon]
    if player.weapon == ROCKET_LAUNCHER:
        fire_rocket(world, player, events)
    else:
        fire_hitscan(world, player, seen, events)


def fire_hitscan(
    world: World, player: Player, seen: list[Vec | None] | None, events: list[Event]
) -> None:
    """Hit the first player on the line, or with the railgun up to MAX_RAIL_HITS of them."""
    start = eyes(player)
    forward, right, up = view_axes(player.yaw, player.pitch)
    end = mad(start, HITSCAN_RANGE, forward)
    if player.weapon == MACHINEGUN:
        # Square of a random amount times a random angle: most bullets go near the middle.
        angle = world.draw(65536)
        aside = sin16(angle + 16384) * (float(world.draw(65536)) / 32768.0 - 1.0)
        above = sin16(angle) * (float(world.draw(65536)) / 32768.0 - 1.0)
        end = mad(mad(end, SPREAD * aside, right), SPREAD * above, up)
    wall = sweep(world.level.point_hull, start, end)
    found: list[tuple[float, int]] = []
    for other in world.players:
        if other.life != ALIVE or other.slot == player.slot:
            continue
        at = seen[other.slot] if seen is not None else None
        fraction = meet_player(start, end, other.pos if at is None else at)
        if fraction < wall.fraction:
            found.append((fraction, other.slot))
    found.sort()
    most = MAX_RAIL_HITS if player.weapon == RAILGUN else 1
    reached = wall.end
    if most == 1 and found:
        reached = mad(start, found[0][0], sub(end, start))
    weapon = player.weapon
    events.append(Event(EV_FIRE, a=player.slot, value=weapon, pos=start, end=reached))
    for _, slot in found[:most]:
        hurt(world.players[slot], player.slot, DAMAGE[weapon], weapon, forward, events)


def fire_rocket(world: World, player: Player, events: list[Event]) -> None:
    """Let a rocket fly from the eyes; step flies it on in the same tick."""
    forward, _, _ = view_axes(player.yaw, player.pitch)
    start = eyes(player)
    rocket = free_projectile(world, events)
    rocket.active = True
    rocket.owner = player.slot
    rocket.born = world.tick
    rocket.pos = start
    rocket.vel = scale(forward, ROCKET_SPEED)
    events.append(Event(EV_FIRE, a=player.slot, value=ROCKET_LAUNCHER, pos=start, end=start))


def free_projectile(world: World, events: list[Event]) -> Projectile:
    """Return a free place; if all fly, the oldest explodes to make one."""
    oldest = 0
    for i, projectile in enumerate(world.projectiles):
        if not projectile.active:
            return projectile
        if projectile.born < world.projectiles[oldest].born:
            oldest = i
    explode(world, oldest, -1, events)
    return world.projectiles[oldest]


def fly_projectiles(world: World, events: list[Event]) -> None:
    """Fly every rocket for a tick; explode those that meet something or are too old."""
    for index, rocket in enumerate(world.projectiles):
        if not rocket.active:
            continue
        age = world.tick - rocket.born
        if age >= ROCKET_LIFE:
            explode(world, index, -1, events)
            continue
        time = DT * float(ROCKET_PRESTEP) if age == 0 else DT
        end = mad(rocket.pos, time, rocket.vel)
        wall = sweep(world.level.point_hull, rocket.pos, end)
        fraction, struck = wall.fraction, -1
        for other in world.players:
            if other.life != ALIVE or other.slot == rocket.owner:
                continue
            meets = meet_player(rocket.pos, end, other.pos)
            if meets < fraction:
                fraction, struck = meets, other.slot
        rocket.pos = mad(rocket.pos, fraction, sub(end, rocket.pos))
        if fraction < 1.0 or wall.all_solid:
            explode(world, index, struck, events)


def explode(world: World, index: int, struck: int, events: list[Event]) -> None:
    """End projectile *index*: hurt the player it *struck* (-1: none), then all in its blast."""
    rocket = world.projectiles[index]
    owner, centre, heading = rocket.owner, rocket.pos, normalise(rocket.vel)
    world.projectiles[index] = Projectile()
    events.append(Event(EV_EXPLODE, a=owner, b=index, pos=centre))
    if struck >= 0:
        hurt(
            world.players[struck],
            owner,
            DAMAGE[ROCKET_LAUNCHER],
            ROCKET_LAUNCHER,
            heading,
            events,
        )
    for player in world.players:
        if player.life != ALIVE or player.slot == struck:
            continue
        distance = distance_to_box(centre, player.pos)
        if distance >= SPLASH_RADIUS or not blast_reaches(world.level, centre, player.pos):
            continue
        points = int(float(SPLASH_DAMAGE) * (1.0 - distance / SPLASH_RADIUS))
        away = sub(player.pos, centre)
        push = normalise((away[0], away[1], away[2] + SPLASH_LIFT))
        hurt(player, owner, points, MOD_SPLASH, push, events)


def distance_to_box(point: Vec, pos: Vec) -> float:
    """Return how far *point* is from the box of a player at *pos*; 0.0 inside."""
    x = max(abs(point[0] - pos[0]) - HALF_WIDTH, 0.0)
    y = max(abs(point[1] - pos[1]) - HALF_WIDTH, 0.0)
    z = max(max(pos[2] + FEET - point[2], point[2] - pos[2] - HEAD), 0.0)
    return length((x, y, z))


def blast_reaches(level: Level, centre: Vec, pos: Vec) -> bool:
    """Say whether the middle of a player at *pos*, or a side of it, is in sight of *centre*."""
    if sweep(level.point_hull, centre, pos).fraction == 1.0:
        return True
    for x in (-HALF_WIDTH, HALF_WIDTH):
        for y in (-HALF_WIDTH, HALF_WIDTH):
            side = (pos[0] + x, pos[1] + y, pos[2])
            if sweep(level.point_hull, centre, side).fraction == 1.0:
                return True
    return False


def hurt(
    victim: Player, attacker: int, points: int, means: int, push: Vec, events: list[Event]
) -> None:
    """Take *points* from *victim* and throw it along *push* (a unit vector, or zero).

    *attacker* is a slot, or -1 for the world. Own blasts take half but throw as far: g_combat.c.
    """
    if victim.life != ALIVE:
        return
    if points > 0 and push != ZERO:
        strength = min(float(points), KNOCKBACK_MASS)
        victim.vel = mad(victim.vel, KNOCKBACK * strength / KNOCKBACK_MASS, push)
        if victim.knockback == 0:
            # 2 ms for each point
            ticks = int(strength * 0.12)
            victim.knockback = max(KNOCKBACK_MIN, min(KNOCKBACK_MAX, ticks))
    if victim.slot == attacker:
        points = int(float(points) * SELF_DAMAGE)
    points = max(points, 1)
    absorbed = int(float(points) * ARMOUR_SHARE)
    if float(absorbed) < float(points) * ARMOUR_SHARE:
        absorbed += 1
    absorbed = min(absorbed, victim.armour)
    taken = points - absorbed
    dealt = absorbed + max(0, min(taken, victim.health))
    victim.armour -= absorbed
    victim.health -= taken
    events.append(Event(EV_HIT, a=attacker, b=victim.slot, value=dealt, means=means))
    if victim.health <= 0:
        kill(victim, attacker, means, events)


def kill(victim: Player, attacker: int, means: int, events: list[Event]) -> None:
    """Turn *victim* into a corpse that may respawn after LIMBO and must after FORCED_RESPAWN."""
    victim.life = DEAD
    victim.health = min(victim.health, 0)
    victim.respawn = FORCED_RESPAWN
    events.append(Event(EV_FRAG, a=attacker, b=victim.slot, means=means, pos=victim.pos))
