"""The outline of a level: what can be walked on, what stands in the way, and where things lie."""

import json

from rooms import SPAWN, arena, box, entity, ramp, room

from tremble.sim.outline import outline

ROOF = box((-4096, -4096, 512), (4096, 4096, 528))
PILLAR = box((100, 0, 0), (164, 64, 512))
TABLE = box((300, 0, 100), (428, 128, 116))


def heights(surfaces) -> list[int]:
    return [surface["z"] for surface in surfaces]


def test_floors_walls_and_not_the_roof() -> None:
    """What has room above is a floor, what reaches the roof a wall; the roof's own top is neither."""
    found = outline(room(ROOF, PILLAR, TABLE))

    assert heights(found["floors"]) == [0, 116]
    assert heights(found["walls"]) == [512]
    assert sorted(found["walls"][0]["points"]) == [[100, 0], [100, 64], [164, 0], [164, 64]]
    assert (found["mins"][2], found["maxs"][2]) == (0, 512)


def test_under_the_open_sky() -> None:
    """Where no spawn has a roof, the top of a pillar is a floor too."""
    found = outline(room(PILLAR))

    assert heights(found["floors"]) == [0, 512]
    assert found["walls"] == []


def test_a_ramp_is_a_floor() -> None:
    """It has the height of its upper end."""
    found = outline(room(ROOF, ramp((0, 0, 0), (256, 64, 64))))

    assert heights(found["floors"]) == [0, 64]


def test_places_of_things() -> None:
    """Items by name, spawns with degrees, and the boxes of triggers."""
    pad = entity("trigger_push", box((0, 0, 0), (64, 64, 16)), target="up")
    top = entity("info_notnull", targetname="up", origin="32 32 200")
    item = entity("item_health", origin="300 8 20")
    spawn = entity("info_player_deathmatch", origin="9 8 24", angle="90")

    found = outline(room(entities=(SPAWN, pad, top, item, spawn)))

    assert found["pads"] == [{"mins": [0, 0], "maxs": [64, 64]}]
    assert found["items"] == [{"kind": "health", "x": 300, "y": 8, "z": 15}]
    assert found["spawns"][1] == {"x": 9, "y": 8, "z": 33, "yaw": 90}


def test_the_arena_that_is_shipped() -> None:
    """Its floors are drawn from the lowest up, within its walls, and all of it is JSON."""
    found = outline(arena())

    assert heights(found["floors"]) == sorted(heights(found["floors"]))
    assert len(found["floors"]) > 30 and len(found["walls"]) >= 4
    assert found["mins"] == [-1040, -1040, 0]
    assert len(json.dumps(found)) < 20_000
