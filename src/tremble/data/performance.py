"""The performance recorder: rings of samples, percentiles, CSV; one entry per map and hardware."""

import csv
import math
import os
import platform
from array import array
from collections.abc import Sequence
from pathlib import Path

from tremble.data import documents
from tremble.data.documents import DataType, Performance, Series
from tremble.data.manager import DataManager

#: Samples of each quantity held while recording: ten minutes at 60 a second.
CAPACITY = 36_000
#: Newest samples of each quantity that the document keeps.
MAX_KEPT = 600
#: Entries that the document keeps.
MAX_RUNS = 64
#: What is recorded: milliseconds, milliseconds, milliseconds, percent of packets.
QUANTITIES = ("frame_ms", "tick_ms", "ping_ms", "loss_percent")


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest sample that *share* (0 to 1) of the *ordered* samples do not exceed.

    The nearest-rank definition: always a sample that really happened. 0.0 without samples.
    """
    if not ordered:
        return 0.0
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


class Ring:
    """The newest *capacity* samples, and the count of all."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.samples = array("d", bytes(8 * capacity))
        self.count = 0

    def add(self, value: float) -> None:
        self.samples[self.count % len(self.samples)] = value
        self.count += 1

    def newest(self, limit: int | None = None) -> list[float]:
        """Return the newest *limit* samples that are still held, oldest first."""
        size = len(self.samples)
        held = min(self.count, size)
        at = self.count % size
        ordered = self.samples[at:].tolist() + self.samples[:at].tolist()
        held = held if limit is None else min(held, limit)
        return ordered[size - held :]

    def series(self) -> Series:
        """Sum the held samples up."""
        held = self.newest()
        ordered = sorted(held)
        return Series(
            count=self.count,
            mean=math.fsum(held) / len(held) if held else 0.0,
            p50=percentile(ordered, 0.50),
            p95=percentile(ordered, 0.95),
            p99=percentile(ordered, 0.99),
            max=ordered[-1] if ordered else 0.0,
            samples=[round(value, 3) for value in held[-MAX_KEPT:]],
        )


def this_hardware() -> str:
    """Name this machine: processor, cores, system. A game adds its graphics card."""
    return f"{platform.machine()} x{os.cpu_count()}, {platform.system()} {platform.release()}"[:200]


class PerformanceRecorder:
    """Records one run on *map_name*; `save` puts it into PERFORMANCE_DATA."""

    def __init__(
        self, data_manager: DataManager, map_name: str, hardware: str | None = None
    ) -> None:
        self.data_manager = data_manager
        self.map = map_name
        self.hardware = hardware or this_hardware()
        self.rings = {name: Ring() for name in QUANTITIES}

    def record(
        self,
        frame_ms: float | None = None,
        tick_ms: float | None = None,
        ping_ms: float | None = None,
        loss_percent: float | None = None,
    ) -> None:
        """Add what was measured in this frame; raise ValueError for what is not 0 or more."""
        given = (frame_ms, tick_ms, ping_ms, loss_percent)
        for name, value in zip(QUANTITIES, given, strict=True):
            if value is not None:
                if not 0.0 <= value <= 1e9:
                    raise ValueError(f"{name} is {value}: 0 to 1e9 is allowed")
                self.rings[name].add(value)

    def summary(self) -> Performance:
        """Return what was recorded so far."""
        series = [self.rings[name].series() for name in QUANTITIES]
        now = documents.stamp(self.data_manager.clock())
        return Performance(self.map, self.hardware, now, *series)

    def save(self) -> bool:
        """Save the summary as the newest entry, in place of the one of this map and hardware."""
        data = self.data_manager.load_data(DataType.PERFORMANCE_DATA)
        mine = (self.map, self.hardware)
        others = [run for run in data.runs if (run.map, run.hardware) != mine]
        data.runs = [self.summary(), *others][:MAX_RUNS]
        return self.data_manager.save_later(DataType.PERFORMANCE_DATA, data)

    def export_csv(self, path: str | Path) -> int:
        """Write the samples held to *path*, a row each; return the number of rows."""
        rows = [
            (name, ring.count - len(held) + index, value)
            for name, ring in self.rings.items()
            for held in [ring.newest()]
            for index, value in enumerate(held)
        ]
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("quantity", "sample", "value"))
            writer.writerows(rows)
        return len(rows)
