"""What HTTP costs: leaderboard reads and durable posts on one core, beside a bare ASGI hello in the same run.

    python bench/web.py [--seconds 3] [--players 10000] [--clients 32]

Requests are ready bytes on connections that stay open, sent by a process of its own. "A CPU second" is
what one core can do: requests by the CPU time of the serving process. The machine's other work slows
what is done in a second of the wall, not that.
"""

import argparse
import random
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from statistics import median, quantiles

import msgspec
from store import PRIVATE, SERVER_ID, WEB, cpu_of, fill, results

from tremble import token
from tremble.store.engine import Store

BARE = """
import uvicorn
from tremble.web import listen

async def hello(scope, receive, send):
    if scope["type"] == "http":
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"5")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"hello"})

listener = listen.bind("127.0.0.1", 0)
print(f"http://{listen.address(listener)}", flush=True)
config = uvicorn.Config(hello, http="httptools", lifespan="off", log_config=None, access_log=False)
uvicorn.Server(config).run([listener])
"""


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()


def posts(count: int, players: int) -> list[bytes]:
    """Return *count* requests, each with a signed result of so many players."""
    made = []
    for posted in islice(results(random.Random(players), players), count):
        body = msgspec.json.encode(posted)
        head = (
            "POST /v1/server/results HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n{token.SERVER_HEADER}: {SERVER_ID}\r\n"
            f"{token.SIGNATURE_HEADER}: {token.sign(PRIVATE, body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def complete(answer: bytes) -> bool:
    """Say whether a whole answer was received; fails if it is no success."""
    head, gap, body = answer.partition(b"\r\n\r\n")
    if not gap:
        return False
    assert head.startswith(b"HTTP/1.1 20"), answer
    length = next(
        int(line.split(b":")[1])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length")
    )
    return len(body) >= length


def drive(where: str, requests: list[bytes], clients: int, seconds: float) -> list[float]:
    """Send *requests*, over again, on so many connections; return what each answer took.

    Without *seconds* each request is sent once.
    """
    host, port = where.rsplit(":", 1)
    waiting = selectors.DefaultSelector()
    taken: list[float] = []
    queue = iter(requests)
    end = time.perf_counter() + seconds if seconds else float("inf")

    def following() -> bytes | None:
        nonlocal queue
        if time.perf_counter() > end:
            return None
        found = next(queue, None)
        if found is None and seconds:
            queue = iter(requests)
            found = next(queue)
        return found

    for _ in range(clients):
        connection = socket.create_connection((host, int(port)))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        waiting.register(connection, selectors.EVENT_READ, [time.perf_counter(), b""])
        connection.sendall(following() or b"")
    while waiting.get_map():
        for key, _ in waiting.select():
            assert isinstance(key.fileobj, socket.socket)
            key.data[1] += key.fileobj.recv(1 << 18)
            if not complete(key.data[1]):
                continue
            taken.append(time.perf_counter() - key.data[0])
            request = following()
            if request is None:
                waiting.unregister(key.fileobj)
                key.fileobj.close()
            else:
                key.data[:] = [time.perf_counter(), b""]
                key.fileobj.sendall(request)
    return taken


def measure(
    name: str, pid: int, where: str, requests: list[bytes], clients: int, seconds: float
) -> None:
    """Print one line of the table."""
    wall, cpu = time.perf_counter(), cpu_of(pid)
    taken = drive(where, requests, clients, seconds)
    wall, cpu = time.perf_counter() - wall, cpu_of(pid) - cpu
    p99 = quantiles(taken, n=100)[98]
    print(
        f"| {name} | {len(taken) / cpu:,.0f} | {len(taken) / wall:,.0f} "
        f"| {1e3 * median(taken):.2f} | {1e3 * p99:.2f} |",
        flush=True,
    )


def serving(program: str, *arguments: str) -> tuple[subprocess.Popen[str], str]:
    """Start *program*; return it and where it listens."""
    command = [sys.executable, "-c", program, *arguments]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    return started, started.stdout.readline().strip().removeprefix("http://")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--players", type=int, default=10_000, help="on the board that is read")
    parser.add_argument("--clients", type=int, default=32, help="connections")
    options = parser.parse_args()
    print("| what | a CPU second | a second | p50 ms | p99 ms |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=".") as made:
        directory = Path(made)
        keys = directory / "keys" / "servers"
        keys.mkdir(parents=True)
        (keys / f"{SERVER_ID}.pub").write_text(token.public_key(PRIVATE).hex())
        with Store(directory / "tremble.db") as store:
            store.write(fill, random.Random(1), options.players).result()
        bare, at_bare = serving(BARE)
        web, at_web = serving(WEB, str(directory), "")
        load = (options.clients, options.seconds)
        try:
            measure("bare ASGI hello", bare.pid, at_bare, [get("/")], *load)
            top = get("/v1/leaderboards/duel/top?limit=50")
            measure("leaderboard, top 50", web.pid, at_web, [top], *load)
            ranks = [
                get(f"/v1/leaderboards/duel/around/{number:016x}")
                for number in range(0, options.players, max(options.players // 1000, 1))
            ]
            measure("leaderboard, around a player", web.pid, at_web, ranks, *load)
            for players, count in ((2, 3000), (16, 1000)):
                name = f"durable post, {players} players"
                measure(name, web.pid, at_web, posts(count, players), options.clients, 0)
        finally:
            for process in (bare, web):
                process.terminate()
                process.wait(timeout=30)


if __name__ == "__main__":
    main()
