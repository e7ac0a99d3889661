"""What open dashboards cost: `python bench/dashboard.py [PAGES]`. Prints a Markdown table.

`tremble up` with eight bots in one arena; so many pages look at the overview, then at the arena, each over a
connection of its own as browsers do. CPU is that of the web process and of the game worker, from /proc; ticks
are those of the worker's own histogram. Medians of ROUNDS rounds, in which each is measured in turn.
"""

import http.client
import re
import selectors
import signal
import socket
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic, process_time_ns, sleep
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import msgspec

from tremble import log, maps
from tremble.local import ConsoleLink
from tremble.look import Numbers
from tremble.match.match import MatchSettings
from tremble.metrics import Distribution, Family
from tremble.server import watch

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from memory import Game

SETTLE_S, SPAN_S, ROUNDS = 3.0, 10.0, 3
BOTS = 8
CLOCK_S = 0.01


def start(directory: Path) -> tuple[subprocess.Popen[str], str, str]:
    """Start Tremble; return it, its address, and the first operator's password."""
    command = [sys.executable, "-m", "tremble", "up", "--dir", str(directory), "--port", "0"]
    command += ["--http", "127.0.0.1:0", "--bots", str(BOTS), "--set", "server.bind=127.0.0.1"]
    command += ["--set", "server.gamemode=ffa", "--set", "match.frag_limit=0"]
    with (directory / "errors.txt").open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert process.stdout is not None
    url = process.stdout.readline().split("web ")[1].strip()
    found = re.search(r"password (\S+)", (directory / "errors.txt").read_text())
    assert found is not None
    return process, urlsplit(url).netloc, found[1]


def sign_in(where: str, password: str) -> str:
    """Return the cookie of a session."""
    connection = http.client.HTTPConnection(where)
    form = urlencode({"name": "admin", "password": password})
    kind = {"content-type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/dashboard/login", form, kind)
    answer = connection.getresponse()
    cookie = answer.headers["set-cookie"].partition(";")[0]
    connection.close()
    return cookie


def child(parent: int, module: str) -> int:
    """Return the pid of the child of *parent* that runs *module*."""
    for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        if module.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
            return int(pid)
    raise SystemExit(f"no child {module}")


def cpu(pid: int) -> float:
    """Return the CPU seconds that *pid* has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * CLOCK_S


def ticks(directory: Path) -> Distribution:
    """Return the lengths of all ticks so far."""
    with ConsoleLink(directory) as link:
        families = msgspec.convert(link.show("metrics"), list[Family])
    found = Numbers(families).distribution("tremble_tick_seconds")
    assert found is not None
    return found


class Pages:
    """Open pages: streams that are read to nowhere, and their bytes counted."""

    def __init__(self, where: str, cookie: str, count: int, query: str) -> None:
        self.selector = selectors.DefaultSelector()
        self.bytes = 0
        host, _, port = where.partition(":")
        text = f"GET /dashboard/live{query} HTTP/1.1\r\nHost: {where}\r\nCookie: {cookie}\r\n\r\n"
        for _ in range(count):
            page = socket.create_connection((host, int(port)))
            page.sendall(text.encode())
            self.selector.register(page, selectors.EVENT_READ)

    def read(self, seconds: float) -> None:
        """Read what comes for so long."""
        end = monotonic() + seconds
        while (rest := end - monotonic()) > 0:
            if not self.selector.get_map():
                sleep(rest)
                return
            for key, _ in self.selector.select(rest):
                self.bytes += len(key.fileobj.recv(1 << 16))  # type: ignore[union-attr]

    def close(self) -> None:
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self.selector.close()


class Figures(NamedTuple):
    """CPU in per cent of a core, ticks in ms, and what the pages were sent."""

    web: float
    game: float
    tick_p50: float
    tick_p99: float
    kilobytes_a_s: float


def measured(directory: Path, pids: tuple[int, int], pages: Pages) -> Figures:
    """Measure while *pages* are open, and close them."""
    pages.read(SETTLE_S)
    pages.bytes = 0
    before, old = [cpu(pid) for pid in pids], ticks(directory)
    pages.read(SPAN_S)
    web, game = [100 * (cpu(pid) - was) / SPAN_S for pid, was in zip(pids, before, strict=True)]
    lengths = ticks(directory).less(old)
    pages.close()
    times = [1000 * lengths.quantile(share) for share in (0.5, 0.99)]
    return Figures(web, game, *times, pages.bytes / SPAN_S / 1000)


def frame_cost() -> tuple[float, float, int]:
    """Return what a frame of an arena with BOTS players costs: us in the loop, us beside it, bytes."""
    game = Game(maps.load("arena_01", Path()), "ffa", MatchSettings(frag_limit=0))
    for number in range(BOTS):
        game.client(f"player {number}")
    game.tick(300)
    taken: list[float] = []
    found: list[float] = []
    for _ in range(50):
        began = process_time_ns()
        for _ in range(100):
            still = watch.Still(game.arena)
        taken.append((process_time_ns() - began) / 100_000)
        began = process_time_ns()
        for _ in range(100):
            frame = msgspec.json.encode(watch.told(still))
        found.append((process_time_ns() - began) / 100_000)
    return median(taken), median(found), len(frame)


def main() -> None:
    log.configure()  # to standard error
    taken, cost, size = frame_cost()
    told = f"{taken:.0f} us of CPU in the loop, {cost:.0f} in the desk's thread, {size} bytes"
    print(f"One frame of {BOTS} players: {told}.\n", flush=True)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    looks = [("nobody looks", 0, ""), (f"{count} overviews", count, "")]
    looks += [("1 arena", 1, "?arena=0"), (f"{count} arenas", count, "?arena=0")]
    found: dict[str, list[Figures]] = {what: [] for what, _, _ in looks}
    with TemporaryDirectory() as made:
        directory = Path(made)
        process, where, password = start(directory)
        try:
            cookie = sign_in(where, password)
            pids = (child(process.pid, "tremble.web"), child(process.pid, "tremble.server"))
            for _ in range(ROUNDS):
                for what, number, query in looks:
                    pages = Pages(where, cookie, number, query)
                    found[what].append(measured(directory, pids, pages))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    print("| open | web, % of a core | game, % | tick p50 ms | p99 | kB a second |")
    print("|---|--:|--:|--:|--:|--:|")
    for what, rounds in found.items():
        web, game, p50, p99, sent = [median(column) for column in zip(*rounds, strict=True)]
        print(f"| {what} | {web:.1f} | {game:.1f} | {p50:.2f} | {p99:.2f} | {sent:.0f} |")


if __name__ == "__main__":
    main()
