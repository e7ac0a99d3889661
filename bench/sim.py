"""CPU cost of the game: `python bench/sim.py`. Seeded; prints a Markdown table.

Medians of seven runs, in CPU time of this process, on maps/arena_01.map.
"""

import random
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time

from tremble import compiled
from tremble.sim import level, pmove, state, step, trace
from tremble.sim.level import Level
from tremble.sim.state import ALIVE, Usercmd, World
from tremble.sim.tuning import PLAYER_MAXS, PLAYER_MINS

MAP = Path(__file__).parents[1] / "maps" / "arena_01.map"
RUNS = 7
SCRIPT_TICKS = 600


def play(seed: int) -> list[list[Usercmd | None]]:
    """Commands for 16 players who run, turn, jump and shoot, changing their mind now and then."""
    dice = random.Random(seed)
    held = [Usercmd() for _ in range(16)]
    script: list[list[Usercmd | None]] = []
    for _ in range(SCRIPT_TICKS):
        for slot in range(16):
            if dice.random() < 0.1:
                held[slot] = Usercmd(
                    forward=dice.choice((127, 127, 0, -127)),
                    side=dice.choice((-127, 0, 127)),
                    yaw=dice.randrange(65536),
                    pitch=dice.randrange(-3000, 6000),
                    buttons=dice.randrange(4),
                    weapon=dice.randrange(3),
                )
        script.append(list(held))
    return script


def world_of(place: Level, players: int) -> World:
    world = step.new_world(place, 1)
    for slot in range(players):
        step.join(world, slot)
    for _ in range(60):
        step.step(world, [None] * 16)
    return world


def measure(work: Callable[[], int]) -> float:
    """Return the median CPU time in microseconds of one of the things that *work* counts."""
    costs = []
    for _ in range(RUNS):
        start = process_time()
        count = work()
        costs.append((process_time() - start) / count * 1e6)
    return statistics.median(costs)


def cost_of_step(place: Level, script: list[list[Usercmd | None]], players: int) -> float:
    def work() -> int:
        world = world_of(place, players)
        for cmds in script:
            step.step(world, cmds)
        return len(script)

    return measure(work)


def cost_of_pmove(place: Level, script: list[list[Usercmd | None]]) -> float:
    def work() -> int:
        world = world_of(place, 16)
        for cmds in script:
            for player, cmd in zip(world.players, cmds, strict=True):
                if player.life == ALIVE and cmd is not None:
                    pmove.move(place, player, cmd, [], [])
        return len(script) * 16

    return measure(work)


def cost_of_trace(place: Level, length: float, box: bool) -> float:
    dice = random.Random(3)
    ways = []
    for _ in range(2000):
        start = (
            dice.uniform(-900.0, 900.0),
            dice.uniform(-900.0, 900.0),
            dice.uniform(30.0, 600.0),
        )
        offset = [dice.uniform(-length, length) for _ in range(3)]
        ways.append((start, (start[0] + offset[0], start[1] + offset[1], start[2] + offset[2])))
    mins, maxs = (PLAYER_MINS, PLAYER_MAXS) if box else ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))

    def work() -> int:
        for start, end in ways:
            trace.trace(place, start, end, mins, maxs)
        return len(ways)

    return measure(work)


def main() -> None:
    place = level.load(MAP.read_text(), "arena_01")
    script = play(1)
    full = world_of(place, 16)
    rows = [("pmove, one player-tick", cost_of_pmove(place, script))]
    rows += [(f"step, {n} players", cost_of_step(place, script, n)) for n in (2, 8, 16)]
    rows += [
        ("trace, player box, 6 units", cost_of_trace(place, 6.0, True)),
        ("trace, point, 2000 units", cost_of_trace(place, 2000.0, False)),
        ("pack, 16 players", measure(lambda: len([state.pack(full) for _ in range(500)]))),
        (
            "state_hash, 16 players",
            measure(lambda: len([state.state_hash(full) for _ in range(500)])),
        ),
    ]
    print(f"Python {sys.version.split()[0]}, {compiled.reason or 'compiled'}")
    print(f"packed world of 16 players: {len(state.pack(full))} bytes\n")
    print("| what | us |\n|---|--:|")
    for name, cost in rows:
        print(f"| {name} | {cost:.2f} |")


if __name__ == "__main__":
    main()
