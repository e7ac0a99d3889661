"""Pmove: move one player by one usercmd. The server and a predicting client run the same lines.

The order is Quake III's (bg_pmove.c, bg_slidemove.c): ground trace, jump, friction, accelerate,
slide along what is met, step over what is low, ground trace. Time is one tick; velocities are not
rounded.
"""

from math import sqrt
from typing import Final

from tremble.sim.hull import Hull, Trace, sweep
from tremble.sim.level import Level
from tremble.sim.state import BUTTON_JUMP, EV_JUMP, EV_LAND, Event, Player, Usercmd
from tremble.sim.trace import enter_box
from tremble.sim.tuning import (
    ACCELERATE,
    AIR_ACCELERATE,
    DT,
    FEET,
    FRICTION,
    GRAVITY,
    GROUND_DEPTH,
    HALF_WIDTH,
    HEAD,
    JUMP_VELOCITY,
    KICK_OFF_SPEED,
    LAND_SPEED,
    MAX_BUMPS,
    MAX_CLIP_PLANES,
    MAX_SPEED,
    MIN_WALK_NORMAL,
    OVERCLIP,
    STEP_SIZE,
    STOP_SPEED,
    TERMINAL_SPEED,
    TINY_SPEED,
)
from tremble.sim.vector import Vec, cos16, cross, dot, length, mad, normalise, scale, sin16

#: Two boxes overlap when their centres are closer than this.
WIDTH: Final = 2.0 * HALF_WIDTH
HEIGHT: Final = HEAD - FEET


class Pmove:
    """What one move needs beside its player."""

    def __init__(
        self, level: Level, player: Player, others: list[Player], events: list[Event]
    ) -> None:
        self.hull: Hull = level.player_hull
        self.player = player
        self.others = others
        self.events = events
        self.start_z = player.pos[2]
        self.start_vel_z = player.vel[2]
        #: something is right beneath, if only a slope too steep to walk
        self.ground_plane = False
        self.ground: Vec = (0.0, 0.0, 0.0)

    def trace(self, start: Vec, end: Vec) -> Trace:
        """Sweep the player's box through the level and past the other players."""
        found = sweep(self.hull, start, end)
        for other in self.others:
            at = other.pos
            low = (at[0] - WIDTH, at[1] - WIDTH, at[2] - HEIGHT)
            high = (at[0] + WIDTH, at[1] + WIDTH, at[2] + HEIGHT)
            fraction, normal = enter_box(start, end, low, high)
            # Players that overlap, by a teleport or a spawn, do not hold each other.
            if 0.0 <= fraction < found.fraction:
                found.fraction = fraction
                found.normal = normal
                found.end = (
                    start[0] + fraction * (end[0] - start[0]),
                    start[1] + fraction * (end[1] - start[1]),
                    start[2] + fraction * (end[2] - start[2]),
                )
        return found


def move(
    level: Level, player: Player, cmd: Usercmd, others: list[Player], events: list[Event]
) -> None:
    """Move *player* for one tick as *cmd* asks; append to *events* what happened on the way.

    *others* are the living players that may be in the way: those within NEAR of it.
    """
    player.yaw = cmd.yaw & 65535
    player.pitch = max(-16384, min(16384, cmd.pitch))
    player.vel = bounded(player.vel)
    if cmd.buttons & BUTTON_JUMP == 0:
        player.jump_held = False
    pm = Pmove(level, player, others, events)
    trace_ground(pm)
    if player.knockback > 0:
        player.knockback -= 1
    if player.on_ground and not jump(pm, cmd):
        walk(pm, cmd)
    else:
        fly(pm, cmd)
    trace_ground(pm)


def bounded(vel: Vec) -> Vec:
    """Return *vel* no faster than TERMINAL_SPEED, and without parts too small to matter.

    Such parts would shrink for ever, into numbers that some machines compute slowly, others as 0.
    """
    x = vel[0] if abs(vel[0]) > TINY_SPEED else 0.0
    y = vel[1] if abs(vel[1]) > TINY_SPEED else 0.0
    z = vel[2] if abs(vel[2]) > TINY_SPEED else 0.0
    speed = length((x, y, z))
    if speed <= TERMINAL_SPEED:
        return (x, y, z)
    return scale((x, y, z), TERMINAL_SPEED / speed)


def trace_ground(pm: Pmove) -> None:
    """Find out what the player stands on; tell of a landing."""
    player = pm.player
    pos, vel = player.pos, player.vel
    found = pm.trace(pos, (pos[0], pos[1], pos[2] - GROUND_DEPTH))
    pm.ground_plane = False
    pm.ground = (0.0, 0.0, 0.0)
    if found.fraction == 1.0 or found.all_solid:
        player.on_ground = False
        return
    if vel[2] > 0.0 and dot(vel, found.normal) > KICK_OFF_SPEED:
        player.on_ground = False
        return
    pm.ground_plane = True
    pm.ground = found.normal
    if found.normal[2] < MIN_WALK_NORMAL:
        player.on_ground = False
        return
    if not player.on_ground:
        land(pm)
    player.on_ground = True


def land(pm: Pmove) -> None:
    """Tell of the landing, unless it is as soft as a step down."""
    fallen = pm.start_z - pm.player.pos[2]
    square = pm.start_vel_z * pm.start_vel_z + 2.0 * GRAVITY * fallen
    if pm.start_vel_z > 0.0 or square < LAND_SPEED * LAND_SPEED:
        return
    slot, pos = pm.player.slot, pm.player.pos
    pm.events.append(Event(EV_LAND, a=slot, value=int(sqrt(square)), pos=pos))


def jump(pm: Pmove, cmd: Usercmd) -> bool:
    """Leave the ground if the button went down since the last jump."""
    player = pm.player
    if cmd.buttons & BUTTON_JUMP == 0 or player.jump_held:
        return False
    player.on_ground = False
    player.jump_held = True
    pm.ground_plane = False
    player.vel = (player.vel[0], player.vel[1], JUMP_VELOCITY)
    pm.events.append(Event(EV_JUMP, a=player.slot, pos=player.pos))
    return True


def walk(pm: Pmove, cmd: Usercmd) -> None:
    """Move on the ground."""
    player = pm.player
    if player.knockback == 0:
        apply_friction(player)
    sine, cosine = sin16(player.yaw), cos16(player.yaw)
    forward = normalise(clip_velocity((cosine, sine, 0.0), pm.ground))
    right = normalise(clip_velocity((sine, -cosine, 0.0), pm.ground))
    wish = normalise(mad(scale(forward, float(cmd.forward)), float(cmd.side), right))
    if player.knockback == 0:
        accelerate(player, wish, wish_speed(cmd), ACCELERATE)
    else:
        accelerate(player, wish, wish_speed(cmd), AIR_ACCELERATE)
        player.vel = (player.vel[0], player.vel[1], player.vel[2] - GRAVITY * DT)
    # Follow the slope without losing or gaining speed by it.
    speed = length(player.vel)
    player.vel = scale(normalise(clip_velocity(player.vel, pm.ground)), speed)
    if player.vel[0] != 0.0 or player.vel[1] != 0.0:
        step_slide(pm, False)


def fly(pm: Pmove, cmd: Usercmd) -> None:
    """Move in the air, or slide down what is too steep to walk."""
    player = pm.player
    sine, cosine = sin16(player.yaw), cos16(player.yaw)
    ahead, aside = float(cmd.forward), float(cmd.side)
    wish = normalise((cosine * ahead + sine * aside, sine * ahead - cosine * aside, 0.0))
    accelerate(player, wish, wish_speed(cmd), AIR_ACCELERATE)
    if pm.ground_plane:
        player.vel = clip_velocity(player.vel, pm.ground)
    step_slide(pm, True)


def wish_speed(cmd: Usercmd) -> float:
    """Return the speed asked for: as fast along a diagonal as straight on."""
    most = max(abs(cmd.forward), abs(cmd.side))
    return MAX_SPEED * float(min(most, 127)) / 127.0


def apply_friction(player: Player) -> None:
    vel = player.vel
    speed = sqrt(vel[0] * vel[0] + vel[1] * vel[1])
    if speed < 1.0:
        player.vel = (0.0, 0.0, vel[2])
        return
    drop = (speed if speed > STOP_SPEED else STOP_SPEED) * FRICTION * DT
    player.vel = scale(vel, (speed - drop) / speed if speed > drop else 0.0)


def accelerate(player: Player, wish: Vec, speed: float, rate: float) -> None:
    """Add to the velocity along *wish* until its part along *wish* is *speed*.

    That only this part is bounded is what makes strafe jumps gain speed.
    """
    lacking = speed - dot(player.vel, wish)
    if lacking <= 0.0:
        return
    gain = rate * DT * speed
    player.vel = mad(player.vel, gain if gain < lacking else lacking, wish)


def clip_velocity(vel: Vec, normal: Vec) -> Vec:
    """Return *vel* without its part into *normal*, pushed off a little."""
    into = dot(vel, normal)
    by = into * OVERCLIP if into < 0.0 else into / OVERCLIP
    return (vel[0] - normal[0] * by, vel[1] - normal[1] * by, vel[2] - normal[2] * by)


def step_slide(pm: Pmove, falling: bool) -> None:
    """Slide; if something was met, try again from STEP_SIZE higher and come down."""
    player = pm.player
    pos, vel = player.pos, player.vel
    if not slide(pm, falling):
        return
    below = pm.trace(pos, (pos[0], pos[1], pos[2] - STEP_SIZE))
    # Never step up while still rising from a jump.
    if player.vel[2] > 0.0 and (below.fraction == 1.0 or below.normal[2] < MIN_WALK_NORMAL):
        return
    above = pm.trace(pos, (pos[0], pos[1], pos[2] + STEP_SIZE))
    if above.all_solid:
        return
    height = above.end[2] - pos[2]
    player.pos = above.end
    player.vel = vel
    slide(pm, falling)
    pos = player.pos
    down = pm.trace(pos, (pos[0], pos[1], pos[2] - height))
    if not down.all_solid:
        player.pos = down.end
    if down.fraction < 1.0:
        player.vel = clip_velocity(player.vel, down.normal)


def slide(pm: Pmove, falling: bool) -> bool:
    """Move for a tick along up to MAX_BUMPS surfaces; return whether any was met.

    The velocity that moves is the mean over the tick; the one that remains is that of its end.
    """
    player = pm.player
    vel, final = player.vel, player.vel
    if falling:
        final = (vel[0], vel[1], vel[2] - GRAVITY * DT)
        vel = (vel[0], vel[1], (vel[2] + final[2]) * 0.5)
        if pm.ground_plane:
            vel = clip_velocity(vel, pm.ground)
    whole = final
    planes: list[Vec] = []
    left = DT
    bumps = 0
    while bumps < MAX_BUMPS:
        found = pm.trace(player.pos, mad(player.pos, left, vel))
        if found.all_solid:  # inside something: do not build up fall speed
            player.vel = (vel[0], vel[1], 0.0)
            return True
        if found.fraction > 0.0:
            player.pos = found.end
        if found.fraction == 1.0:
            break
        if bumps == 0:
            if pm.ground_plane:
                planes.append(pm.ground)
            planes.append(normalise(vel))  # never turn against the first velocity
        bumps += 1
        left -= left * found.fraction
        free, vel, final = deflect(planes, found.normal, vel, final)
        if not free:
            player.vel = (0.0, 0.0, 0.0)
            return True
    # Thrown by a blast or a teleporter, a player keeps its speed through what it grazes.
    player.vel = whole if player.knockback > 0 else final
    return bumps > 0


def deflect(planes: list[Vec], normal: Vec, vel: Vec, final: Vec) -> tuple[bool, Vec, Vec]:
    """Enter *normal* among the *planes* met; return both velocities turned along all of them.

    The first value is False if no way is left.
    """
    if len(planes) >= MAX_CLIP_PLANES:
        return False, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
    for plane in planes:
        if dot(normal, plane) > 0.99:  # met again for rounding: push off it
            return True, mad(vel, 1.0, normal), final
    planes.append(normal)
    for i in range(len(planes)):
        if dot(vel, planes[i]) < 0.1:
            return turn(planes, i, vel, final)
    return True, vel, final


def turn(planes: list[Vec], first: int, vel: Vec, final: Vec) -> tuple[bool, Vec, Vec]:
    """Turn both velocities along plane *first*, or along its crease with a second plane."""
    plane = planes[first]
    turned, turned_final = clip_velocity(vel, plane), clip_velocity(final, plane)
    for j in range(len(planes)):
        other = planes[j]
        if j == first or dot(turned, other) >= 0.1:
            continue
        turned, turned_final = clip_velocity(turned, other), clip_velocity(turned_final, other)
        if dot(turned, plane) >= 0.0:
            continue
        crease = normalise(cross(plane, other))
        turned = scale(crease, dot(crease, vel))
        turned_final = scale(crease, dot(crease, final))
        for k in range(len(planes)):
            if k != first and k != j and dot(turned, planes[k]) < 0.1:
                return False, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)  # a corner of three: stop dead
    return True, turned, turned_final
