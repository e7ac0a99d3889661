"""What ratings cost: rebuilding a board of many matches, a late result, voiding a player.

    python bench/ratings.py [--matches 1000000] [--players 20000]

Duels of players who meet others near them in skill, 200 an hour, so pairs meet again. The log is
written straight into the tables; the first rebuild makes all ratings, the second finds none wrong.
Seeded; prints a Markdown table. One process, one thread at work at a time.
"""

import argparse
import platform
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw

from tremble import ledger
from tremble.result import MatchResult, PlayerLine
from tremble.store import instant, ratings, rebuild, voids
from tremble.store.engine import Store

START = datetime(2026, 1, 1, tzinfo=UTC)
APART = timedelta(seconds=18)


def fill(path: Path, rng: random.Random, matches: int, players: int) -> None:
    """Write *matches* duels and who played them into the store at *path*, without ratings."""
    connection = apsw.Connection(str(path))
    with connection:
        connection.executemany(
            "INSERT INTO player VALUES (?, ?, 0, 0, 0, 0)",
            ((f"{n:016x}", f"player {n}") for n in range(players)),
        )
        connection.execute(
            "INSERT INTO board (name, field, operator) VALUES ('duel', 'rating', 'last')"
        )
        connection.execute(
            "INSERT INTO board_season VALUES ('duel', 1, 0, ?, 0, ?)",
            (matches, instant.to_store(START + matches * APART)),
        )
        connection.executemany(
            "INSERT INTO match VALUES "
            "(?, ?, '5555555555555555', 'duel', 1, 'duel', 'pit', ?, ?, 300.0, 'time_limit')",
            heads(rng, matches),
        )
        connection.executemany(
            "INSERT INTO match_line (match_seq, position, player_id, name, bot, place, won, score, "
            "kills, deaths, suicides, damage_given, damage_taken, shots, hits, weapons, items, "
            "playtime_s, left, ended_at) "
            "VALUES (?, ?, ?, 'name', 0, ?, ?, 9, 9, 9, 0, 900, 900, 99, 33, '{}', '{}', 300.0, 0, ?)",
            lines(rng, matches, players),
        )
    connection.close()


def heads(rng: random.Random, matches: int) -> Iterator[tuple[object, ...]]:
    at = instant.to_store(START)
    for seq in range(1, matches + 1):
        at += instant.to_store(START + APART) - instant.to_store(START)
        yield seq, f"{rng.getrandbits(128):032x}", at - 300_000_000, at


def lines(rng: random.Random, matches: int, players: int) -> Iterator[tuple[object, ...]]:
    at = instant.to_store(START)
    for seq in range(1, matches + 1):
        at += instant.to_store(START + APART) - instant.to_store(START)
        one = rng.randrange(players)
        other = (one + rng.randint(1, 50)) % players
        for position, number in enumerate((one, other)):
            yield seq, position, f"{number:016x}", position + 1, int(position == 0), at


def late(number: int, matches: int, hours: float) -> MatchResult:
    """Return a duel that ended *hours* before the last one."""
    ended = START + matches * APART - timedelta(hours=hours)
    return MatchResult(
        match_id=f"{number:032x}",
        server_id="5" * 16,
        mode="duel",
        map="pit",
        started_at=ended - timedelta(minutes=5),
        ended_at=ended,
        duration_s=300.0,
        ended_by="time_limit",
        players=[PlayerLine(f"{n:016x}", f"player {n}", False, n, n == 1, 10 - n) for n in (1, 2)],
    )


def timed(what: str, job: Callable[[], object]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    found = job()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"| {what} | {wall:.2f} | {cpu:.2f} | {found} |", flush=True)


def settle(store: Store) -> str:
    """Rate again whatever is due; say how many matches that were."""
    total = 0
    while done := store.write(ratings.settle, 1000).result():
        total += done
    return f"{total:,} rated again"


def void_player(store: Store, player_id: str) -> str:
    ids = store.read(voids.to_void, player_id, 0)
    for ident in ids:
        store.write(voids.void, ident, player_id, 0).result()
    return f"{len(ids)} matches void"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--matches", type=int, default=1_000_000)
    parser.add_argument("--players", type=int, default=20_000)
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, SQLite {apsw.sqlite_lib_version()}\n")
    print("| what | seconds | of CPU | |\n|---|---|---|---|")

    def nothing() -> None:
        """Called after each match."""

    with tempfile.TemporaryDirectory(prefix=".bench-", dir=".") as made:
        path = Path(made) / "tremble.db"
        Store(path).close()
        fill(path, random.Random(1), options.matches, options.players)
        with Store(path) as store:

            def make() -> rebuild.Rebuilt:
                return store.write(rebuild.rebuild, "duel", True, nothing).result()

            def check() -> rebuild.Rebuilt:
                return store.read(rebuild.rebuild, "duel", False, nothing)

            timed(f"rebuild of {options.matches:,} matches, from nothing", make)
            timed(f"check of {options.matches:,} matches", check)
            timed("a result in order", lambda: ledger.post(store, late(1, options.matches, -1)))
            for number, hours in enumerate((1, 24, 24 * 7), 2):
                posted = late(number, options.matches, hours)
                timed(f"a result {hours} h late", lambda r=posted: ledger.post(store, r))
                timed("what follows from it", lambda: settle(store))
            timed("void a player", lambda: void_player(store, f"{5:016x}"))
            timed("what follows from it", lambda: settle(store))


if __name__ == "__main__":
    main()
