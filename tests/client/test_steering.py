"""Walkers bring a real player, moved by the game's own rules, to where they lead."""

from random import Random

import pytest
from halls import hall
from rooms import arena, box, commands, entity

from tremble.client.navigation import Graph, build
from tremble.client.steering import Walker
from tremble.client.view import Own
from tremble.net import fields
from tremble.sim import step
from tremble.sim.level import Level
from tremble.sim.state import BUTTON_JUMP, Usercmd, World


@pytest.fixture(scope="module")
def slate() -> tuple[Level, Graph]:
    """The shipped arena and its graph."""
    place = arena()
    return place, build(place)


def own(world: World) -> Own:
    """What the player in slot 0 is told of itself."""
    return Own(fields.numbers(fields.own_values(world.players[0])))


def follow(world: World, walker: Walker, ticks: int) -> int:
    """Run as *walker* says until its end is touched; return the ticks it took, at most *ticks*."""
    held = False
    for tick in range(ticks):
        me = own(world)
        gap = [abs(a - b) for a, b in zip(me.pos, walker.end, strict=True)]
        if max(gap) < 36.0:
            return tick
        heading = walker.steer(me, tick)
        held = walker.jump and not held
        cmd = Usercmd(
            forward=127 if heading is not None else 0,
            yaw=int(heading or 0),
            buttons=BUTTON_JUMP if held else 0,
        )
        step.step(world, commands(p0=cmd))
    return ticks


def spawned(place: Level, seed: int) -> World:
    """A world with a player who has just entered."""
    world = step.new_world(place, seed)
    step.join(world, 0)
    for _ in range(30):
        step.step(world, commands())
    return world


def test_every_item_of_the_arena_is_walked_to(slate):
    """From wherever it spawns, a walker gets to each item of arena_01, in at most twice the time planned."""
    place, graph = slate
    late = []
    for i, item in enumerate(place.items):
        world = spawned(place, i)
        walker = Walker(place, graph, Random(i))
        walker.go(graph.items[i], item.pos)
        planned = graph.field(graph.items[i])[graph.near(own(world).pos)] * 60.0
        ticks = follow(world, walker, int(2.0 * planned) + 60)
        if ticks == int(2.0 * planned) + 60:
            late.append((i, item.pos, world.players[0].pos))

    assert late == []


def test_no_goal_is_no_heading(slate):
    """A walker without a goal stands still; after stop it does again."""
    place, graph = slate
    world = spawned(place, 1)
    walker = Walker(place, graph, Random(1))

    assert walker.steer(own(world), 0) is None
    walker.go(graph.items[0], place.items[0].pos)
    assert walker.steer(own(world), 1) is not None
    walker.stop()
    assert walker.steer(own(world), 2) is None


def test_a_goal_without_a_way_fails():
    """A goal that no way leads to is given up at once."""
    top = entity("info_player_deathmatch", origin="0 64 224")
    place = hall(box((-64, 0, 0), (64, 128, 200)), entities=[top])
    graph = build(place)
    world = spawned(place, 1)
    world.players[0].pos = (0.0, -192.0, 24.125)
    walker = Walker(place, graph, Random(1))

    walker.go(graph.near((0.0, 64.0, 224.0)), (0.0, 64.0, 224.0))
    walker.steer(own(world), 0)

    assert walker.failed


def test_a_stuck_walker_wriggles_and_gives_up(slate):
    """Held fast for seconds it turns elsewhere and jumps, and at last gives the goal up."""
    place, graph = slate
    world = spawned(place, 3)
    walker = Walker(place, graph, Random(3))
    walker.go(graph.items[0], place.items[0].pos)
    me = own(world)
    straight = walker.steer(me, 0)

    headings = set()
    for tick in range(1, 600):
        headings.add(walker.steer(me, tick))
        if walker.failed:
            break

    assert walker.failed
    assert len(headings) > 2
    assert straight in headings


def test_safe_is_where_floor_goes_on(slate):
    """On the bridge, along it is safe and off it is not."""
    place, graph = slate
    world = spawned(place, 1)
    world.players[0].pos = (0.0, 480.0, 216.125)
    walker = Walker(place, graph, Random(1))
    me = own(world)

    along, across = 16384.0, 0.0
    assert walker.safe(me, along)
    assert not walker.safe(me, across)


def test_a_throw_is_not_steered_against(slate):
    """While a jump pad throws it a walker keeps its hands off, and flies as the pad aims."""
    place, graph = slate
    world = spawned(place, 1)
    pad = place.pads[0]
    start = ((pad.mins[0] + pad.maxs[0]) / 2, (pad.mins[1] + pad.maxs[1]) / 2)
    world.players[0].pos = (*start, 24.125)
    walker = Walker(place, graph, Random(1))
    walker.go(graph.items[0], place.items[0].pos)
    step.step(world, commands())

    headings = []
    for tick in range(30):
        headings.append(walker.steer(own(world), tick))
        step.step(world, commands())

    assert headings == [None] * 30
    flown = [at - began for at, began in zip(world.players[0].pos[:2], start, strict=True)]
    assert flown == pytest.approx([pad.vel[0] / 2, pad.vel[1] / 2], abs=1.0)
