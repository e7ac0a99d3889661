"""What a board costs that nobody has in memory: the store's own SQL on SQLite and PostgreSQL, and Redis.

    python bench/boards_sql.py [--players 100000 1000000] [--times 30] [--skip-redis]

The same players as in bench/boards.py, asked for the same: rank, the top, who is around a player. Wall time
in microseconds, since on PostgreSQL and Redis another process does the work; CPU is of this process and of
those that serve it, for each question. The files are in the cache of the machine. 10,000,000 players take
some ten minutes and 6 GB of disk. Seeded.
"""

import argparse
import asyncio
import os
import platform
import random
import shutil
import sys
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles

import apsw
import asyncpg
import boards as memory
from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import postgres

from tremble.store import board_entries, ranking
from tremble.store.engine import Store
from tremble.store.sql import Statement

#: The processes of the server that serve us.
PIDS = Statement(text("SELECT pid FROM pg_stat_activity WHERE application_name = 'tremble'"))
#: A server as one has it for so many rows; the tests' own is made for few.
SERVER = {"shared_buffers": "512MB", "max_wal_size": "2GB", "maintenance_work_mem": "256MB"}
TOP, RADIUS = 100, 5
#: All columns of a place but player and rank key.
REST = (1500.0, 60.0, 0.06, 9, 5, 4, 0, 50, 40, 90, 30, None, 0)


def ask(store: Store, name: str, question: Callable[[], object], times: int) -> None:
    """Print p50 and p99 of *question*, and the CPU of it here and at the server."""
    question()
    taken = []
    here, there = time.process_time(), serving(store)
    for _ in range(times):
        since = time.perf_counter()
        question()
        taken.append((time.perf_counter() - since) * 1e6)
    cpu = (time.process_time() - here + serving(store) - there) * 1e6 / times
    p99 = quantiles(taken, n=100)[98]
    print(f"| {name} | {median(taken):,.0f} | {p99:,.0f} | {cpu:,.0f} |", flush=True)


def serving(store: Store) -> float:
    """Return the seconds of CPU of all processes of our PostgreSQL server so far; 0 without one."""
    if not store.remote:
        return 0.0
    pids = store.read(lambda tx: tx.rows(PIDS))
    ticks = 0
    for (pid,) in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def questions(store: Store, players: "array[int]", rng: random.Random, times: int) -> None:
    """Ask the store alone, as if no ranking were loaded."""

    def someone() -> str:
        return f"{rng.choice(players):016x}"

    def rank() -> object:
        return store.read(lambda tx: ranking.rank_of(tx, memory.head(tx), None, someone()))

    def around() -> object:
        return store.read(lambda tx: ranking.around(tx, memory.head(tx), None, someone(), RADIUS))

    ask(store, "rank of a player", rank, times)
    ask(store, "top 100 with names", lambda: store.read(board_entries.top, "duel", TOP), 5 * times)
    ask(store, "around a player, 5 on either side", around, times)


def sqlite(
    keys: "array[int]", players: "array[int]", rng: random.Random, directory: Path, times: int
) -> None:
    path = directory / "board.db"
    since = time.process_time()
    memory.fill(path, keys, players, rng)
    title("SQLite", time.process_time() - since, path.stat().st_size / len(keys))
    with Store(path) as store:
        questions(store, players, rng, times)


def postgresql(keys: "array[int]", players: "array[int]", rng: random.Random, times: int) -> None:
    postgres.SETTINGS.update(SERVER)
    server = postgres.Server()
    try:
        url = server.empty()
        with Store(url) as store:
            store.write(memory.boards_only).result()
            since = time.process_time()
            asyncio.run(fill(url, sorted(zip(players, keys, strict=True)), rng))
            title(
                "PostgreSQL, Unix socket",
                time.process_time() - since,
                store.sizes()["data"] / len(keys),
            )
            questions(store, players, rng, times)
    finally:
        server.close()


async def fill(url: str, places: list[tuple[int, int]], rng: random.Random) -> None:
    """Copy all rows in, the indexes and references made afterwards or not at all."""
    connection = await asyncpg.connect(url)
    made_by = await connection.fetchval("SELECT pg_get_indexdef('board_entry_by_rank'::regclass)")
    await connection.execute(
        "DROP INDEX board_entry_by_rank; SET session_replication_role = replica"
    )

    def people() -> Iterator[tuple[object, ...]]:
        for player, _ in places:
            yield f"{player:016x}", memory.username(rng), 0, 0, 0, 0

    def entries() -> Iterator[tuple[object, ...]]:
        for player, key in places:
            yield "duel", 1, f"{player:016x}", *REST, key

    await connection.copy_records_to_table("player", records=people())
    await connection.copy_records_to_table("board_entry", records=entries())
    await connection.execute("UPDATE board_season SET total = $1", len(places))
    await connection.execute(made_by)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


def title(name: str, seconds: float, size: float) -> None:
    print(f"\n{name}: filled in {seconds:.0f} s of CPU here, {size:.0f} bytes a player\n")
    print("| question | p50 us | p99 us | CPU us |\n|---|--:|--:|--:|", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--players", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--skip-redis", action="store_true")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, SQLite {apsw.sqlite_lib_version()}")
    for count in options.players:
        rng = random.Random(count)
        print(f"\n{count:,} players", flush=True)
        keys, players = memory.crowd(rng, count)
        with tempfile.TemporaryDirectory(prefix=".bench-", dir=".") as made:
            sqlite(keys, players, rng, Path(made), options.times)
        postgresql(keys, players, rng, options.times)
        if not options.skip_redis and shutil.which("redis-server"):
            print("\n| Redis | p50 us | p99 us |\n|---|--:|--:|")
            with tempfile.TemporaryDirectory(prefix=".bench-", dir=".") as made:
                memory.redis(keys, players, rng, Path(made))


if __name__ == "__main__":
    main()
