"""What the record costs: durable posts a second, posts over HTTP, reading a leaderboard.

    python bench/store.py [--seconds 3] [--players 100000]

Every post counted is on the disk: one fsync for each group of jobs that waited together. The
PostgreSQL server is one of its own, made for this in a temporary directory. Seeded; prints Markdown
tables. CPU is of the process that is measured.
"""

import argparse
import os
import platform
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles

import apsw
import msgspec

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from postgres import Server

from tremble import ledger, token
from tremble.process import collect_rarely
from tremble.result import MatchResult, PlayerLine, WeaponLine
from tremble.store import (
    accounts,
    board_entries,
    boards,
    instant,
    map_boards,
    matches,
    players,
    sign_ins,
)
from tremble.store.accounts import Account
from tremble.store.boards import Standing
from tremble.store.engine import Store, Transaction
from tremble.store.sign_ins import Pair

START = datetime(2026, 1, 1, tzinfo=UTC)
PRIVATE = bytes(range(32))
SERVER_ID = token.server_id(token.public_key(PRIVATE))
WEAPONS = ("rail", "rocket", "lightning", "plasma", "grenade", "shotgun", "nail", "gauntlet")
CREW = 10_000
WEB = """
import sys
from pathlib import Path
from tremble.web import listen
from tremble.web.serve import run
run(
    listen.bind("127.0.0.1", 0),
    Path(sys.argv[1]),
    lambda url: print(url, flush=True),
    sys.argv[2],
)
"""


def results(rng: random.Random, count: int) -> Iterator[MatchResult]:
    """Yield results of *count* players each, out of CREW, one minute after another."""
    at = START
    while True:
        at += timedelta(minutes=1)
        lines = [
            line(rng, number, i + 1) for i, number in enumerate(rng.sample(range(CREW), count))
        ]
        yield MatchResult(
            match_id=f"{rng.getrandbits(128):032x}",
            server_id=SERVER_ID,
            mode="duel" if count == 2 else "ffa",
            map="pit",
            started_at=at,
            ended_at=at + timedelta(minutes=5),
            duration_s=300.0,
            ended_by="time_limit",
            players=lines,
        )


def line(rng: random.Random, number: int, place: int) -> PlayerLine:
    weapons = {
        name: WeaponLine(shots=rng.randint(0, 200), hits=rng.randint(0, 100)) for name in WEAPONS
    }
    return PlayerLine(
        player_id=f"{number:016x}",
        name=f"player {number}",
        bot=False,
        place=place,
        won=place == 1,
        score=20 - place,
        kills=20 - place,
        deaths=10,
        weapons=weapons,
        items={"mega": 3, "red_armor": 4},
        playtime_s=300.0,
    )


def row(name: str, taken: list[float], wall: float, cpu: float) -> str:
    """Return one line of the table: *taken* are the seconds of each operation."""
    p99 = quantiles(taken, n=100)[98]
    return (
        f"| {name} | {len(taken) / wall:,.0f} | {1e6 * cpu / len(taken):,.0f} "
        f"| {1e3 * median(taken):.2f} | {1e3 * p99:.2f} |"
    )


def post_in_groups(store: Store, posts: Iterator[MatchResult], size: int, seconds: float) -> str:
    """Keep *size* results waiting at the writer, the next when the oldest is on the disk."""
    waiting: list[tuple[float, Future[bool]]] = []
    taken: list[float] = []
    wall, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() - wall < seconds:
        posted = next(posts)
        waiting.append((time.perf_counter(), store.write_batch(ledger.record_all, posted)))
        if len(waiting) >= size:
            since, future = waiting.pop(0)
            assert future.result()
            taken.append(time.perf_counter() - since)
    for since, future in waiting:
        assert future.result()
        taken.append(time.perf_counter() - since)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    count = len(posted.players)
    return row(f"post, {count} players, {size} waiting", taken, wall, cpu)


def sign_up(tx: Transaction, name: str, now: int) -> str:
    """Make an account as a registration does, its password hashed before, and sign in to it."""
    player_id = token.new_id(8)
    new = Account(player_id, None, name, "no hash", instant.from_store(now))
    assert accounts.create(tx, new) is None
    sign_in(tx, name, now)
    return player_id


def sign_in(tx: Transaction, name: str, now: int) -> None:
    """Look the account up and begin a sign-in, as a login does when the password was right."""
    found = accounts.by_username(tx, name)
    assert found is not None
    ident = token.new_id(16)
    digests = [token.digest(token.new_token(kind, ident)) for kind in (token.ACCESS, token.REFRESH)]
    sign_ins.begin(tx, ident, found.player_id, Pair(*digests), now)


def accounts_in_groups(
    what: str, store: Store, job: Callable[..., object], names: list[str], size: int
) -> str:
    """Run *job* for each of *names*, with *size* of them waiting at the writer."""
    waiting: list[tuple[float, Future[object]]] = []
    taken: list[float] = []
    wall, cpu = time.perf_counter(), time.process_time()
    for number, name in enumerate(names):
        now = 1_780_000_000_000_000 + number
        waiting.append((time.perf_counter(), store.write(job, name, now)))
        if len(waiting) >= size or number == len(names) - 1:
            since, future = waiting.pop(0)
            future.result()
            taken.append(time.perf_counter() - since)
    for since, future in waiting:
        future.result()
        taken.append(time.perf_counter() - since)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return row(f"{what} without hashing, {size} waiting", taken, wall, cpu)


def read(name: str, job: Callable[[], object], seconds: float) -> str:
    taken: list[float] = []
    wall, cpu = time.perf_counter(), time.process_time()
    while (now := time.perf_counter()) - wall < seconds:
        job()
        taken.append(time.perf_counter() - now)
    return row(name, taken, time.perf_counter() - wall, time.process_time() - cpu)


def fill(tx: Transaction, rng: random.Random, count: int) -> None:
    """Put *count* players on the board `duel`."""
    one = next(results(rng, 2))
    players.see(tx, [one])
    [posted] = matches.insert_all(tx, [one])
    boards.touch(tx, "duel", 1, 0)
    for first in range(0, count, 1000):
        crowd = [line(rng, n, n % 64 + 1) for n in range(first, min(first + 1000, count))]
        players.see(tx, [msgspec.structs.replace(one, players=crowd)])
        boards.put(tx, "duel", 1, [standing(rng, who.player_id, posted.seq) for who in crowd])


def standing(rng: random.Random, player_id: str, seq: int) -> Standing:
    return Standing(
        player_id=player_id,
        rating=rng.gauss(1500, 300),
        deviation=60.0,
        volatility=0.06,
        matches=1,
        wins=0,
        losses=1,
        draws=0,
        kills=5,
        deaths=9,
        shots=100,
        hits=40,
        last_match_seq=seq,
        last_played_at=0,
    )


def post_over_http(directory: Path, url: str, clients: int, seconds: float) -> str:
    """Post signed 2-player results from *clients* threads to a web process of its own."""
    keys = directory / "keys" / "servers"
    keys.mkdir(parents=True)
    (keys / f"{SERVER_ID}.pub").write_text(token.public_key(PRIVATE).hex())
    command = [sys.executable, "-c", WEB, str(directory), url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as web:
        assert web.stdout is not None
        where = web.stdout.readline().strip().removeprefix("http://")
        taken: list[float] = []
        before, wall = cpu_of(web.pid), time.perf_counter()
        threads = [
            threading.Thread(target=post_until, args=(where, i, wall + seconds, taken))
            for i in range(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wall, cpu = time.perf_counter() - wall, cpu_of(web.pid) - before
        web.terminate()
    return row(f"POST over HTTP, 2 players, {clients} clients", taken, wall, cpu)


def post_until(where: str, seed: int, end: float, taken: list[float]) -> None:
    connection = HTTPConnection(where)
    for posted in results(random.Random(seed), 2):
        body = msgspec.json.encode(posted)
        headers = {
            token.SERVER_HEADER: SERVER_ID,
            token.SIGNATURE_HEADER: token.sign(PRIVATE, body),
        }
        since = time.perf_counter()
        if since > end:
            break
        connection.request("POST", "/v1/server/results", body, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 201
        taken.append(time.perf_counter() - since)
    connection.close()


def cpu_of(pid: int) -> float:
    """Return the CPU seconds that process *pid* has used (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--players", type=int, default=100_000, help="on the board that is read")
    options = parser.parse_args()
    collect_rarely()  # as the web process does
    print(
        f"Python {platform.python_version()}, SQLite {apsw.sqlite_lib_version()}, "
        f"{os.cpu_count()} cores, fsync at each commit"
    )
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=".") as made:
        directory = Path(made)
        places = iter(directory / f"{number}.db" for number in range(10))
        measure("SQLite, WAL, synchronous=FULL", lambda: next(places), directory / "a", options)
        server = Server()
        try:
            title = "PostgreSQL, Unix socket, CPU without the server's"
            measure(title, server.empty, directory / "b", options)
        finally:
            server.close()


def measure(
    title: str, fresh: Callable[[], Path | str], directory: Path, options: argparse.Namespace
) -> None:
    """Print the table of one database, whose places for stores *fresh* makes."""
    rng = random.Random(1)
    print(f"\n{title}\n")
    print("| what | a second | CPU us each | p50 ms | p99 ms |\n|---|---|---|---|---|")
    for count, size in ((2, 1), (2, 64), (2, 256), (16, 1), (16, 64)):
        # A store of its own: results older than those that are there would be rated as late ones.
        with Store(fresh()) as store:
            print(post_in_groups(store, results(rng, count), size, options.seconds), flush=True)
    for count in (2, 16):
        with Store(fresh()) as store:
            store.write(map_boards.keep, True).result()
            found = post_in_groups(store, results(rng, count), 64, options.seconds)
            print(found.replace(" waiting", " waiting, boards of maps"), flush=True)
    with Store(fresh()) as store:
        names = [f"user{number}" for number in range(2000)]
        print(accounts_in_groups("registration", store, sign_up, names, 64), flush=True)
        print(accounts_in_groups("login", store, sign_in, names, 64), flush=True)
    with Store(fresh()) as store:
        store.write(fill, rng, options.players).result()
        crowd = f"of {options.players:,}"
        top = read(
            f"top 50 {crowd}", lambda: store.read(board_entries.top, "duel", 50), options.seconds
        )
        print(top, flush=True)
        ids = [f"{rng.randrange(options.players):016x}" for _ in range(1000)]
        rank = read(
            f"rank of a player {crowd}",
            lambda: store.read(board_entries.of_player, rng.choice(ids)),
            options.seconds,
        )
        print(rank, flush=True)
    place = fresh()
    url = place if isinstance(place, str) else ""
    print(post_over_http(directory, url, 16, options.seconds), flush=True)


if __name__ == "__main__":
    main()
