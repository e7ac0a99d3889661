"""Brush: a convex solid, given by planes that look outwards."""

from typing import Final

from tremble.sim.vector import Vec, add, cross, dot, length, normalise, scale, sub

Plane = tuple[Vec, float]
Winding = list[Vec]

#: No coordinate of a level is larger.
MAX_COORDINATE: Final = 8192.0
#: Points closer to a plane than this lie on it.
ON_PLANE: Final = 0.01
#: Corners closer to whole units than this are put on them.
SNAP: Final = 0.0001
#: Planes whose normals and distances differ by less are the same.
SAME_NORMAL: Final = 0.00001
SAME_DIST: Final = 0.01

AXES: tuple[Vec, Vec, Vec] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


class Brush:
    """Solid is what lies behind all *planes*, each (unit normal, distance from the origin).

    *mins* to *maxs* are its exact bounds. The planes hold bevels beside its faces (see add_bevels).
    """

    def __init__(self, planes: list[Plane], mins: Vec, maxs: Vec) -> None:
        self.planes = planes
        self.mins = mins
        self.maxs = maxs


def plane_through(a: Vec, b: Vec, c: Vec) -> Plane:
    """Return the plane through three points, clockwise from outside; ValueError if collinear."""
    across = cross(sub(c, a), sub(b, a))
    if length(across) < ON_PLANE:
        raise ValueError(f"three points of a plane lie on one line: {a} {b} {c}")
    normal = normalise(across)
    return normal, dot(normal, a)


def build_brush(planes: list[Plane]) -> Brush:
    """Return the solid behind *planes*; ValueError if they enclose nothing or not all around."""
    kept: list[Plane] = []
    for plane in planes:
        if not known(kept, plane):
            kept.append(plane)
    windings: list[Winding] = []
    faces: list[Plane] = []
    for i, plane in enumerate(kept):
        winding = [snapped(point) for point in face_of(kept, i)]
        if len(winding) >= 3:
            windings.append(winding)
            faces.append(plane)
    if len(faces) < 4:
        raise ValueError("its planes enclose no volume; redraw the brush")
    points = [point for winding in windings for point in winding]
    mins = (min([p[0] for p in points]), min([p[1] for p in points]), min([p[2] for p in points]))
    maxs = (max([p[0] for p in points]), max([p[1] for p in points]), max([p[2] for p in points]))
    for i in range(3):
        if mins[i] < -MAX_COORDINATE or maxs[i] > MAX_COORDINATE:
            raise ValueError(
                "its planes leave it open, or it reaches farther than "
                f"{MAX_COORDINATE:.0f} units from the origin; close it or move it nearer"
            )
        if maxs[i] - mins[i] < ON_PLANE:
            raise ValueError("it is flat; give it a thickness")
    add_bevels(faces, windings, mins, maxs)
    return Brush(faces, mins, maxs)


def known(planes: list[Plane], plane: Plane) -> bool:
    normal, dist = plane
    for other, d in planes:
        if abs(d - dist) < SAME_DIST and length(sub(other, normal)) < SAME_NORMAL:
            return True
    return False


def face_of(planes: list[Plane], index: int) -> Winding:
    """Return the polygon that the other *planes* leave of one; empty if none is left."""
    winding = large_square(planes[index])
    for i, other in enumerate(planes):
        if i != index and winding:
            winding = cut(winding, other)
    return winding


def snapped(point: Vec) -> Vec:
    """Return *point* on whole units where it is so close that only rounding keeps it off."""
    x, y, z = float(round(point[0])), float(round(point[1])), float(round(point[2]))
    return (
        x if abs(x - point[0]) < SNAP else point[0],
        y if abs(y - point[1]) < SNAP else point[1],
        z if abs(z - point[2]) < SNAP else point[2],
    )


def large_square(plane: Plane) -> Winding:
    """Return a square on *plane* that reaches well beyond every level."""
    normal, dist = plane
    axis = AXES[2] if abs(normal[2]) < 0.75 else AXES[0]
    u = normalise(cross(axis, normal))
    v = cross(normal, u)
    centre = scale(normal, dist)
    u, v = scale(u, 4.0 * MAX_COORDINATE), scale(v, 4.0 * MAX_COORDINATE)
    return [
        add(add(centre, u), v),
        add(sub(centre, u), v),
        sub(sub(centre, u), v),
        sub(add(centre, u), v),
    ]


def cut(winding: Winding, plane: Plane) -> Winding:
    """Return the part of *winding* behind *plane*."""
    normal, dist = plane
    kept: Winding = []
    before = winding[-1]
    height_before = dot(before, normal) - dist
    for point in winding:
        height = dot(point, normal) - dist
        if (height > 0.0) != (height_before > 0.0):
            part = height_before / (height_before - height)
            kept.append(add(before, scale(sub(point, before), part)))
        if height <= 0.0:
            kept.append(point)
        before, height_before = point, height
    return kept


def add_bevels(faces: list[Plane], windings: list[Winding], mins: Vec, maxs: Vec) -> None:
    """Add to *faces* the planes that a box, not a point, meets at edges and corners.

    Faces alone, pushed out by a box, meet far ahead of a sharp edge, and a box would float or
    snag there. The missing sides of the Minkowski sum are the six axial planes of the bounds, and
    each plane that holds an edge and runs along an axis with all of the brush behind it.
    """
    for i in range(3):
        for plane in ((AXES[i], maxs[i]), (scale(AXES[i], -1.0), -mins[i])):
            if not known(faces, plane):
                faces.append(plane)
    for winding in windings:
        before = winding[-1]
        for point in winding:
            add_edge_bevels(faces, windings, before, point)
            before = point


def add_edge_bevels(faces: list[Plane], windings: list[Winding], a: Vec, b: Vec) -> None:
    edge = sub(b, a)
    if length(edge) < 0.5:
        return
    for axis in AXES:
        across = cross(normalise(edge), axis)
        if length(across) < 0.5:
            continue
        for sign in (1.0, -1.0):
            normal = normalise(scale(across, sign))
            plane = (normal, dot(normal, a))
            if not known(faces, plane) and all_behind(windings, plane):
                faces.append(plane)


def all_behind(windings: list[Winding], plane: Plane) -> bool:
    normal, dist = plane
    for winding in windings:
        for point in winding:
            if dot(point, normal) > dist + 0.1:
                return False
    return True
