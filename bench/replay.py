"""What recording and rewinding cost: `python bench/replay.py`. Seeded; prints a Markdown table.

A free-for-all of 16 and a duel on maps/arena_01.map, whose players change their minds as in bench/sim.py
and shoot half of the time, 100 ms behind. CPU time of this process, per player-tick, median and p99 of
blocks of 60 ticks.
"""

import statistics
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from time import process_time_ns

from sim import MAP, play, world_of

from tremble import compiled
from tremble.match import replay
from tremble.match.replay import HASH_EVERY, Recorder
from tremble.sim import level, state
from tremble.sim.level import Level
from tremble.sim.rewind import Rewind, back_of
from tremble.sim.state import Usercmd, World
from tremble.sim.step import step

BLOCK = 60
VIEW = 6 * 16  # steps behind, 100 ms


def costs(script: list[list[Usercmd | None]], players: int, work: Callable[[int], None]) -> str:
    """Return median and p99 of *work*, called for each tick, in us per player-tick."""
    found = []
    for start in range(0, len(script) - BLOCK + 1, BLOCK):
        began = process_time_ns()
        for tick in range(start, start + BLOCK):
            work(tick)
        found.append((process_time_ns() - began) / 1000.0 / BLOCK / players)
    found.sort()
    return f"{statistics.median(found):.3f} | {found[int(len(found) * 0.99)]:.3f}"


def script_of(players: int, world: World) -> list[list[Usercmd | None]]:
    """Commands for *players* with the view that they would have at each tick."""
    script: list[list[Usercmd | None]] = []
    for seed in range(1, 6):
        script += play(seed)
    found: list[list[Usercmd | None]] = []
    for tick, commands in enumerate(script):
        view = (world.tick + 1 + tick) * 16 - VIEW
        row: list[Usercmd | None] = [None] * 16
        for slot in range(players):
            c = commands[slot]
            assert c is not None
            row[slot] = Usercmd(0, c.forward, c.side, c.yaw, c.pitch, c.buttons, c.weapon, view)
        found.append(row)
    return found


def rows(place: Level, players: int) -> list[str]:
    world = world_of(place, players)
    script = script_of(players, world)
    rewind = Rewind(world.tick + 1)
    recorder = Recorder()
    backs: list[list[int]] = []

    def steps(tick: int) -> None:
        row = [back_of(world, slot, command) for slot, command in enumerate(script[tick])]
        backs.append(row)
        events = step(world, script[tick], rewind.views(world, row))
        rewind.note(world, events)

    def record(tick: int) -> None:
        recorder.tick(script[tick], backs[tick])
        if recorder.ticks % HASH_EVERY == 0:
            recorder.hash(state.state_hash(world))

    plain = world_of(place, players)
    alone = costs(script, players, lambda tick: discard(step(plain, script[tick])))
    rewound = costs(script, players, steps)
    recorded = costs(script, players, record)
    records = recorder.take()
    packed = sum(
        len(replay.block(84, records[at : at + 16384])) for at in range(0, len(records), 16384)
    )
    minutes = len(script) / 3600
    return [
        f"| {players} | step | {alone} | |",
        f"| {players} | step with shots taken back | {rewound} | |",
        f"| {players} | recording, hash once a second | {recorded} "
        f"| {packed / minutes / 1000:.1f} kB a minute |",
    ]


def discard(_: object) -> None:
    """What is measured needs no result."""


def main() -> None:
    place = level.load(Path(MAP).read_text(), "arena_01")
    print(
        f"Python {sys.version.split()[0]}, {compiled.reason or 'compiled'}, zlib {zlib.ZLIB_VERSION}\n"
    )
    print("| players | what | us per player-tick | p99 | size |\n|--:|---|--:|--:|--:|")
    for players in (2, 16):
        print("\n".join(rows(place, players)), flush=True)


if __name__ == "__main__":
    main()
