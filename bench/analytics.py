"""What the analytics cost: `python bench/analytics.py [EVENTS]`. Prints a Markdown table.

A month of matches with telemetry, ten million events of it unless said otherwise (lines of players, kills,
pickups, samples), in a record on SQLite. CPU time of this process, all of its threads; DuckDB has one. The
month is the same on each run (SEED), the telemetry of a match one of POOL for its number of players.
"""

import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from time import process_time

from msgspec import structs

from tremble import ledger
from tremble.analytics import generate, page
from tremble.analytics.export import export
from tremble.analytics.lake import Lake, Table
from tremble.analytics.metrics import METRICS
from tremble.analytics.span import Span
from tremble.result import MatchResult
from tremble.store.engine import Store, Transaction

EVENTS = 10_000_000
SEED = 5
DAYS = 30
START = datetime(2026, 3, 10, tzinfo=UTC)
NOW = START + timedelta(days=60)
SPAN = Span(START - timedelta(days=1), START + timedelta(days=DAYS + 1), "Europe/Berlin")
#: Rows of a match with telemetry, about: what fits into its 64 KiB.
KILLS, PICKUPS, SAMPLES = 150, 200, 2400
POOL = 6
RUNS = 3
AT_ONCE = 25


def months(matches: int) -> Iterator[MatchResult]:
    """Yield *matches* results, each with telemetry."""
    random = Random(SEED)
    a_day = -(-matches // DAYS)
    shape = generate.Months(START, 2 * DAYS, a_day, 2000, kills=0, pickups=0, samples=0)
    rich = structs.replace(shape, kills=KILLS, pickups=PICKUPS, samples=SAMPLES)
    pool: dict[int, list] = {}
    found = 0
    for result in generate.results(shape, SEED):
        if result.telemetry is None:
            continue
        kept = pool.setdefault(len(result.players), [])
        if len(kept) < POOL:
            kept.append(generate.telemetry(random, rich, result.players, 600.0))
        told = random.choice(kept)
        yield structs.replace(
            result,
            telemetry=structs.replace(
                told, players=result.telemetry.players, region=result.telemetry.region
            ),
        )
        found += 1
        if found == matches:
            return


def events_of(result: MatchResult) -> int:
    assert result.telemetry is not None
    told = result.telemetry
    return len(result.players) + len(told.kills) + len(told.pickups) + len(told.samples)


def filled(store: Store, wanted: int) -> tuple[int, int]:
    """Post matches until there are *wanted* events; return how many of each."""
    matches = events = 0
    waiting: list[MatchResult] = []

    def post(tx: Transaction, results: list[MatchResult]) -> None:
        ledger.record_all(tx, results)

    for result in months(wanted // (KILLS + PICKUPS + SAMPLES) * 2):
        waiting.append(result)
        matches, events = matches + 1, events + events_of(result)
        if len(waiting) == AT_ONCE or events >= wanted:
            store.write(post, waiting).result()
            waiting = []
        if events >= wanted:
            break
    return matches, events


def timed(job: Callable[[], object]) -> float:
    began = process_time()
    job()
    return process_time() - began


def counted(folder: Path) -> dict[str, Table]:
    """Return all metrics."""
    with Lake(folder, SPAN) as lake:
        return {name: lake.table(name) for name in METRICS}


def main() -> None:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    with tempfile.TemporaryDirectory() as made:
        home = Path(made)
        with Store(home / "tremble.db") as store:
            matches, events = filled(store, wanted)
            exports = [timed(lambda n=n: export(store, home / f"{n}", NOW)) for n in range(RUNS)]
            again = timed(lambda: export(store, home / "0", NOW))
            late = next(generate.results(generate.Months(START + timedelta(days=9), 1), 99))
            ledger.post(store, late)
            one_day = timed(lambda: export(store, home / "0", NOW))
        reports = [timed(lambda: counted(home / "0")) for _ in range(RUNS)]
        tables = counted(home / "0")
        drawn = timed(lambda: page.report(tables, SPAN, NOW, {}))
        size = sum(path.stat().st_size for path in (home / "0").rglob("*.parquet"))
        record = (home / "tremble.db").stat().st_size
    both = median(exports) + median(reports)
    print(f"{events:,} events of {matches:,} matches in {DAYS} days.\n")
    print("| what | CPU s |")
    print("|---|--:|")
    print(f"| export of all to Parquet | {median(exports):.2f} |")
    print(f"| all {len(METRICS)} metrics over the month | {median(reports):.2f} |")
    print(f"| both | {both:.2f} |")
    print(f"| export when nothing changed | {again:.3f} |")
    print(f"| export after one late match | {one_day:.2f} |")
    print(f"| the page of it | {drawn:.2f} |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nRecord {record / 1e6:.0f} MB, Parquet {size / 1e6:.0f} MB; peak RSS {peak:.0f} MB.")


if __name__ == "__main__":
    main()
