"""Step: one tick of the world. World and usercmds in, events out.

  items come back -> the dead respawn -> all move -> triggers -> all shoot -> rockets fly
  -> items are taken -> health decays

Within each stage slots take turns upwards on even ticks and downwards on odd ones, so of any two
players each is first as often as the other.
"""

from tremble.sim.items import bring_back, touch_items
from tremble.sim.level import Level
from tremble.sim.pmove import move
from tremble.sim.state import (
    ALIVE,
    BUTTON_ATTACK,
    BUTTON_JUMP,
    DEAD,
    EV_JUMP_PAD,
    EV_LAND,
    EV_SPAWN,
    EV_TELEPORT,
    GONE,
    MACHINEGUN,
    MAX_PLAYERS,
    MOD_FALLING,
    MOD_TELEFRAG,
    MOD_VOID,
    Event,
    Item,
    Player,
    Projectile,
    Usercmd,
    World,
)
from tremble.sim.tuning import (
    BASE_HEALTH,
    DECAY,
    FALL_DAMAGE_FAR,
    FALL_DAMAGE_SHORT,
    FALL_DELTA_FAR,
    FALL_DELTA_SHORT,
    FEET,
    FORCED_RESPAWN,
    HALF_WIDTH,
    HEAD,
    LIMBO,
    NEAR,
    PLAYER_MAXS,
    PLAYER_MINS,
    SPAWN_BULLETS,
    SPAWN_HEALTH,
    SWITCH,
    TELEPORT_HOLD,
    TELEPORT_SPEED,
    VOID_DEPTH,
)
from tremble.sim.vector import ZERO, Vec, add, cos16, sin16
from tremble.sim.weapons import fly_projectiles, hurt, kill, use_weapon


def new_world(level: Level, seed: int) -> World:
    """Return a world of *level* without players; *seed* is any integer."""
    return World(level, seed)


def join(world: World, slot: int) -> None:
    """Let the player of *slot* into the world: the next step spawns it and tells EV_SPAWN.

    Until then it counts as DEAD. Who is in the world already starts afresh.
    """
    player = Player(slot)
    player.life = DEAD
    # Its first spawn point is chosen as if it had died at a random one.
    player.pos = world.level.spawns[world.draw(len(world.level.spawns))].pos
    world.players[slot] = player


def leave(world: World, slot: int) -> None:
    """Take the player of *slot*, and its rockets, out of the world."""
    world.players[slot] = Player(slot)
    for index, projectile in enumerate(world.projectiles):
        if projectile.active and projectile.owner == slot:
            world.projectiles[index] = Projectile()


def restart(world: World) -> None:
    """Begin a match: items lie there, no rocket flies, all in the world spawn at the next step.

    The tick goes on.
    """
    for index in range(len(world.items)):
        world.items[index] = Item()
    for index in range(len(world.projectiles)):
        world.projectiles[index] = Projectile()
    for player in world.players:
        if player.life != GONE:
            join(world, player.slot)


def step(
    world: World,
    usercmds: list[Usercmd | None],
    seen: list[list[Vec | None] | None] | None = None,
) -> list[Event]:
    """Do one tick and return what happened in it.

    *usercmds* holds one for each slot; None stands for no buttons and the view as it was. *seen*,
    for lag compensation, holds for each slot where its player saw the centres of all players, by
    slot (see rewind.py); None, or a None in it, stands for where they are.
    """
    world.tick += 1
    events: list[Event] = []
    bring_back(world, events)
    turns = list(range(MAX_PLAYERS))
    if world.tick & 1:
        turns.reverse()
    cmds = [obeyed(world, player, usercmds[player.slot]) for player in world.players]
    for slot in turns:
        player = world.players[slot]
        if player.life == DEAD:
            lie(world, player, cmds[slot], events)
        elif player.life == ALIVE:
            run(world, player, cmds[slot], events)
    for slot in turns:
        player = world.players[slot]
        if player.life == ALIVE:
            view = seen[slot] if seen is not None else None
            use_weapon(world, player, cmds[slot], view, events)
    fly_projectiles(world, events)
    for slot in turns:
        player = world.players[slot]
        if player.life == ALIVE:
            touch_items(world, player, events)
            decay(world, player)
    return events


def obeyed(world: World, player: Player, cmd: Usercmd | None) -> Usercmd:
    """Return the command that counts: *cmd*, or in a countdown no more of it than the view."""
    if cmd is None:
        return Usercmd(yaw=player.yaw, pitch=player.pitch, weapon=player.weapon)
    if world.frozen:
        return Usercmd(yaw=cmd.yaw, pitch=cmd.pitch, weapon=player.weapon)
    return cmd


def lie(world: World, player: Player, cmd: Usercmd, events: list[Event]) -> None:
    """Respawn a dead player when it may and asks for it, or must; else let the corpse fall."""
    if player.respawn > 0:
        player.respawn -= 1
    asks = cmd.buttons & (BUTTON_ATTACK | BUTTON_JUMP) != 0
    if player.respawn == 0 or (asks and player.respawn <= FORCED_RESPAWN - LIMBO):
        spawn(world, player, events)
    elif player.pos[2] > world.level.mins[2] - VOID_DEPTH:
        move(world.level, player, Usercmd(yaw=player.yaw, pitch=player.pitch), [], [])


def run(world: World, player: Player, cmd: Usercmd, events: list[Event]) -> None:
    """Move a living player; see where that brought it."""
    told = len(events)
    move(world.level, player, cmd, near(world, player), events)
    for i in range(told, len(events)):
        if events[i].kind == EV_LAND:
            fall(player, float(events[i].value), events)
    touch_triggers(world, player, events)
    if player.life == ALIVE and player.pos[2] < world.level.mins[2] - VOID_DEPTH:
        kill(player, -1, MOD_VOID, events)


def near(world: World, player: Player) -> list[Player]:
    """Return the other living players that one tick may bring against *player*."""
    found: list[Player] = []
    pos = player.pos
    for other in world.players:
        if other.life != ALIVE or other is player:
            continue
        x, y, z = other.pos[0] - pos[0], other.pos[1] - pos[1], other.pos[2] - pos[2]
        if abs(x) < NEAR and abs(y) < NEAR and abs(z) < NEAR:
            found.append(other)
    return found


def fall(player: Player, speed: float, events: list[Event]) -> None:
    """Hurt a player that landed with *speed*: bg_pmove.c PM_CrashLand."""
    delta = speed * speed * 0.0001
    if delta > FALL_DELTA_FAR:
        hurt(player, -1, FALL_DAMAGE_FAR, MOD_FALLING, ZERO, events)
    elif delta > FALL_DELTA_SHORT:
        hurt(player, -1, FALL_DAMAGE_SHORT, MOD_FALLING, ZERO, events)


def touch_triggers(world: World, player: Player, events: list[Event]) -> None:
    level = world.level
    pos = player.pos
    touched = -1
    for index, pad in enumerate(level.pads):
        if touches(pos, pad.mins, pad.maxs):
            touched = index
            player.vel = pad.vel
            player.on_ground = False
            if player.pad != index:
                events.append(Event(EV_JUMP_PAD, a=player.slot, pos=pos))
    player.pad = touched
    for hurt_box in level.hurts:
        if touches(pos, hurt_box.mins, hurt_box.maxs):
            hurt(player, -1, hurt_box.damage, MOD_VOID, ZERO, events)
    for gate in level.teleporters:
        if player.life == ALIVE and touches(pos, gate.mins, gate.maxs):
            arrive(world, player, gate.pos, gate.yaw, events)
            player.vel = (cos16(gate.yaw) * TELEPORT_SPEED, sin16(gate.yaw) * TELEPORT_SPEED, 0.0)
            player.knockback = TELEPORT_HOLD
            events.append(
                Event(EV_TELEPORT, a=player.slot, value=gate.yaw, pos=pos, end=player.pos)
            )
            return


def touches(pos: Vec, mins: Vec, maxs: Vec) -> bool:
    """Say whether the box of a player at *pos* reaches into the box *mins* to *maxs*."""
    return (
        pos[0] + HALF_WIDTH > mins[0]
        and pos[0] - HALF_WIDTH < maxs[0]
        and pos[1] + HALF_WIDTH > mins[1]
        and pos[1] - HALF_WIDTH < maxs[1]
        and pos[2] + HEAD > mins[2]
        and pos[2] + FEET < maxs[2]
    )


def arrive(world: World, player: Player, pos: Vec, yaw: int, events: list[Event]) -> None:
    """Put *player* at *pos*; who stands there dies of it."""
    for other in standing_at(world, pos):
        if other is not player:
            kill(other, player.slot, MOD_TELEFRAG, events)
    player.pos = pos
    player.yaw = yaw
    player.on_ground = False
    player.pad = -1


def spawn(world: World, player: Player, events: list[Event]) -> None:
    """Bring *player* to life at a free spawn point, of the half farthest from where it died."""
    index = choose_spawn(world, player.pos)
    at = world.level.spawns[index]
    fresh = Player(player.slot)
    fresh.life = ALIVE
    fresh.health = SPAWN_HEALTH
    fresh.weapons = 1 << MACHINEGUN
    fresh.ammo_machinegun = SPAWN_BULLETS
    fresh.refire = SWITCH
    fresh.decay = DECAY
    world.players[player.slot] = fresh
    arrive(world, fresh, at.pos, at.yaw, events)
    events.append(Event(EV_SPAWN, a=player.slot, value=at.yaw, pos=at.pos))


def choose_spawn(world: World, away: Vec) -> int:
    """Return a random spawn point of the free ones' half that is farthest from *away*."""
    ranked: list[tuple[float, int]] = []
    taken: list[tuple[float, int]] = []
    for index, at in enumerate(world.level.spawns):
        x, y, z = at.pos[0] - away[0], at.pos[1] - away[1], at.pos[2] - away[2]
        row = (-(x * x + y * y + z * z), index)
        if standing_at(world, at.pos):
            taken.append(row)
        else:
            ranked.append(row)
    if not ranked:
        ranked = taken
    ranked.sort()
    return ranked[world.draw(max(1, len(ranked) // 2))][1]


def standing_at(world: World, pos: Vec) -> list[Player]:
    """Return the living players whose boxes overlap the box of one at *pos*."""
    low, high = add(pos, PLAYER_MINS), add(pos, PLAYER_MAXS)
    found: list[Player] = []
    for other in world.players:
        if other.life == ALIVE and touches(other.pos, low, high):
            found.append(other)
    return found


def decay(world: World, player: Player) -> None:
    """Take a point a second off health and armour above BASE_HEALTH, but for a countdown."""
    if world.frozen:
        return
    player.decay -= 1
    if player.decay > 0:
        return
    player.decay = DECAY
    if player.health > BASE_HEALTH:
        player.health -= 1
    if player.armour > BASE_HEALTH:
        player.armour -= 1
