"""The real Godot 4: finds or fetches the engine, and runs scripts in it, bounded in time."""

import json
import os
import selectors
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
CACHE = ROOT / ".godot"


class GodotMissing(Exception):
    """The engine is not there and cannot be fetched."""


def find_godot() -> Path:
    """Return the binary: TREMBLE_GODOT, or the one in .godot/, fetched if need be.

    Several test runs may ask at once; the first fetches, the others wait.
    """
    named = os.environ.get("TREMBLE_GODOT")
    if named:
        if not os.access(named, os.X_OK):
            raise GodotMissing(f"TREMBLE_GODOT={named} is not a program")
        return Path(named)
    binary = CACHE / "godot"
    lock = ROOT / ".godot.lock"
    end = time.monotonic() + 300
    while not binary.exists():
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            if time.monotonic() > end:
                raise GodotMissing(f"another run holds {lock}; delete it if none does") from None
            time.sleep(0.5)
            continue
        try:
            _fetch()
        finally:
            lock.unlink()
    return binary


def _fetch() -> None:
    command = ["bash", str(ROOT / "scripts" / "get-godot.sh"), str(CACHE)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GodotMissing(f"scripts/get-godot.sh: {error}") from error
    if done.returncode:
        raise GodotMissing(f"scripts/get-godot.sh: {done.stderr.strip()[-500:]}")


class Godot:
    """A script running in the engine. What it prints after "> " is a JSON object a line."""

    def __init__(self, binary: Path, project: Path, home: Path, script: str, *args: str) -> None:
        self.process = subprocess.Popen(
            [binary, "--headless", "--path", project, "-s", script, "--", *args],
            env={**os.environ, "HOME": str(home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)
        self.partial = b""
        self.output: list[str] = []
        self.told: list[dict[str, object]] = []

    def step(self) -> None:
        """Take in what the script has printed so far."""
        assert self.process.stdout is not None
        if not self.selector.select(0):
            return
        self.partial += self.process.stdout.read() or b""
        *lines, self.partial = self.partial.split(b"\n")
        for line in lines:
            self.output.append(line.decode(errors="replace"))
            if line.startswith(b"> "):
                self.told.append(json.loads(line[2:]))

    def events(self, name: str) -> list[dict[str, object]]:
        """Return what it told about *name*."""
        return [told for told in self.told if told["event"] == name]

    def ended(self) -> bool:
        """Say whether the script has quit."""
        return self.process.poll() is not None

    def close(self) -> None:
        """End the process and let go of its output."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(60)
        self.selector.close()
        assert self.process.stdout is not None
        self.process.stdout.close()
