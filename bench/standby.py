"""What a crash of the game worker costs its players: `python bench/standby.py [--kills 20]`. Markdown.

`tremble up` on loopback with 16 clients in one arena. The worker is killed again and again; the gap is the
longest time without a snapshot that any client has around a kill. What standby and checkpoints cost is the
worker's CPU time (user and system) with `server.standby` on and off, in turns, the median of each.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from itertools import pairwise
from pathlib import Path

from load_client import LoadClient

CLIENTS = 16
SETTINGS = (
    "server.gamemode=ffa", "server.map=arena_01", "server.bind=127.0.0.1", "server.lan=false",
    "server.rate_limit_requests=false", "match.time_limit_s=3600", "match.frag_limit=0",
    "match.warmup_s=0", "match.countdown_s=0", "server.max_connections_per_ip=64",
)  # fmt: skip


class Watcher(LoadClient):
    """A client that notes when each newer snapshot came."""

    def __init__(self, number: int, port: int, now: float) -> None:
        super().__init__(number, port, now)
        self.seen: list[float] = []

    def hear(self, data: bytes) -> None:
        before = self.snapshot
        super().hear(data)
        if self.snapshot > before:
            self.seen.append(time.monotonic())


class Crowd:
    """All clients, on a thread of their own."""

    def __init__(self, port: int) -> None:
        self.clients = [Watcher(i, port, time.monotonic()) for i in range(CLIENTS)]
        self.stopping = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        due = time.monotonic()
        while not self.stopping:
            now = time.monotonic()
            for client in self.clients:
                client.receive(now)
            if now >= due:
                due = max(due + 1 / 60, now)
                for client in self.clients:
                    client.send(now)
            time.sleep(0.001)

    def gap(self, then: float) -> float:
        """The longest time without a newer snapshot around *then*, of any client."""
        worst = 0.0
        for client in self.clients:
            near = [t for t in client.seen if then - 0.2 < t < then + 1.5]
            worst = max([worst, *(b - a for a, b in pairwise(near))])
        return worst


class Up:
    """`tremble up` with *more* settings."""

    def __init__(self, directory: str, *more: str) -> None:
        self.directory = directory
        command = [sys.executable, "-m", "tremble", "up", "--dir", directory, "--port", "0"]
        command += ["--http", "127.0.0.1:0"]
        for text in (*SETTINGS, *more):
            command += ["--set", text]
        self.log = Path(directory, "stderr.txt").open("wb")  # noqa: SIM115  closed in stop()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        self.port = int(line.split("port ")[1].split(",")[0])
        self.url = line.split("web ")[1].strip()

    def worker(self) -> int:
        """The oldest process of the game worker."""
        task = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        for pid in task.read_text().split():
            if b"tremble.server" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                return int(pid)
        raise RuntimeError("no game worker")

    def count(self, event: str) -> int:
        return Path(self.directory, "stderr.txt").read_text().count(f'"event": "{event}"')

    def wait_for(self, event: str, count: int) -> None:
        while self.count(event) < count:
            time.sleep(0.02)

    def checkpoints(self) -> tuple[float, int]:
        """Mean seconds and last bytes of its checkpoints."""
        with urllib.request.urlopen(f"{self.url}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        told = dict(line.rsplit(" ", 1) for line in lines if line.startswith("tremble_checkpoint"))
        made = float(told["tremble_checkpoint_seconds_count"])
        spent = float(told["tremble_checkpoint_seconds_sum"])
        return spent / max(1.0, made), int(float(told["tremble_checkpoint_bytes"]))

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self.log.close()


def cpu_s(pid: int) -> float:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def cost(standby: bool, seconds: float) -> float:
    """Microseconds of CPU that the worker spends for a tick of a player."""
    with tempfile.TemporaryDirectory() as directory:
        up = Up(directory, f"server.standby={str(standby).lower()}")
        crowd = Crowd(up.port)
        try:
            time.sleep(4.0)
            pid, before, began = up.worker(), cpu_s(up.worker()), time.monotonic()
            time.sleep(seconds)
            spent = cpu_s(pid) - before
            ticks = (time.monotonic() - began) * 60 * CLIENTS
        finally:
            crowd.stopping = True
            up.stop()
    return spent / ticks * 1e6


def gaps(kills: int) -> tuple[list[float], float, int, int]:
    """Gaps in ms, mean seconds and bytes of a checkpoint, and how many clients were lost."""
    with tempfile.TemporaryDirectory() as directory:
        up = Up(directory)
        crowd = Crowd(up.port)
        try:
            up.wait_for("joined", CLIENTS)
            found = []
            for number in range(1, kills + 1):
                up.wait_for("standby ready", number)
                time.sleep(2.5 + 0.037 * number)  # not in step with the checkpoints
                killed = time.monotonic()
                os.kill(up.worker(), signal.SIGKILL)
                up.wait_for("took over", number)
                time.sleep(1.6)
                found.append(crowd.gap(killed) * 1000)
            seconds, size = up.checkpoints()
            lost = up.count("joined") - CLIENTS + up.count("left")
        finally:
            crowd.stopping = True
            up.stop()
    return found, seconds, size, lost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=8.0)
    arguments = parser.parse_args()
    found, seconds, size, lost = gaps(arguments.kills)
    rounds = [(cost(False, arguments.seconds), cost(True, arguments.seconds)) for _ in range(3)]
    off, on = (statistics.median(column) for column in zip(*rounds, strict=True))
    found.sort()
    print("| kills | gap p50 ms | max ms | clients lost | checkpoint ms | bytes "
          "| us per player-tick without | with |")  # fmt: skip
    print("|--:|--:|--:|--:|--:|--:|--:|--:|")
    print(
        f"| {len(found)} | {found[len(found) // 2]:.0f} | {found[-1]:.0f} | {lost} "
        f"| {seconds * 1000:.2f} | {size} | {off:.1f} | {on:.1f} |"
    )
    print(json.dumps({"gaps_ms": [round(gap, 1) for gap in found]}), file=sys.stderr)


if __name__ == "__main__":
    main()
