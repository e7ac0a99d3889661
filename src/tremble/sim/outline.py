"""Outline: a level seen from above, in plain data for viewers that draw it flat.

Lengths are level units, whole; x goes to the east, y to the north. JSON, in full:
  name title digest
  mins maxs     x y z each: what the floors and walls reach
  floors walls  from the lowest up: z, and the corners of a polygon in x y; a floor has room above it
  items         kind x y z
  spawns        x y z yaw                    yaw in degrees, counter-clockwise from +x
  pads          mins maxs                    boxes, x y each
  teleporters   mins maxs to                 to: x y of where they lead
"""

from typing import Final

from tremble.sim.brush import Brush, Winding, face_of
from tremble.sim.hull import sweep
from tremble.sim.level import ITEM_NAMES, Level
from tremble.sim.vector import Vec, add, scale, sub

#: A face that looks up more than this can be walked on: bg_local.h MIN_WALK_NORMAL.
WALKABLE: Final = 0.7
#: Above a floor there is room for a body that crouches at least.
ROOM: Final = 32.0
#: Corners are looked at a little inside, where no neighbour touches: this share of the way in.
INSIDE: Final = 0.1
#: Narrower polygons are edges that a box meets, not faces.
LEAST_AREA: Final = 1.0


def outline(level: Level) -> dict[str, object]:
    """Return the outline of *level*."""
    covered = any([roofed(level, spawn.pos) for spawn in level.spawns])
    floors: list[tuple[float, Winding]] = []
    walls: list[tuple[float, Winding]] = []
    for brush in level.brushes:
        for face in faces(brush):
            top = max([corner[2] for corner in face])
            kind = sort_of(level, face, covered)
            if kind == "floor":
                floors.append((top, face))
            elif kind == "wall":
                walls.append((top, face))
    mins, maxs = bounds(floors + walls, level)
    return {
        "name": level.name,
        "title": level.title,
        "digest": level.digest,
        "mins": whole(mins),
        "maxs": whole(maxs),
        "floors": polygons(floors),
        "walls": polygons(walls),
        "items": [{"kind": ITEM_NAMES[item.kind], **place(item.pos)} for item in level.items],
        "spawns": [{**place(spawn.pos), "yaw": spawn.yaw * 360 // 65536} for spawn in level.spawns],
        "pads": [{"mins": whole(pad.mins)[:2], "maxs": whole(pad.maxs)[:2]} for pad in level.pads],
        "teleporters": [
            {"mins": whole(one.mins)[:2], "maxs": whole(one.maxs)[:2], "to": whole(one.pos)[:2]}
            for one in level.teleporters
        ],
    }


def faces(brush: Brush) -> list[Winding]:
    """Return the polygons of *brush* that look up."""
    found: list[Winding] = []
    for i, plane in enumerate(brush.planes):
        if plane[0][2] < WALKABLE:
            continue
        face = face_of(brush.planes, i)
        if len(face) >= 3 and area(face) >= LEAST_AREA:
            found.append(face)
    return found


def area(face: Winding) -> float:
    """Return the area of *face* as seen from above."""
    twice = 0.0
    before = face[-1]
    for corner in face:
        twice += before[0] * corner[1] - corner[0] * before[1]
        before = corner
    return abs(twice) / 2.0


def sort_of(level: Level, face: Winding, covered: bool) -> str:
    """Say whether *face* is a floor, the top of a wall, or outside of a level that is *covered*."""
    centre: Vec = (0.0, 0.0, 0.0)
    for corner in face:
        centre = add(centre, scale(corner, 1.0 / len(face)))
    solid = False
    for corner in [centre, *face]:
        point = add(corner, scale(sub(centre, corner), INSIDE))
        start = add(point, (0.0, 0.0, 1.0))
        up = sweep(level.point_hull, start, add(start, (0.0, 0.0, ROOM)))
        if up.start_solid or up.fraction < 1.0:
            solid = True
        elif not covered or roofed(level, start):
            return "floor"
    return "wall" if solid else "outside"


def roofed(level: Level, pos: Vec) -> bool:
    """Say whether something solid is anywhere above *pos*."""
    top = (pos[0], pos[1], level.maxs[2] + 1.0)
    return sweep(level.point_hull, pos, top).fraction < 1.0


def bounds(drawn: list[tuple[float, Winding]], level: Level) -> tuple[Vec, Vec]:
    corners = [corner for _, face in drawn for corner in face]
    if not corners:
        return level.mins, level.maxs
    lows = (
        min([c[0] for c in corners]),
        min([c[1] for c in corners]),
        min([c[2] for c in corners]),
    )
    highs = (
        max([c[0] for c in corners]), max([c[1] for c in corners]), max([c[2] for c in corners])
    )  # fmt: skip
    return lows, highs


def polygons(drawn: list[tuple[float, Winding]]) -> list[dict[str, object]]:
    """Return what is *drawn*, the lowest first."""
    found: list[dict[str, object]] = []
    for top, face in sorted(drawn):
        points = [whole(corner)[:2] for corner in face]
        found.append({"z": whole((0.0, 0.0, top))[2], "points": points})
    return found


def place(pos: Vec) -> dict[str, object]:
    x, y, z = whole(pos)
    return {"x": x, "y": y, "z": z}


def whole(pos: Vec) -> list[int]:
    return [round(pos[0]), round(pos[1]), round(pos[2])]
