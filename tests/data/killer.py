"""Kill a saving process again and again: python killer.py FOLDER TIMES SEED

Each child saves player stats and settings with growing numbers and acknowledges each save over a
pipe. It is killed with SIGKILL at a random moment, from its very start on. After each kill the
folder is loaded: nothing may be corrupt, and no number lower than the last acknowledged. Prints a
JSON line.
"""

import json
import os
import random
import signal
import struct
import sys
import time

from tremble.data.documents import DataType
from tremble.data.manager import DataManager

STATS, SETTINGS = DataType.PLAYER_STATS, DataType.SETTINGS


def save_for_ever(folder: str, number: int, acks: int) -> None:
    with DataManager(folder) as manager:
        stats, settings = manager.load_data(STATS), manager.load_data(SETTINGS)
        while True:
            number += 1
            stats.stats.kills = number
            settings.network.max_ping = 10 + number % 9_000
            settings.controls.key_bindings = {"number": str(number)}
            if number % 2:
                done = manager.save_data(STATS, stats)
            else:
                done = manager.save_later(SETTINGS, settings) and manager.flush()
            if done:
                os.write(acks, struct.pack("<Q", number))


def run_and_kill(folder: str, number: int, saves: int, after_s: float) -> list[int]:
    """Kill a child *after_s* seconds after its save *saves*; return the numbers acknowledged."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            save_for_ever(folder, number, writable)
        finally:
            os._exit(1)
    os.close(writable)
    acks = b""
    while len(acks) < 8 * saves and (piece := os.read(readable, 8 * saves)):
        acks += piece
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with open(readable, "rb") as file:
        acks += file.read()
    return [struct.unpack_from("<Q", acks, at)[0] for at in range(0, len(acks) - 7, 8)]


def main(folder: str, times: int, seed: int) -> None:
    dice = random.Random(seed)
    acked = {STATS: 0, SETTINGS: 0}
    lost, corrupt, saves, halves = 0, [], 0, 0
    for _ in range(times):
        last = max(acked.values())
        numbers = run_and_kill(folder, last, dice.randrange(6), dice.expovariate(1 / 0.005))
        saves += len(numbers)
        for number in numbers:
            acked[STATS if number % 2 else SETTINGS] = number
        halves += len(os.listdir(f"{folder}/temp")) if numbers else 0
        with DataManager(folder) as manager:
            manager.data_corrupted.connect(lambda s, **told: corrupt.append(told), weak=False)
            kills = manager.load_data(STATS).stats.kills
            number = int(manager.load_data(SETTINGS).controls.key_bindings.get("number", "0"))
        lost += (kills < acked[STATS]) + (number < acked[SETTINGS])
        acked = {STATS: kills, SETTINGS: number}
    kept = os.listdir(f"{folder}/corrupt")
    told = {"kills": times, "saves": saves, "lost": lost, "half": halves}
    print(json.dumps({**told, "corrupt": corrupt + kept}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
