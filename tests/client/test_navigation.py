"""The graph of a level: what can be walked, jumped, dropped and thrown, and nothing else."""

import pytest
from halls import hall
from rooms import SPAWN, arena, box, entity, ramp, room

from tremble.client import navigation
from tremble.client.navigation import (
    DROP,
    JUMP,
    PAD,
    TELEPORT,
    UNREACHABLE,
    WALK,
    Graph,
    build,
)
from tremble.sim.level import Level


def kinds(graph: Graph, start: tuple, end: tuple) -> list[int] | None:
    """The kinds of the ways from the place near *start* to the one near *end*; None if none leads."""
    place, goal = graph.near(start), graph.near(end)
    if place < 0 or goal < 0 or graph.field(goal)[place] == UNREACHABLE:
        return None
    return [kind for _, _, kind in graph.route(place, goal, 1000)]


@pytest.fixture(scope="module")
def slate() -> tuple[Level, Graph]:
    """The shipped arena and its graph."""
    place = arena()
    return place, build(place)


def test_everything_in_the_arena_can_be_reached(slate):
    """Every item and every spawn point of arena_01 can be reached from every spawn point."""
    place, graph = slate

    assert -1 not in graph.items
    assert -1 not in graph.spawns
    for goal in graph.items + graph.spawns:
        field = graph.field(goal)
        assert [s for s in graph.spawns if field[s] > 20.0] == []
    assert len(graph.items) == len(place.items)


def test_items_are_touched_from_their_places(slate):
    """Who stands at the place of an item is near enough to take it within a step."""
    place, graph = slate

    far = [
        item.pos
        for item, goal in zip(place.items, graph.items, strict=True)
        if max(abs(a - b) for a, b in zip(item.pos, graph.places[goal], strict=True)) > 36.0
    ]
    assert far == []


def test_a_flat_floor_is_walked_straight():
    """Across an empty hall all ways are walks, and take as long as running does."""
    graph = build(hall())

    assert set(kinds(graph, (0.0, -192.0, 24.0), (0.0, 192.0, 24.0))) == {WALK}
    seconds = graph.field(graph.near((0.0, 192.0, 24.0)))[graph.near((0.0, -192.0, 24.0))]
    assert seconds == pytest.approx(384.0 / 320.0, abs=0.01)


def test_no_way_leads_through_a_wall():
    """A wall with a gap at one end is walked around; one without a gap ends the world."""
    around = build(hall(box((-256, -16, 0), (160, 16, 200))))
    closed = build(hall(box((-256, -16, 0), (256, 16, 200))))

    route = around.route(
        around.near((-200.0, -192.0, 24.0)), around.near((-200.0, 192.0, 24.0)), 100
    )
    assert max(around.places[to][0] for to, _, _ in route) > 170.0
    assert kinds(closed, (0.0, -192.0, 24.0), (0.0, 192.0, 24.0)) is None


def test_stairs_and_ramps_are_walked_both_ways():
    """Stairs of 16 and a ramp lead up and down by walking."""
    steps = [box((-64 + 32 * i, 0, 0), (-32 + 32 * i, 64, 16 + 16 * i)) for i in range(8)]
    graph = build(hall(*steps, ramp((-64, 128, 0), (192, 192, 128))))

    for low, high in [
        ((-100.0, 32.0, 24.0), (176.0, 32.0, 152.0)),
        ((-100.0, 160.0, 24.0), (160.0, 160.0, 136.0)),
    ]:
        assert set(kinds(graph, low, high)) == {WALK}
        assert graph.field(graph.near(low))[graph.near(high)] < UNREACHABLE


def test_a_crate_is_jumped_on_and_dropped_from():
    """A crate of 40 takes a jump up and a drop down."""
    graph = build(hall(box((-64, 0, 0), (64, 128, 40))))
    floor, top = (0.0, -100.0, 24.0), (0.0, 64.0, 64.0)

    assert JUMP in kinds(graph, floor, top)
    assert JUMP not in kinds(graph, top, floor)


def test_a_tower_is_only_dropped_from():
    """A tower too high to jump on cannot be reached from below, but left from a spawn on top."""
    up = entity("info_player_deathmatch", origin="0 64 184")
    graph = build(hall(box((-64, 0, 0), (64, 128, 160)), entities=[up]))
    floor, top = (0.0, -100.0, 24.0), (0.0, 64.0, 184.0)

    assert kinds(graph, floor, top) is None
    assert DROP in kinds(graph, top, floor)


def test_a_gap_is_jumped_over():
    """Between two towers 96 units apart the way is a jump."""
    up = entity("info_player_deathmatch", origin="-192 64 184")
    towers = [box((-250, 0, 0), (-100, 128, 160)), box((-4, 0, 0), (250, 128, 160))]
    graph = build(hall(*towers, entities=[up]))

    assert JUMP in kinds(graph, (-192.0, 64.0, 184.0), (192.0, 64.0, 184.0))


def test_a_pad_throws_onto_a_tower():
    """A jump pad leads onto the tower that its target is above, and there is no other way up."""
    pad = entity("trigger_push", box((-32, -128, 0), (32, -80, 12)), target="top") + entity(
        "target_position", origin="0 130 260", targetname="top"
    )
    graph = build(hall(box((-128, 64, 0), (128, 250, 160)), entities=[pad]))

    assert kinds(graph, (0.0, -192.0, 24.0), (0.0, 200.0, 184.0)).count(PAD) == 1


def test_a_teleporter_leads_where_it_says():
    """A teleporter is one way of its own kind to its destination."""
    gate = entity(
        "trigger_teleport", box((-250, -250, 0), (-200, -200, 64)), target="there"
    ) + entity("misc_teleporter_dest", origin="0 128 185", targetname="there", angle=0)
    graph = build(hall(box((-128, 32, 0), (128, 250, 160)), entities=[gate]))

    assert kinds(graph, (0.0, -192.0, 24.0), (0.0, 128.0, 184.0)).count(TELEPORT) == 1


def test_where_it_hurts_is_no_place():
    """No place touches a trigger_hurt."""
    lava = entity("trigger_hurt", box((-64, -64, 0), (64, 64, 8)), dmg=50)
    graph = build(hall(entities=[lava]))

    inside = [p for p in graph.places if abs(p[0]) < 79.0 and abs(p[1]) < 79.0]
    assert inside == []
    assert set(kinds(graph, (0.0, -192.0, 24.0), (0.0, 192.0, 24.0))) == {WALK}


def test_a_level_too_large_is_left_unfinished(monkeypatch):
    """A level with more places than MAX_PLACES gets a graph of about as many, not an endless one."""
    monkeypatch.setattr(navigation, "MAX_PLACES", 100)

    graph = build(room(entities=(SPAWN,)))

    assert 100 <= len(graph.places) < 110


def test_floor_is_known_where_there_is_a_place():
    """floor_at tells floor from the open air beside a ledge and from the inside of a wall."""
    up = entity("info_player_deathmatch", origin="0 64 184")
    graph = build(hall(box((-64, 0, 0), (64, 128, 160)), entities=[up]))

    assert graph.floor_at(0.0, 64.0, 184.0)
    assert not graph.floor_at(0.0, -64.0, 184.0)
    assert not graph.floor_at(0.0, 64.0, 24.0)
    assert not graph.floor_at(400.0, 0.0, 24.0)


def test_near_finds_nothing_far_from_all_places():
    """A point outside the level has no place near it."""
    graph = build(hall())

    assert graph.near((2000.0, 0.0, 24.0)) == -1
    assert graph.near((0.0, 0.0, 400.0)) == -1
