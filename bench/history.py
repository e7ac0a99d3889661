"""What lists of matches, head to head and graphs cost in a record of a million matches.

    python bench/history.py [--matches 1000000] [--played 50000] [--skip-postgresql]

Duels, an hour of play a thousand. One player has *played* many of them, a tenth against one rival, who
as many; a map, a server and a mode are rare. Each line is of the same question asked again and again,
with the file in the cache of the machine. Seeded; prints Markdown tables.
"""

import argparse
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from postgres import Server

from tremble.store import graph, head_to_head, history, seasons
from tremble.store.engine import Store, Transaction
from tremble.store.history import FIRST, LAST, Filter
from tremble.store.sql import Statement, Value, binds, insert
from tremble.store.tables import board, match, match_line, player, player_stats, rating_history

#: Rows written at once.
AT_ONCE = 20_000
PLAYERS = 20_000
START, APART = 1_700_000_000_000_000, 3_600_000
SEASONS = 4
HERO, RIVAL, STRANGER = (f"{n:016x}" for n in range(3))
TABLES = (match, match_line, rating_history)


def made(rng: random.Random, matches: int, played: int) -> Iterator[tuple[Any, Any, Any]]:
    """Yield the rows of each match: its head, its two lines, their two ratings."""
    heavy = rng.sample(range(matches), 2 * played - played // 10)
    of_hero, of_rival = set(heavy[:played]), set(heavy[played - played // 10 :])
    for seq in range(matches):
        ended_at = START + seq * APART
        two = rng.sample(range(2, PLAYERS), 2)
        if seq in of_hero:
            two[0] = 0
        if seq in of_rival:
            two[1] = 1
        ident = f"{rng.getrandbits(128):032x}"
        rare = seq % (matches // 100) == 0
        head = {
            "seq": seq + 1, "id": ident, "server_id": ("9" if rare else "5") * 16,
            "board": "ffa" if rare else "duel", "season": 1 + SEASONS * seq // matches,
            "mode": "ffa" if rare else "duel",
            "map": "attic" if rare else f"map_{rng.randrange(8)}", "started_at": ended_at - 300,
            "ended_at": ended_at, "duration_s": 300.0, "ended_by": "time_limit",
        }  # fmt: skip
        lines = [
            {
                "match_seq": seq + 1, "position": i, "player_id": f"{number:016x}", "name": "name",
                "bot": 0, "place": 1 + i, "won": 1 - i, "score": 9, "kills": 9, "deaths": 9,
                "suicides": 0, "damage_given": 900, "damage_taken": 900, "shots": 99, "hits": 33,
                "weapons": '{"rail":{"shots":99,"hits":33,"damage":900,"kills":9}}',
                "items": '{"mega":2}', "playtime_s": 300.0, "left": 0, "team": 0,
                "ended_at": ended_at, "map": head["map"], "server_id": head["server_id"],
                "board": head["board"], "fair_play": None,
            }
            for i, number in enumerate(two)
        ]  # fmt: skip
        ratings = [
            {
                "board": "duel", "player_id": line["player_id"], "season": head["season"],
                "ended_at": ended_at, "match_id": ident, "rating_before": 1500.0,
                "rating": rng.gauss(1500, 100), "deviation": 60.0, "volatility": 0.06,
            }
            for line in lines
        ]  # fmt: skip
        yield head, lines, ratings


def fill(store: Store, matches: int, played: int) -> None:
    """Write all tables that the questions look at."""
    inserts = [Statement(insert(table).values(binds(list(table.c)))) for table in TABLES]
    store.write(found, matches).result()
    rows: list[list[dict[str, Value]]] = [[], [], []]

    def write(tx: Transaction) -> None:
        for statement, some in zip(inserts, rows, strict=True):
            tx.run_many(statement, some)

    for number, (head, lines, ratings) in enumerate(made(random.Random(1), matches, played), 1):
        rows[0].append(head)
        rows[1] += lines
        rows[2] += ratings
        if number % AT_ONCE == 0 or number == matches:
            store.write(write).result()
            rows = [[], [], []]


def totals(tx: Transaction, played: dict[str, int]) -> None:
    """Write how many matches each of these players has, by which the shorter list is led."""
    row = {column.name: 0 for column in player_stats.c}
    row |= {"board": "duel", "last_match_id": "", "weapons": "{}", "items": "{}", "maps": "{}"}
    tx.run_many(
        Statement(insert(player_stats).values(binds(list(player_stats.c)))),
        [row | {"player_id": name, "matches": count} for name, count in played.items()],
    )


def found(tx: Transaction, matches: int) -> None:
    """Write the players, the board and the seasons."""
    names = [f"{number:016x}" for number in range(PLAYERS)]
    values = dict.fromkeys(("bot", "first_seen_at", "last_seen_at", "changed"), 0)
    tx.run_many(
        Statement(insert(player).values(binds(list(player.c)))),
        [{"id": name, "name": name, **values} for name in names],
    )
    line = {"name": "duel", "field": "rating", "operator": "last", "source": None, "map": None}
    tx.run(Statement(insert(board).values(binds(list(board.c)))), **line)
    for begun in range(1, SEASONS):
        seasons.begin(tx, START + begun * matches // SEASONS * APART)


def ask(store: Store, name: str, question: Callable[[Transaction], object], times: int) -> None:
    """Print p50 and p99 of *question*, in milliseconds, and its CPU here."""
    store.read(question)
    taken, cpu = [], time.process_time()
    for _ in range(times):
        since = time.perf_counter()
        store.read(question)
        taken.append((time.perf_counter() - since) * 1e3)
    cpu = (time.process_time() - cpu) * 1e3 / times
    print(f"| {name} | {median(taken):,.2f} | {quantiles(taken, n=100)[98]:,.2f} | {cpu:,.2f} |")


def measure(
    title: str, place: Path | str, matches: int, played: int, server: Server | None = None
) -> None:
    """Fill a store at *place* and ask it everything."""
    print(f"\n{title}\n\n| question | p50 ms | p99 ms | CPU ms |\n|---|--:|--:|--:|", flush=True)
    half = START + matches // 2 * APART
    lists = {
        "newest": Filter(),
        "of the map that is rare": Filter(map="attic"),
        "of the server that is rare": Filter(server="9" * 16),
        "of season 1": Filter(season=1),
        "of a board, before the middle": Filter(board="duel", until=half),
        "of the player": Filter(HERO),
        "of the player, before the middle": Filter(HERO, until=half),
        "of the player, on a map": Filter(HERO, map="map_3"),
        "of the player, on the map that is rare": Filter(HERO, map="attic"),
        "of the player, on the server that is rare": Filter(HERO, server="9" * 16),
        "of the player, of the mode": Filter(HERO, mode="duel"),
        "of the player, of the mode that is rare": Filter(HERO, mode="ffa"),
        "of the player, of a mode that never was": Filter(HERO, mode="ctf"),
        "of the player, against the rival, on the map that is rare": Filter(
            HERO, RIVAL, map="attic"
        ),
        "of the player, on a map where never": Filter(HERO, map="nowhere"),
        "of the player, against the rival": Filter(HERO, RIVAL),
        "of the player, against a stranger": Filter(HERO, STRANGER),
        "of the stranger, against the player": Filter(STRANGER, HERO),
    }
    with Store(place) as store:
        fill(store, matches, played)
        less = {RIVAL: played, STRANGER: 2 * matches // PLAYERS}
        store.write(totals, {HERO: played, **less}).result()
        if server is not None:
            server.execute(str(place), "VACUUM ANALYZE")  # as it does by itself after some minutes
        for name, wanted in lists.items():
            ask(store, f"20 matches {name}", lambda tx, w=wanted: history.page(tx, w, 20), 50)
        for name, other in (("the rival", RIVAL), ("a stranger", STRANGER)):
            ask(
                store,
                f"head to head with {name}",
                lambda tx, o=other: head_to_head.between(tx, HERO, o),
                20,
            )
        ask(
            store,
            f"rating graph, 400 points of {played:,}",
            lambda tx: graph.read(tx, "duel", HERO, FIRST[0], LAST[0], 400),
            20,
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--matches", type=int, default=1_000_000)
    parser.add_argument("--played", type=int, default=50_000)
    parser.add_argument("--skip-postgresql", action="store_true")
    options = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory) / "tremble.db"
        measure("SQLite", place, options.matches, options.played)
        if options.skip_postgresql:
            return
        server = Server()
        try:
            sizes = (options.matches, options.played)
            measure("PostgreSQL, Unix socket", server.empty(), *sizes, server)
        finally:
            server.close()


if __name__ == "__main__":
    main()
