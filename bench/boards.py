"""What a board of 0.1, 1 and 10 million players costs: ours in memory, a sorted list, SQL, Redis.

    python bench/boards.py [--players 100000 1000000 10000000] [--skip-store] [--skip-list]

Each line is of single operations, one after another, in microseconds: of CPU time for what runs in this
process, of wall time for Redis. Memory is what the process grew by (of Redis: what it says itself).
Redis is measured if redis-server is installed. Seeded.
"""

import argparse
import ctypes
import gc
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
from array import array
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import apsw

from tremble import compiled
from tremble.order import Order
from tremble.store import board_entries, boards, places, ranking, rankkey, versions
from tremble.store.engine import Store
from tremble.store.ranking import Rankings

SYLLABLES = ("ka", "mo", "ri", "ta", "ne", "xi", "zu", "ba", "shi", "no", "ra", "dark", "wolf", "fire",
             "the", "pro", "gam", "er", "star", "ice", "x", "7")  # fmt: skip
#: Commonest to rarest; the last is in one name or in none.
WORDS = ("a", "q", "wolf", "darkwolf", "zz", "shi7", "shishi7", "shishi77", "qqq", "player12")

Clock = Callable[[], int]
#: Where another process does the work.
WALL = time.perf_counter_ns


def measure(
    name: str, operation: Callable[[], object], times: int, clock: Clock = time.thread_time_ns
) -> None:
    """Print p50 and p99 of *operation*."""
    taken = []
    for _ in range(times):
        since = clock()
        operation()
        taken.append((clock() - since) / 1e3)
    p99 = quantiles(taken, n=100)[98]
    print(f"| {name} | {median(taken):,.1f} | {p99:,.1f} |", flush=True)


def said(name: str, value: str) -> None:
    print(f"| {name} | {value} | |", flush=True)


def memory() -> int:
    """Return the resident bytes of this process, without what is free in its heap (Linux, glibc)."""
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def key_of(rng: random.Random) -> int:
    rating = min(max(rng.gauss(1500, 300), 400), 4000)
    return rankkey.of_rating(rating, 60.0, rng.randrange(1, 200))


def username(rng: random.Random) -> str:
    return "".join(rng.choices(SYLLABLES, k=3)) + str(rng.randrange(100))


def crowd(rng: random.Random, count: int) -> tuple["array[int]", "array[int]"]:
    """Return keys and players of *count* places in order."""
    places = sorted((key_of(rng), rng.getrandbits(64)) for _ in range(count))
    return array("q", [key for key, _ in places]), array("Q", [player for _, player in places])


def pieces(
    keys: "array[int]", players: "array[int]", names: list[bytes] | None = None
) -> Iterator[tuple[Any, Any, Any]]:
    for i in range(0, len(keys), places.PIECE):
        end = i + places.PIECE
        yield keys[i:end], players[i:end], names[i:end] if names else ()


def ours(keys: "array[int]", players: "array[int]", rng: random.Random) -> None:
    """The order in memory, without names."""
    gc.collect()
    before, since = memory(), time.thread_time()
    order = Order(pieces(keys, players), len(keys))
    said("in memory: load from sorted arrays", f"{time.thread_time() - since:.1f} s")
    said("in memory: bytes a player", f"{(memory() - before) / len(keys):.1f}")
    some = cycle(rng.choices(players, k=20_000))
    new = cycle([key_of(rng) for _ in range(20_000)])
    measure("in memory: rank of a player", lambda: order.rank(next(some)), 20_000)
    measure("in memory: update", lambda: order.put(next(some), next(new)), 20_000)
    measure("in memory: top 100", lambda: order.slice(1, 100), 5000)

    def around() -> None:
        rank = order.rank(next(some))
        assert rank is not None
        order.slice(rank - 5, rank + 5)

    measure("in memory: around a player, 5 on either side", around, 20_000)


def search(keys: "array[int]", players: "array[int]", rng: random.Random) -> None:
    """The search of names, and what it adds to memory and updates."""
    names = [username(rng).encode() for _ in keys]
    gc.collect()
    before, since = memory(), time.thread_time()
    order = Order(pieces(keys, players, names), len(keys), named=True)
    said("with names: load from sorted lists", f"{time.thread_time() - since:.1f} s")
    said("with names: bytes a player", f"{(memory() - before) / len(keys):.1f}")
    some = cycle(rng.choices(players, k=20_000))
    new = cycle([key_of(rng) for _ in range(20_000)])
    for when in ("as loaded", "after 20,000 updates"):
        for word in WORDS:
            find = partial(order.find, word.encode(), None, 20)
            measure(f"names: first 20 with `{word}`, {when}", find, 20)
        if when == "as loaded":
            measure("with names: update", lambda: order.put(next(some), next(new), b"x"), 20_000)


def sorted_list(keys: "array[int]", players: "array[int]", rng: random.Random) -> None:
    """One sorted list of tuples, as a script would keep it, with a dict beside."""
    before = memory()
    places = list(zip(keys, players, strict=True))
    known = dict(zip(players, keys, strict=True))
    said("sorted list: bytes a player", f"{(memory() - before) / len(keys):.1f}")

    def rank() -> int:
        player = rng.choice(players)
        return bisect_left(places, (known[player], player)) + 1

    def update() -> None:
        player = rng.choice(players)
        del places[bisect_left(places, (known[player], player))]
        known[player] = key_of(rng)
        insort(places, (known[player], player))

    measure("sorted list: rank of a player", rank, 5000)
    measure("sorted list: update", update, 200)


def sql(keys: "array[int]", players: "array[int]", rng: random.Random, directory: Path) -> None:
    """The store itself: its own statements, and the ranking loaded from it."""
    path = directory / "board.db"
    fill(path, keys, players, rng)
    with Store(path) as store:
        rankings = Rankings(store)
        for named in (False, True):
            wall, since = time.perf_counter(), time.thread_time()
            store.read(lambda tx, named=named: ranking.read_ranking(tx, head(tx), named))
            cpu, wall = time.thread_time() - since, time.perf_counter() - wall
            what = "the order and the names" if named else "the order"
            said(f"store: load {what}", f"{cpu:.1f} s of CPU in {wall:.1f} s")
        rankings.load("duel")
        some = [f"{rng.choice(players):016x}" for _ in range(1000)]
        measure(
            "SQL alone: rank of a player",
            lambda: store.read(lambda tx: ranking.rank_of(tx, head(tx), None, rng.choice(some))),
            30,
        )
        measure("SQL: top 100 with names", lambda: store.read(board_entries.top, "duel", 100), 500)
        measure(
            "both: around a player, with names, as the API answers",
            lambda: rankings.ask(ranking.around, "duel", None, rng.choice(some), 5),
            1000,
        )
        measure(
            "both: search, with names, as the API answers",
            lambda: rankings.ask(ranking.search, "duel", None, "shi7", None, 20),
            20,
        )


def fill(path: Path, keys: "array[int]", players: "array[int]", rng: random.Random) -> None:
    """Make the store: rows in the order of players, which has nothing to do with that of ranks."""
    with Store(path) as store:
        store.write(boards_only).result()
    connection = apsw.Connection(str(path))
    text = "SELECT sql FROM sqlite_schema WHERE name = 'board_entry_by_rank'"
    [(made_by,)] = connection.execute(text).fetchall()
    connection.execute("PRAGMA synchronous = OFF; DROP INDEX board_entry_by_rank; BEGIN")
    places = sorted(zip(players, keys, strict=True))
    connection.executemany(
        "INSERT INTO player VALUES (?, ?, 0, 0, 0, 0)",
        ((f"{player:016x}", username(rng)) for player, _ in places),
    )
    connection.executemany(
        "INSERT INTO board_entry SELECT 'duel', 1, ?, 1500, 60, 0.06, 9, 5, 4, 0, 50, 40, 90, 30,"
        " NULL, 0, ?",
        ((f"{player:016x}", key) for player, key in places),
    )
    connection.execute("UPDATE board_season SET total = ?", (len(keys),))
    connection.execute(made_by)
    connection.execute("COMMIT")
    connection.close()


def boards_only(tx: Any) -> None:
    boards.touch(tx, "duel", 1, 0)
    versions.note(tx, "duel", 1, {})


def head(tx: Any) -> boards.Head:
    found = boards.head(tx, "duel")
    assert found is not None
    return found


def redis(keys: "array[int]", players: "array[int]", rng: random.Random, directory: Path) -> None:
    """A ZSET behind a socket of this machine, spoken to as its own protocol has it."""
    where = directory / "redis.sock"
    command = ["redis-server", "--port", "0", "--unixsocket", str(where), "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            speak(keys, players, rng, where)
        finally:
            server.terminate()


def speak(keys: "array[int]", players: "array[int]", rng: random.Random, where: Path) -> None:
    import socket

    deadline = time.monotonic() + 10
    while not where.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(where))
    stream = connection.makefile("rb")

    def send(*words: object) -> bytes:
        parts = [str(word).encode() for word in words]
        framed = b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
        return b"*%d\r\n%s" % (len(parts), framed)

    def read() -> Any:
        line = stream.readline()
        if line[:1] == b"*":
            return [read() for _ in range(int(line[1:]))]
        if line[:1] == b"$":
            return stream.read(int(line[1:]) + 2)[:-2]
        return line[1:-2]

    def ask(*words: object) -> Any:
        connection.sendall(send(*words))
        return read()

    since = time.perf_counter()
    for some_keys, some_players, _ in pieces(keys, players):
        words = [
            word
            for key, player in zip(some_keys, some_players, strict=True)
            for word in (key >> 10, f"{player:016x}")
        ]
        ask("ZADD", "duel", *words)
    said("Redis ZSET: load", f"{time.perf_counter() - since:.1f} s")
    used = next(
        line for line in ask("INFO", "memory").split(b"\r\n") if line.startswith(b"used_memory:")
    )
    said("Redis ZSET: bytes a player", f"{int(used.split(b':')[1]) / len(keys):.1f}")

    def player() -> str:
        return f"{rng.choice(players):016x}"

    measure("Redis ZSET: rank of a player", lambda: ask("ZRANK", "duel", player()), 5000, WALL)
    update = ("Redis ZSET: update", lambda: ask("ZADD", "duel", key_of(rng) >> 10, player()))
    measure(*update, 5000, WALL)
    top = ("Redis ZSET: top 100", lambda: ask("ZRANGE", "duel", 0, 99, "WITHSCORES"))
    measure(*top, 1000, WALL)
    connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--players", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--skip-store", action="store_true", help="leave SQL and Redis out")
    parser.add_argument("--skip-list", action="store_true", help="leave the sorted list out")
    options = parser.parse_args()
    if compiled.reason is not None:
        print(f"uncompiled: {compiled.reason}", file=sys.stderr)
    print(f"Python {platform.python_version()}, SQLite {apsw.sqlite_lib_version()}")
    for count in options.players:
        rng = random.Random(count)
        print(f"\n| {count:,} players | p50 us | p99 us |\n|---|---|---|")
        keys, players = crowd(rng, count)
        measure("nothing: the clock alone, which is in all that follows", lambda: None, 20_000)
        ours(keys, players, rng)
        search(keys, players, rng)
        if not options.skip_list:
            sorted_list(keys, players, rng)
        if options.skip_store:
            continue
        with tempfile.TemporaryDirectory(prefix=".bench-", dir=".") as made:
            if shutil.which("redis-server"):
                redis(keys, players, rng, Path(made))
            else:
                print("redis-server is not installed: left out", file=sys.stderr)
            sql(keys, players, rng, Path(made))


if __name__ == "__main__":
    main()
