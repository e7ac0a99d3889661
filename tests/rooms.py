"""Levels for the tests of the game, written as `.map` text."""

from pathlib import Path

from tremble.sim import level, step
from tremble.sim.level import Level
from tremble.sim.state import ALIVE, Event, Usercmd, World

ARENA = Path(__file__).parents[1] / "maps" / "arena_01.map"


def plane(*points):
    return " ".join(f"( {x} {y} {z} )" for x, y, z in points) + " stone 0 0 0 1 1"


def brush(*planes):
    return "\n".join(["{", *planes, "}"])


def box(low, high):
    """A brush of six planes."""
    x, y, z = low
    u, v, w = high
    return brush(
        plane((x, y, z), (x, y + 1, z), (x, y, z + 1)),
        plane((x, y, z), (x, y, z + 1), (x + 1, y, z)),
        plane((x, y, z), (x + 1, y, z), (x, y + 1, z)),
        plane((u, v, w), (u, v + 1, w), (u + 1, v, w)),
        plane((u, v, w), (u + 1, v, w), (u, v, w + 1)),
        plane((u, v, w), (u, v, w + 1), (u, v + 1, w)),
    )


def ramp(low, high):
    """A wedge that rises along +x from the height of *low* to that of *high*."""
    x, y, z = low
    u, v, w = high
    return brush(
        plane((x, y, z), (x, y, z + 1), (x + 1, y, z)),
        plane((x, y, z), (x + 1, y, z), (x, y + 1, z)),
        plane((u, v, w), (u + 1, v, w), (u, v, w + 1)),
        plane((u, v, w), (u, v, w + 1), (u, v + 1, w)),
        plane((x, y, z), (x, v, z), (u, y, w)),
    )


def entity(classname, *brushes, **keys):
    lines = [f'"classname" "{classname}"', *(f'"{k}" "{v}"' for k, v in keys.items())]
    return "\n".join(["{", *lines, *brushes, "}"]) + "\n"


FLOOR = box((-4096, -4096, -16), (4096, 4096, 0))
SPAWN = entity("info_player_deathmatch", origin="0 -3000 24")


def room(*brushes, entities=(SPAWN,)) -> Level:
    """A wide floor with *brushes* on it."""
    return level.load(entity("worldspawn", FLOOR, *brushes) + "".join(entities), "room")


def arena() -> Level:
    return level.load(ARENA.read_text(), "arena_01")


def commands(**by_slot: Usercmd) -> list[Usercmd | None]:
    """Usercmds by slot: `commands(p0=Usercmd(...))`."""
    cmds: list[Usercmd | None] = [None] * 16
    for key, cmd in by_slot.items():
        cmds[int(key[1:])] = cmd
    return cmds


def run(world: World, ticks: int, **by_slot: Usercmd) -> list[Event]:
    """Repeat the same commands for *ticks*; return all events."""
    events: list[Event] = []
    for _ in range(ticks):
        events += step.step(world, commands(**by_slot))
    return events


def world_with(place: Level, *positions) -> World:
    """A world with a player at rest at each of *positions*, ready to shoot."""
    world = step.new_world(place, 1)
    for slot in range(len(positions)):
        step.join(world, slot)
    step.step(world, commands())
    for slot, pos in enumerate(positions):
        player = world.players[slot]
        player.life = ALIVE
        player.health = 100
        player.pos = pos
        player.vel = (0.0, 0.0, 0.0)
        player.refire = 0
    run(world, 2)
    return world


def of_kind(events: list[Event], kind: int) -> list[Event]:
    return [event for event in events if event.kind == kind]
