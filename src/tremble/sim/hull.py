"""The solid of a level as the centre of one size of box meets it, and the sweep through it.

A box that moves through brushes is a point that moves through brushes grown by the box (their
Minkowski sum). So each plane is pushed out once, at load, and a sweep is a point against convex
solids. A uniform grid of columns lists, for each cell, the brushes within MARGIN of it: one look-up
serves a whole step of that length.
"""

from typing import Final

from tremble.sim.brush import Brush
from tremble.sim.vector import Vec

#: Sides of a column of the grid.
CELL: Final = 256.0
#: How far a point may go from a cell before that cell's list no longer serves.
MARGIN: Final = 128.0
#: Sweeps end this far ahead of a surface, so that rounding never carries them through: cm_trace.c.
EPSILON: Final = 0.125
#: Most entries of all cells together.
MAX_ENTRIES: Final = 400_000


class HullPlane:
    """Solid lies behind it, where x*nx + y*ny + z*nz < dist, and behind its fellows."""

    def __init__(self, normal: Vec, dist: float) -> None:
        self.nx = normal[0]
        self.ny = normal[1]
        self.nz = normal[2]
        self.dist = dist
        self.normal = normal


class HullBrush:
    """A brush grown by the box; no point outside *mins* to *maxs* touches it."""

    def __init__(self, planes: list[HullPlane], mins: Vec, maxs: Vec) -> None:
        self.planes = planes
        self.mins = mins
        self.maxs = maxs


class Trace:
    """How far a sweep went: *fraction* (0 .. 1) of its way, to *end*, where it met *normal*.

    *normal* is zero if nothing was met. *start_solid*: it began inside something; *all_solid*: and
    never left it, then *fraction* is 0.
    """

    def __init__(self, end: Vec) -> None:
        self.fraction = 1.0
        self.end = end
        self.normal: Vec = (0.0, 0.0, 0.0)
        self.start_solid = False
        self.all_solid = False


class Hull:
    """The solid of a level for boxes of *mins* to *maxs* around their centre."""

    def __init__(self, brushes: list[Brush], mins: Vec, maxs: Vec) -> None:
        self.mins = mins
        self.maxs = maxs
        self.brushes = [grow(brush, mins, maxs) for brush in brushes]
        low_x = min([b.mins[0] for b in self.brushes]) - MARGIN
        low_y = min([b.mins[1] for b in self.brushes]) - MARGIN
        high_x = max([b.maxs[0] for b in self.brushes]) + MARGIN
        high_y = max([b.maxs[1] for b in self.brushes]) + MARGIN
        self.low_x = low_x
        self.low_y = low_y
        self.columns = int((high_x - low_x) / CELL) + 1
        self.rows = int((high_y - low_y) / CELL) + 1
        self.cells: list[list[HullBrush]] = [[] for _ in range(self.columns * self.rows)]
        self.entries = 0
        for brush in self.brushes:
            self.list_in_cells(brush)

    def list_in_cells(self, brush: HullBrush) -> None:
        """Enter *brush* in every cell that it comes within MARGIN of."""
        first_x = self.column(brush.mins[0] - MARGIN)
        last_x = self.column(brush.maxs[0] + MARGIN)
        first_y = self.row(brush.mins[1] - MARGIN)
        last_y = self.row(brush.maxs[1] + MARGIN)
        self.entries += (last_x - first_x + 1) * (last_y - first_y + 1)
        if self.entries > MAX_ENTRIES:
            raise ValueError("too many brushes as wide as the level; draw fewer or smaller ones")
        for y in range(first_y, last_y + 1):
            for x in range(first_x, last_x + 1):
                self.cells[y * self.columns + x].append(brush)

    def column(self, x: float) -> int:
        """Return the column that holds *x*, or the nearest."""
        return max(0, min(self.columns - 1, int((x - self.low_x) / CELL)))

    def row(self, y: float) -> int:
        """Return the row that holds *y*, or the nearest."""
        return max(0, min(self.rows - 1, int((y - self.low_y) / CELL)))


def grow(brush: Brush, mins: Vec, maxs: Vec) -> HullBrush:
    """Return *brush* with each plane pushed out by the corner of the box that meets it first."""
    planes: list[HullPlane] = []
    for normal, dist in brush.planes:
        x = mins[0] if normal[0] > 0.0 else maxs[0]
        y = mins[1] if normal[1] > 0.0 else maxs[1]
        z = mins[2] if normal[2] > 0.0 else maxs[2]
        planes.append(HullPlane(normal, dist - (normal[0] * x + normal[1] * y + normal[2] * z)))
    low, high = brush.mins, brush.maxs
    return HullBrush(
        planes,
        (low[0] - maxs[0], low[1] - maxs[1], low[2] - maxs[2]),
        (high[0] - mins[0], high[1] - mins[1], high[2] - mins[2]),
    )


def sweep(hull: Hull, start: Vec, end: Vec) -> Trace:
    """Move the centre of the hull's box from *start* to *end*, up to the first thing solid."""
    trace = Trace(end)
    dx, dy = abs(end[0] - start[0]), abs(end[1] - start[1])
    reach = dx if dx > dy else dy
    stride = 1.0 if reach <= MARGIN else MARGIN / reach
    at = 0.0
    while at < trace.fraction:
        x = start[0] + at * (end[0] - start[0])
        y = start[1] + at * (end[1] - start[1])
        cell = hull.cells[hull.row(y) * hull.columns + hull.column(x)]
        sweep_cell(cell, start, end, trace)
        at += stride
    if trace.fraction < 1.0:
        f = trace.fraction
        trace.end = (
            start[0] + f * (end[0] - start[0]),
            start[1] + f * (end[1] - start[1]),
            start[2] + f * (end[2] - start[2]),
        )
    return trace


def sweep_cell(cell: list[HullBrush], start: Vec, end: Vec, trace: Trace) -> None:
    """Shorten *trace* by the brushes of *cell* that the bounds of the sweep touch."""
    low_x, high_x = (start[0], end[0]) if start[0] < end[0] else (end[0], start[0])
    low_y, high_y = (start[1], end[1]) if start[1] < end[1] else (end[1], start[1])
    low_z, high_z = (start[2], end[2]) if start[2] < end[2] else (end[2], start[2])
    for brush in cell:
        mins, maxs = brush.mins, brush.maxs
        if low_z > maxs[2] + EPSILON or high_z < mins[2] - EPSILON:
            continue
        if low_x > maxs[0] + EPSILON or high_x < mins[0] - EPSILON:
            continue
        if low_y > maxs[1] + EPSILON or high_y < mins[1] - EPSILON:
            continue
        sweep_brush(brush, start, end, trace)


def sweep_brush(brush: HullBrush, start: Vec, end: Vec, trace: Trace) -> None:
    """Shorten *trace* where it enters *brush*: behind the last plane it crosses inwards."""
    enter, leave = -1.0, 1.0
    outside, leaves = False, False
    normal = (0.0, 0.0, 0.0)
    for plane in brush.planes:
        nx, ny, nz, dist = plane.nx, plane.ny, plane.nz, plane.dist
        d1 = start[0] * nx + start[1] * ny + start[2] * nz - dist
        d2 = end[0] * nx + end[1] * ny + end[2] * nz - dist
        if d1 > 0.0:
            outside = True
            if d2 >= EPSILON or d2 >= d1:
                return
            f = max(0.0, (d1 - EPSILON) / (d1 - d2))
            if f > enter:
                enter = f
                normal = plane.normal
        elif d2 > 0.0:
            leaves = True
            f = (d1 + EPSILON) / (d1 - d2)
            if f < leave:
                leave = f
    if not outside:
        trace.start_solid = True
        if not leaves:
            trace.all_solid = True
            trace.fraction = 0.0
    elif enter < leave and enter < trace.fraction:
        trace.fraction = enter
        trace.normal = normal
