"""Navigation: the places of a level where a player can stand, and the ways between them.

The graph grows from the spawn points over a grid, by sweeping a player's box as pmove moves it: so
whatever is in it can be reached. Ways lead one way; ledges, pads and teleporters are why.

  WALK      straight over floor, slopes and stairs
  DROP      off a ledge, to where running off it lands
  JUMP      up a crate or over a gap
  PAD       thrown by a jump pad
  TELEPORT  through a teleporter
"""

from array import array
from heapq import heappop, heappush
from typing import Final

from tremble.sim.hull import Trace
from tremble.sim.level import Level
from tremble.sim.trace import trace
from tremble.sim.tuning import (
    GRAVITY,
    JUMP_VELOCITY,
    MAX_SPEED,
    MIN_WALK_NORMAL,
    PLAYER_MAXS,
    PLAYER_MINS,
    STEP_SIZE,
)
from tremble.sim.vector import Vec

WALK: Final = 0
DROP: Final = 1
JUMP: Final = 2
PAD: Final = 3
TELEPORT: Final = 4

#: Units between grid points: a doorway of 64 lets 34 units of a player's centre through.
SPACING: Final = 32
#: Units of one part of a stride over slopes or stairs.
PART: Final = 8.0
#: Steepest floor, as rise over length, that is walked down rather than dropped from.
WALK_SLOPE: Final = 1.0
#: Units that a jump lifts a player, a little less than JUMP_VELOCITY**2 / (2 GRAVITY).
JUMP_HEIGHT: Final = 44.0
#: Longest fall worth its damage and time, in units.
MAX_DROP: Final = 640.0
#: Seconds of one straight piece of a flight, and pieces after which it leads nowhere.
PIECE: Final = 0.05
MAX_PIECES: Final = 80
#: Seconds lost by a jump, by passing a teleporter.
JUMP_COST: Final = 0.3
TELEPORT_COST: Final = 0.2
#: Places that a level may have; larger ones are not walked to the end.
MAX_PLACES: Final = 60_000
#: What a field holds where its goal cannot be reached from.
UNREACHABLE: Final = float("inf")
#: Fields kept; each holds 4 bytes a place.
MAX_FIELDS: Final = 256

DIRECTIONS: Final = ((1, 0), (0, 1), (-1, 0), (0, -1), (1, 1), (-1, 1), (-1, -1), (1, -1))

#: A way: index of the place it leads to, seconds it takes, its kind.
Way = tuple[int, float, int]


class Graph:
    """*places* where a player's centre can be, and by place the *ways* that begin there.

    *items*, *spawns*: the place of each of the level's, -1 for one that nobody can get to.
    """

    def __init__(self) -> None:
        self.places: list[Vec] = []
        self.ways: list[list[Way]] = []
        self.items: list[int] = []
        self.spawns: list[int] = []
        self.columns: dict[tuple[int, int], list[int]] = {}
        self._fields: dict[int, array[float]] = {}
        self._back: list[list[tuple[int, float]]] = []

    def near(self, pos: Vec) -> int:
        """Return the place nearest to *pos*, -1 if none is within a stride and a jump of it."""
        x, y = round(pos[0] / SPACING), round(pos[1] / SPACING)
        best, found = 4.0 * SPACING * SPACING, -1
        for column in ((x + i, y + j) for i in (-1, 0, 1) for j in (-1, 0, 1)):
            for place in self.columns.get(column, ()):
                at = self.places[place]
                rise = 2.0 * (at[2] - pos[2])
                away = (at[0] - pos[0]) ** 2 + (at[1] - pos[1]) ** 2 + rise * rise
                if away < best:
                    best, found = away, place
        return found

    def floor_at(self, x: float, y: float, z: float) -> bool:
        """Say whether a player at (*x*, *y*) and about height *z* would have floor beneath."""
        for place in self.columns.get((round(x / SPACING), round(y / SPACING)), ()):
            if abs(self.places[place][2] - z) < 2.0 * STEP_SIZE:
                return True
        return False

    def field(self, goal: int) -> "array[float]":
        """Return by place the seconds from there to *goal*; UNREACHABLE where no way leads there."""
        found = self._fields.get(goal)
        if found is None:
            if len(self._fields) >= MAX_FIELDS:
                del self._fields[next(iter(self._fields))]
            found = self._fields[goal] = self._spread(goal)
        return found

    def _spread(self, goal: int) -> "array[float]":
        """Dijkstra's search from *goal* along the ways' other ends."""
        if not self._back:
            self._back = [[] for _ in self.places]
            for place, ways in enumerate(self.ways):
                for to, seconds, _ in ways:
                    self._back[to].append((place, seconds))
        found = array("f", [UNREACHABLE]) * len(self.places)
        found[goal] = 0.0
        queue = [(0.0, goal)]
        while queue:
            seconds, place = heappop(queue)
            if seconds > found[place] + 1e-3:
                continue
            for before, cost in self._back[place]:
                if seconds + cost < found[before] - 1e-3:
                    found[before] = seconds + cost
                    heappush(queue, (seconds + cost, before))
        return found

    def route(self, place: int, goal: int, hops: int) -> list[Way]:
        """Return the first ways, at most *hops*, from *place* to *goal*; none if it has no way there."""
        field = self.field(goal)
        found: list[Way] = []
        while place != goal and len(found) < hops and field[place] < UNREACHABLE:
            way = min(self.ways[place], key=lambda way: way[1] + field[way[0]])
            found.append(way)
            place = way[0]
        return found


def build(level: Level) -> Graph:
    """Return the graph of all that can be reached from the spawn points of *level*."""
    return Builder(level).build()


class Builder:
    """Grows the graph of one level."""

    def __init__(self, level: Level) -> None:
        self.level = level
        self.graph = Graph()
        self.open: list[int] = []  # places whose ways are not known yet
        self.known: set[tuple[int, int]] = set()  # pairs of places with a way already

    def build(self) -> Graph:
        for spawn in self.level.spawns:
            self.arrive(spawn.pos)
        while self.open and len(self.graph.places) < MAX_PLACES:
            place = self.open.pop()
            if not self.carried(place):
                for direction in DIRECTIONS:
                    self.explore(place, direction)
        self.graph.items = [self.graph.near(item.pos) for item in self.level.items]
        self.graph.spawns = [self.graph.near(spawn.pos) for spawn in self.level.spawns]
        return self.graph

    def sweep(self, start: Vec, end: Vec) -> Trace:
        return trace(self.level, start, end, PLAYER_MINS, PLAYER_MAXS)

    def ground(self, pos: Vec, depth: float) -> Vec | None:
        """Return where a player at *pos* comes down on walkable floor, at most *depth* below."""
        down = self.sweep(pos, (pos[0], pos[1], pos[2] - depth))
        if down.start_solid or down.fraction == 1.0 or down.normal[2] < MIN_WALK_NORMAL:
            return None
        return down.end

    def place_at(self, pos: Vec) -> int:
        """Return the place on the grid at *pos*, a new one if need be; -1 where it hurts to be."""
        column = (round(pos[0] / SPACING), round(pos[1] / SPACING))
        places = self.graph.columns.setdefault(column, [])
        for place in places:
            if abs(self.graph.places[place][2] - pos[2]) < PART:
                return place
        for hurt in self.level.hurts:
            if touches(pos, hurt.mins, hurt.maxs):
                return -1
        place = len(self.graph.places)
        self.graph.places.append(pos)
        self.graph.ways.append([])
        places.append(place)
        self.open.append(place)
        return place

    def arrive(self, pos: Vec) -> int:
        """Return the place of the grid to which one can walk from *pos*, -1 if there is none."""
        floor = self.ground(pos, MAX_DROP)
        if floor is None:
            return -1
        x, y = round(floor[0] / SPACING), round(floor[1] / SPACING)
        corners = [(x + i, y + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        corners.sort(
            key=lambda c: (c[0] * SPACING - floor[0]) ** 2 + (c[1] * SPACING - floor[1]) ** 2
        )
        for column in corners:
            end = self.stride(floor, column[0] * SPACING - floor[0], column[1] * SPACING - floor[1])
            if end is not None:
                return self.place_at(end)
        return -1

    def add_way(self, place: int, to: int, seconds: float, kind: int) -> None:
        if to >= 0 and to != place and (place, to) not in self.known:
            self.known.add((place, to))
            self.graph.ways[place].append((to, seconds, kind))

    def carried(self, place: int) -> bool:
        """Say whether a trigger carries off whoever is at *place*, and add the way it goes."""
        pos = self.graph.places[place]
        for pad in self.level.pads:
            if touches(pos, pad.mins, pad.maxs):
                end, seconds = self.fly(pos, pad.vel)
                if end is not None:
                    self.add_way(place, self.arrive(end), seconds, PAD)
                return True
        for gate in self.level.teleporters:
            if touches(pos, gate.mins, gate.maxs):
                self.add_way(place, self.arrive(gate.pos), TELEPORT_COST, TELEPORT)
                return True
        return False

    def explore(self, place: int, direction: tuple[int, int]) -> None:
        """Add the ways from *place* towards *direction*."""
        start = self.graph.places[place]
        x, y = direction[0] * SPACING, direction[1] * SPACING
        reach = SPACING if x == 0 or y == 0 else SPACING * 1.4142
        across = self.sweep(start, (start[0] + x, start[1] + y, start[2]))
        if across.fraction == 1.0:
            end = self.ground(across.end, reach * WALK_SLOPE + STEP_SIZE)
            if end is not None:
                to = self.place_at(end)
                self.add_way(place, to, reach / MAX_SPEED, WALK)
                if to >= 0 and abs(end[2] - start[2]) < 1.0:
                    self.add_way(to, place, reach / MAX_SPEED, WALK)
                return
            self.leave_ledge(place, direction)
            return
        walked = self.stride(start, x, y)
        if walked is not None:
            self.add_way(place, self.place_at(walked), reach / MAX_SPEED, WALK)
            return
        climbed = self.climb(start, x, y)
        if climbed is not None:
            self.add_way(place, self.place_at(climbed), reach / MAX_SPEED + JUMP_COST, JUMP)

    def stride(self, start: Vec, x: float, y: float) -> Vec | None:
        """Return where one gets by walking (*x*, *y*) from *start*; None if something is in the way."""
        parts = max(1, int(max(abs(x), abs(y)) / PART + 0.999))
        pos = start
        for _ in range(parts):
            up = self.sweep(pos, (pos[0], pos[1], pos[2] + STEP_SIZE)).end
            across = self.sweep(up, (up[0] + x / parts, up[1] + y / parts, up[2]))
            if across.fraction < 1.0:
                return None
            down = self.ground(across.end, up[2] - pos[2] + STEP_SIZE)
            if down is None:
                return None
            pos = down
        return pos

    def climb(self, start: Vec, x: float, y: float) -> Vec | None:
        """Return where a jump from *start* lands on what is in the way, if it is low enough."""
        up = self.sweep(start, (start[0], start[1], start[2] + JUMP_HEIGHT))
        across = self.sweep(up.end, (up.end[0] + x, up.end[1] + y, up.end[2]))
        if across.fraction < 1.0:
            return None
        return self.ground(across.end, up.end[2] - start[2])

    def leave_ledge(self, place: int, direction: tuple[int, int]) -> None:
        """Add the ways of running, and of jumping, off the ledge beside *place*."""
        start = self.graph.places[place]
        size = 1.0 if direction[0] == 0 or direction[1] == 0 else 1.4142
        vel_x, vel_y = direction[0] * MAX_SPEED / size, direction[1] * MAX_SPEED / size
        end, seconds = self.fly(start, (vel_x, vel_y, JUMP_VELOCITY))
        if end is not None and end[2] > start[2] - STEP_SIZE:
            self.add_way(place, self.arrive(end), seconds + JUMP_COST, JUMP)
        end, seconds = self.fly((start[0], start[1], start[2] + 1.0), (vel_x, vel_y, 0.0))
        if end is not None and start[2] - end[2] < MAX_DROP:
            self.add_way(place, self.arrive(end), seconds, DROP)

    def fly(self, start: Vec, vel: Vec) -> tuple[Vec | None, float]:
        """Return where one who leaves *start* with *vel* lands, None if nowhere, and after how long."""
        pos = start
        vel_x, vel_y, vel_z = vel
        for piece in range(MAX_PIECES):
            fall = vel_z - GRAVITY * PIECE * 0.5
            end = (pos[0] + vel_x * PIECE, pos[1] + vel_y * PIECE, pos[2] + fall * PIECE)
            met = self.sweep(pos, end)
            pos = met.end
            vel_z -= GRAVITY * PIECE
            if met.fraction == 1.0:
                continue
            normal = met.normal
            if normal[2] >= MIN_WALK_NORMAL and vel_z <= 0.0:
                return pos, (piece + 1) * PIECE
            into = vel_x * normal[0] + vel_y * normal[1] + vel_z * normal[2]
            vel_x -= normal[0] * into
            vel_y -= normal[1] * into
            vel_z -= normal[2] * into
        return None, 0.0


def touches(pos: Vec, mins: Vec, maxs: Vec) -> bool:
    """Say whether a player at *pos* touches the box *mins* to *maxs*."""
    for axis in range(3):
        if (
            pos[axis] + PLAYER_MAXS[axis] <= mins[axis]
            or pos[axis] + PLAYER_MINS[axis] >= maxs[axis]
        ):
            return False
    return True
