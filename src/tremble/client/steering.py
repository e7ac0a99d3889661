"""Steering: from where a bot stands to its goal, a heading at a time; gets itself unstuck."""

from math import cos, hypot, pi, sin
from random import Random
from typing import Final

from tremble.client.aim import TURN, angles
from tremble.client.navigation import JUMP, SPACING, WALK, Graph, Way
from tremble.client.view import Own
from tremble.sim.level import Level
from tremble.sim.trace import trace
from tremble.sim.tuning import JUMP_VELOCITY, PLAYER_MAXS, PLAYER_MINS, STEP_SIZE
from tremble.sim.vector import Vec

#: Ways looked ahead for a straight line.
AHEAD: Final = 8
#: Units; as near as this it is there.
ARRIVED: Final = 8.0
#: A bot that has not come this many units in so many ticks is stuck.
STUCK_UNITS: Final = 24.0
STUCK_TICKS: Final = 40
#: Ticks of wriggling free in a random direction, and after how often the goal is given up.
WRIGGLE_TICKS: Final = 24
MAX_WRIGGLES: Final = 3
#: Units ahead that must have floor before a bot runs there.
FORESIGHT: Final = 56.0


class Walker:
    """Leads one bot through *graph*. *failed* says that the goal was given up."""

    def __init__(self, level: Level, graph: Graph, random: Random) -> None:
        self.level = level
        self.graph = graph
        self.random = random
        self.goal = -1
        self.end: Vec = (0.0, 0.0, 0.0)
        self.failed = False
        self.heading: float | None = None
        self.jump = False
        self.thrown = False
        self._since = 0
        self._from: Vec = (0.0, 0.0, 0.0)
        self._wriggles = 0
        self._wriggle_to = 0

    def go(self, goal: int, end: Vec) -> None:
        """Lead to the place *goal* from now on, and there on to *end*."""
        self.goal = goal
        self.end = end
        self.failed = False
        self._wriggles = 0

    def stop(self) -> None:
        """Lead nowhere."""
        self.goal = -1

    def steer(self, own: Own, tick: int) -> float | None:
        """Return the yaw to run along now, None to stand still; sets *jump*."""
        self.jump = False
        if not own.on_ground:
            # A jump pad aims better than a bot does; its throw is faster than any jump.
            self.thrown = self.thrown or own.vel[2] > JUMP_VELOCITY + 20.0
            return None if self.thrown else self.heading
        self.thrown = False
        if tick < self._wriggle_to:
            self.jump = True
            return self.heading
        if self.goal < 0:
            return None
        self.heading = self.lead(own)
        if self.heading is not None:
            self.watch_progress(own, tick)
        return self.heading

    def lead(self, own: Own) -> float | None:
        """Return the yaw towards the next point of the route."""
        place = self.graph.near(own.pos)
        if place == self.goal:
            away = hypot(self.end[0] - own.pos[0], self.end[1] - own.pos[1])
            return angles(own.pos, self.end)[0] if away > ARRIVED else None
        ways = self.graph.route(place, self.goal, AHEAD) if place >= 0 else []
        if not ways:
            self.failed = True
            return None
        self.jump = ways[0][2] == JUMP
        return angles(own.pos, self.ahead(own.pos, ways))[0]

    def ahead(self, pos: Vec, ways: list[Way]) -> Vec:
        """Return the farthest point of the route to which a straight line over floor leads."""
        places = self.graph.places
        found = places[ways[0][0]]
        if ways[0][2] != WALK:
            return found
        for to, _, kind in ways[1:]:
            if kind != WALK or not self.straight(pos, places[to]):
                break
            found = places[to]
        return found

    def straight(self, start: Vec, end: Vec) -> bool:
        """Say whether there is level floor and nothing in the way from *start* to *end*."""
        if abs(end[2] - start[2]) > STEP_SIZE:
            return False
        length = hypot(end[0] - start[0], end[1] - start[1])
        pieces = int(length / SPACING) + 1
        for i in range(1, pieces):
            x = start[0] + (end[0] - start[0]) * i / pieces
            y = start[1] + (end[1] - start[1]) * i / pieces
            if not self.graph.floor_at(x, y, start[2]):
                return False
        high = (start[0], start[1], start[2] + STEP_SIZE)
        far = (end[0], end[1], start[2] + STEP_SIZE)
        return trace(self.level, high, far, PLAYER_MINS, PLAYER_MAXS).fraction == 1.0

    def safe(self, own: Own, heading: float) -> bool:
        """Say whether running along *heading* stays on floor for a while."""
        x = own.pos[0] + FORESIGHT * cos(heading * 2.0 * pi / TURN)
        y = own.pos[1] + FORESIGHT * sin(heading * 2.0 * pi / TURN)
        return self.graph.floor_at(x, y, own.pos[2])

    def watch_progress(self, own: Own, tick: int) -> None:
        """Wriggle when it does not get on; give the goal up when that does not help."""
        moved = hypot(own.pos[0] - self._from[0], own.pos[1] - self._from[1])
        if moved > STUCK_UNITS or tick - self._since > 2 * STUCK_TICKS:
            self._from = own.pos
            self._since = tick
        elif tick - self._since >= STUCK_TICKS:
            self._since = tick
            self._wriggles += 1
            self._wriggle_to = tick + WRIGGLE_TICKS
            self.heading = self.random.uniform(0.0, TURN)
            if self._wriggles > MAX_WRIGGLES:
                self.failed = True
