"""What a player's data costs: python bench/data.py [FOLDER]

Prints a Markdown table of microseconds. Without fsync is measured in memory (/dev/shm), so that it
shows what Tremble costs and not the disk, and then on the disk of FOLDER: there ext4 starts writing
at each rename over a file. A durable save is shown beside a bare write + fsync + rename + fsync of
the folder of the same bytes, taken in turns in the same run. A save writes the file and its backup,
so about twice the bare one is the floor.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tremble.data import codec
from tremble.data.documents import DataType, PlayerStats, Unlock, Weapon
from tremble.data.manager import DataManager

STATS = DataType.PLAYER_STATS
ROUNDS = 2_000
DURABLE_ROUNDS = 300


def grown_stats(manager: DataManager) -> PlayerStats:
    """Return the stats of a player of a year: 8 weapons, 12 maps, 20 achievements."""
    document = manager.load_data(STATS)
    for n in range(8):
        document.stats.weapons[f"weapon_{n}"] = Weapon(12_000 + n, 4_000, 300_000, 2_100)
    document.stats.maps = {f"arena_{n:02}": 40 + n for n in range(12)}
    document.stats.items = {f"item_{n}": 900 + n for n in range(10)}
    for n in range(20):
        document.achievements[f"achievement_{n}"] = Unlock("2026-11-22T12:00:00Z", f"{n:032x}")
    document.counted_matches = [f"{n:032x}" for n in range(20)]
    return document


def timed(call: Callable[[], object]) -> float:
    """Return how many microseconds *call* took."""
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1e6


def line(name: str, samples: list[float], limit: float | None = None) -> None:
    ordered = sorted(samples)
    median, p99 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    promise = "" if limit is None else f"{limit:.0f}"
    print(f"| {name} | {median:.1f} | {p99:.1f} | {promise} |")


class Saver:
    """Saves stats that differ each time."""

    def __init__(self, manager: DataManager, document: PlayerStats) -> None:
        self.manager = manager
        self.document = document

    def __call__(self) -> None:
        self.document.stats.kills += 1
        if not self.manager.save_data(STATS, self.document):
            raise SystemExit(str(self.manager.last_error))


class Bare:
    """Write + fsync + rename + fsync of the folder, and nothing else."""

    def __init__(self, folder: Path, content: bytes) -> None:
        self.folder = str(folder)
        self.temp, self.target = str(folder / "bare.tmp"), str(folder / "bare.json")
        self.content = content

    def __call__(self) -> None:
        fd = os.open(self.temp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.write(fd, self.content)
        os.fsync(fd)
        os.close(fd)
        os.rename(self.temp, self.target)
        fd = os.open(self.folder, os.O_RDONLY)
        os.fsync(fd)
        os.close(fd)


def main(root: Path) -> None:
    print("| microseconds | median | p99 | promised |\n|---|--:|--:|--:|")
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with (
        tempfile.TemporaryDirectory(dir=memory) as fast,
        DataManager(fast, durable=False) as manager,
    ):
        small, document = manager.load_data(STATS), grown_stats(manager)
        fresh, content = codec.encode(STATS, small), codec.encode(STATS, document)
        sizes = (f"fresh ({len(fresh)} bytes)", f"grown ({len(content)} bytes)")
        for name, data in zip(sizes, (small, document), strict=True):
            saver = Saver(manager, data)
            line(f"save without fsync, {name}", [timed(saver) for _ in range(ROUNDS)], 300)
            manager.load_data(STATS)
            samples = [timed(lambda: manager.load_data(STATS)) for _ in range(ROUNDS)]
            line(f"load + validate, {name}", samples, 60)
        samples = [timed(lambda: codec.decode(STATS, content)) for _ in range(ROUNDS)]
        line("of that decode + validate, grown", samples)
        samples = [timed(lambda: manager.save_later(STATS, document)) for _ in range(ROUNDS)]
        line("save_later, grown", samples)
    with DataManager(root / "disk", durable=False) as manager:
        saver = Saver(manager, grown_stats(manager))
        line("save without fsync, grown, on the disk", [timed(saver) for _ in range(ROUNDS)])
    with DataManager(root / "durable") as manager:
        document = grown_stats(manager)
        saver, bare = Saver(manager, document), Bare(root, content)
        saved, raw = [], []
        for _ in range(DURABLE_ROUNDS):
            saved.append(timed(saver))
            raw.append(timed(bare))
        line("durable save with its backup, grown", saved)
        line("bare write + fsync + rename + fsync", raw)
        print(f"\nDurable saves took {sum(saved) / sum(raw):.1f} times the bare ones.")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as name:
            main(Path(name))
