"""Real processes of Tremble for the end-to-end tests, each ended by its own pid."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import stores
from rooms import box, entity

#: Longer than anything takes on a busy machine of two cores.
PATIENCE = 60.0
QUICK = (
    "server.map=pit", "match.frag_limit=1", "match.time_limit_s=30", "match.warmup_s=0.2",
    "match.countdown_s=0.2", "match.overtime_s=2", "match.intermission_s=0.5",
    "server.standby=false",
)  # fmt: skip


def wait_until(true: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Return the first value of true() that is not false; fail after *patience* seconds."""
    end = monotonic() + patience
    while True:
        found = true()
        if found:
            return found
        assert monotonic() < end, f"waited {patience:.0f} s for {what}"
        sleep(0.05)


def get(url: str) -> Any:
    """Return the JSON at *url*; None if there is no good answer."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return json.loads(answer.read())
    except (urllib.error.URLError, OSError, ValueError):
        return None


def write_pit(directory: Path) -> None:
    """Put a map into *directory* in which nobody can hide: one closed room, matches are short."""
    walls = [
        box((-512, -512, -16), (512, 512, 0)),
        box((-512, -512, 256), (512, 512, 272)),
        box((-528, -512, 0), (-512, 512, 256)),
        box((512, -512, 0), (528, 512, 256)),
        box((-512, -528, 0), (512, -512, 256)),
        box((-512, 512, 0), (512, 528, 256)),
    ]
    places = ["-400 -400 24", "400 400 24", "-400 400 24", "400 -400 24"]
    things = [entity("info_player_deathmatch", origin=place) for place in places]
    things += [entity("weapon_rocketlauncher", origin="0 0 24")]
    (directory / "maps").mkdir()
    text = entity("worldspawn", *walls) + "".join(things)
    (directory / "maps" / "pit.map").write_text(text)


class Up:
    """`tremble up` on free ports in *directory*, which gets the map `pit`.

    And an empty record, unless it is to be made *afresh*: that takes half a second. *program* is Tremble.
    """

    def __init__(
        self,
        directory: Path,
        *arguments: str,
        sets: tuple[str, ...] = QUICK,
        afresh: bool = False,
        program: Sequence[str] = (sys.executable, "-m", "tremble"),
    ) -> None:
        self.directory = directory
        write_pit(directory)
        if not afresh and not (directory / "tremble.db").exists():
            (directory / "tremble.db").write_bytes(stores.empty())
        command = [*program, "up", "--dir", str(directory)]
        command += ["--port", "0", "--http", "127.0.0.1:0", *arguments]
        for text in ("server.bind=127.0.0.1", *sets):
            command += ["--set", text]
        self.errors = (directory / "stderr.txt").open("wb")
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self.errors, text=True, bufsize=1
        )
        line = self.read_line()
        if not line.startswith("tremble ready: game udp port "):
            self.kill()
            raise AssertionError(line + self.stderr())
        self.port = int(line.split("port ")[1].split(",")[0])
        self.url = line.split("web ")[1].strip()

    def read_line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def stderr(self) -> str:
        return (self.directory / "stderr.txt").read_text(errors="replace")

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the lines of its log with the event *name*."""
        lines = self.stderr().splitlines(keepends=True)  # the last may not be there in whole
        rows = [json.loads(line) for line in lines if line[0] == "{" and line[-1] == "\n"]
        return [row for row in rows if row.get("event") == name]

    def child(self, module: str) -> int:
        """Return the pid of the child that runs *module*; 0 if there is none."""
        for pid in self.children():
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if module.encode() in words:
                return pid
        return 0

    def children(self) -> list[int]:
        """Return the pids of all its children, the oldest first."""
        task = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in task.read_text().split()]

    def stop(self, signal: int) -> int:
        """End it with *signal*; return its exit code."""
        self.process.send_signal(signal)
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.kill()

    def kill(self) -> None:
        """Make sure that nothing is left of it."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.errors.close()


def ask(port: int) -> dict[str, Any]:
    """Return what the game server at *port* of this machine says of itself to `tremble query`."""
    asked = run("query", f"127.0.0.1:{port}", "--json", "--timeout", "30")
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout)


def run(*arguments: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run one command of `tremble` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "tremble", *arguments],
        capture_output=True, text=True, timeout=PATIENCE, env=os.environ | (environ or {}),
    )  # fmt: skip
