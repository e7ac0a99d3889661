"""What a game server costs: `python bench/server.py [--seconds 10]`. Prints a Markdown table.

A real worker process on loopback, its clients in another process; CPU is the server's own (user and
system, from /proc), so the kernel's UDP work is in it. An empty server is watched as well.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
HZ = os.sysconf("SC_CLK_TCK")


class Worker:
    """A game worker of *arenas* free-for-all arenas in a directory of its own."""

    def __init__(self, directory: str, arenas: int) -> None:
        options = {
            "directory": directory, "name": "bench", "bind": "127.0.0.1", "port": 0, "mode": "ffa",
            "map": "arena_01", "arenas": arenas, "max_players": 16 * arenas, "per_address": 999,
            "public": False, "lan": False, "url": "", "rate_limit": False,
            "match": {
                "time_limit_s": 3600, "frag_limit": 0, "warmup_s": 0, "countdown_s": 0,
                "overtime_s": 60, "intermission_s": 1,
            },
        }  # fmt: skip
        started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tremble.server", json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self.process.stdout is not None
        self.port = json.loads(self.process.stdout.readline())["port"]
        self.ready_s = time.monotonic() - started
        os.set_blocking(self.process.stdout.fileno(), False)

    def cpu_s(self) -> float:
        """CPU seconds used so far, user and system; from the scheduler, in nanoseconds."""
        total = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def memory_mb(self) -> float:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.partition("VmRSS:")[2].split()[0]) / 1024

    def last_status(self) -> dict:
        """The newest status report on its standard output."""
        assert self.process.stdout is not None
        lines = (self.process.stdout.read() or b"").splitlines()
        # A pipe holds 64 kB: the last line may be the start of one.
        reports = [json.loads(line) for line in lines if line[:1] + line[-1:] == b"{}"]
        return next((r for r in reversed(reports) if r["event"] == "status"), {})

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


def loaded(arenas: int, clients: int, seconds: float) -> str:
    """One row: *clients* in *arenas* for *seconds*."""
    with tempfile.TemporaryDirectory() as directory:
        worker = Worker(directory, arenas)
        try:
            command = [sys.executable, str(HERE / "load_client.py")]
            load = subprocess.Popen(
                [*command, str(worker.port), str(clients), str(seconds)], stdout=subprocess.PIPE
            )
            time.sleep(3.5)
            began, before = time.monotonic(), worker.cpu_s()
            time.sleep(seconds - 1.0)
            spent, lasted = worker.cpu_s() - before, time.monotonic() - began
            status, memory = worker.last_status(), worker.memory_mb()
            report = json.loads(load.communicate()[0])
        finally:
            worker.stop()
    ticks = clients * 60 * lasted
    return (
        f"| {arenas} x {clients // arenas} | {report['joined']} | {spent / ticks * 1e6:.1f} "
        f"| {spent / lasted:.1%} | {status['tick_p50_ms']:.2f} | {status['tick_p99_ms']:.2f} "
        f"| {status['late_ticks']} | {report['snapshots_per_s']:.1f} "
        f"| {report['bytes_in_per_s']:.0f} | {report['bytes_out_per_s']:.0f} | {memory:.0f} |"
    )


def empty(seconds: float) -> str:
    """One line about a server that nobody is on."""
    with tempfile.TemporaryDirectory() as directory:
        worker = Worker(directory, 1)
        try:
            time.sleep(1.0)
            before = worker.cpu_s()
            time.sleep(seconds)
            share = (worker.cpu_s() - before) / seconds
            memory = worker.memory_mb()
        finally:
            worker.stop()
    return (
        f"Empty: ready {worker.ready_s:.2f} s after the start, {share:.4%} of a core, "
        f"{memory:.0f} MB."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    seconds = parser.parse_args().seconds
    print("| arenas x players | joined | us per player-tick | of a core | tick p50 ms | p99 ms "
          "| late ticks | snapshots/s each | bytes/s down | bytes/s up | MB |")  # fmt: skip
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for arenas in (1, 4, 16):
        print(loaded(arenas, 16 * arenas, seconds), flush=True)
    print()
    print(empty(seconds), flush=True)


if __name__ == "__main__":
    main()
