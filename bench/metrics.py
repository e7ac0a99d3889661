"""What counting costs a game server: `python bench/metrics.py`. Prints a Markdown table.

CPU time of this process; medians and p99 of runs. A tick observes one histogram, each player two a
second; families and text are only put together when somebody asks.
"""

from collections.abc import Callable
from statistics import median, quantiles
from time import process_time_ns

from tremble import metrics
from tremble.metrics import Family, Histogram, counters, histogram
from tremble.server.figures import TICK_BOUNDS

RUNS = 200
PLAYERS = 16


def measured(job: Callable[[], object], times: int) -> tuple[float, float]:
    """Median and p99 of the microseconds that one *job* takes, of RUNS runs of *times* each."""
    found = []
    for _ in range(RUNS):
        began = process_time_ns()
        for _ in range(times):
            job()
        found.append((process_time_ns() - began) / times / 1000)
    return median(found), quantiles(found, n=100)[98]


def families() -> list[Family]:
    """About as much as a game server tells."""
    seen = Histogram(TICK_BOUNDS)
    for i in range(1000):
        seen.observe(i / 100_000)
    names = [f"tremble_bench_{i}" for i in range(40)]
    found = [counters(f"{name}_total", "Of the bench.", "kind", {"a": 1, "b": 2}) for name in names]
    return [*found, *(histogram(f"{name}_seconds", "Of the bench.", seen) for name in names[:4])]


def main() -> None:
    ticks = Histogram(TICK_BOUNDS)
    found = families()
    tick, tick_p99 = measured(lambda: ticks.observe(0.0011), 2000)
    text, text_p99 = measured(lambda: metrics.exposition(found), 1)
    print("| what | median us | p99 us |")
    print("|---|--:|--:|")
    print(f"| a tick | {tick:.3f} | {tick_p99:.3f} |")
    each = tick / PLAYERS + 2 * tick / 60
    print(f"| a tick and player, {PLAYERS} in the arena | {each:.3f} | |")
    print(f"| text of {len(found)} families | {text:.0f} | {text_p99:.0f} |")


if __name__ == "__main__":
    main()
