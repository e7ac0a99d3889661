"""The supervisor's end of a standby: keeps one ready, sees when the worker dies or stalls, says go.

A worker stalls when people play and its count of rounds stands still at LOOKS looks in a row.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from time import monotonic
from typing import Any

from tremble.log import logger
from tremble.server.memory import PLAYERS, STANDBY, TURNS, Memory
from tremble.server.standby import GO
from tremble.server.supervisor import Child

log = logger("supervisor")

#: Seconds between two looks at a worker on which people play, and looks that make a stall: 1.2 s.
EVERY_S = 0.4
LOOKS = 3
#: A look that comes later than this was held up itself: it says nothing of the worker.
HELD_UP_S = 3 * EVERY_S
#: Seconds after a takeover before the next standby is started: the players need the machine first.
PAUSE_S = 0.5
#: Seconds that going on may take before the process is given up too.
PATIENCE_S = 10.0


class Stall:
    """Whether a worker stands still, by its count of rounds. Pure."""

    def __init__(self) -> None:
        self.turns = -1
        self.looks = 0
        self.looked = 0.0

    def look(self, turns: int, playing: bool, now: float) -> bool:
        """Look at *now*; True: it stands still, though people are *playing*."""
        early = now - self.looked < 0.9 * EVERY_S
        if turns != self.turns or not playing or now - self.looked > HELD_UP_S:
            self.turns, self.looks, self.looked = turns, 0, now
            return False
        if early:
            return False
        self.looks += 1
        self.looked = now
        return self.looks >= LOOKS


class Spare:
    """The standby of the worker *game*, which shares *memory* with it."""

    def __init__(self, game: Child, memory: Memory) -> None:
        self.game = game
        self.memory = memory
        self.child: Child | None = None
        self.ready = False
        self.stall = Stall()
        self.took_over_at: float | None = None  # and has not said yet that it is ready
        game.successor = self.take_over

    @property
    def children(self) -> list[Child]:
        """The standby, as a process to attend to."""
        return [self.child] if self.child is not None else []

    def begin(self, make: Callable[[Callable[[dict[str, Any]], None]], Child]) -> None:
        """Start the standby that *make* makes; it is given what takes reports."""
        if self.child is None:
            self.child = make(self.heard)
            self.child.start_again()

    def heard(self, report: dict[str, Any]) -> None:
        """Take a report of the standby."""
        event = report.get("event")
        if event == "standby" and self.child is not None and self.child.end_by is None:
            # Not that of a process that was ended since: the one after it is not there yet.
            self.tell(True)
            log.info("standby ready", memory_mb=report["memory_mb"])
        elif event == "died":
            self.tell(False)
        elif event == "error":
            log.error("no standby", why=report["message"])

    def tell(self, ready: bool) -> None:
        """There is a standby, or there is none; the worker tells it to who asks."""
        self.ready = ready
        self.memory.set(STANDBY, int(ready))

    def take_over(self) -> subprocess.Popen[bytes] | None:
        """The worker has died: let the standby go on, and return its process; None: there is none."""
        child = self.child
        if child is None or not self.ready or child.process is None:
            return None
        child.write(GO)
        process, child.process = child.process, None
        self.tell(False)
        self.took_over_at = monotonic()
        child.start_at = self.took_over_at + PAUSE_S
        return process

    def renew(self, command: list[str], environ: dict[str, str]) -> None:
        """The settings have changed: replace the standby by one that is started with them."""
        child = self.child
        if child is not None:
            child.command, child.environ = command, environ
            self.tell(False)
            if child.process is not None:
                child.expect_end()
                child.process.kill()

    def attend(self, ready: bool, now: float) -> None:
        """End a worker that stands still; *ready*: it has said that it is."""
        if ready:
            self.took_over_at = None
        elif self.took_over_at is not None and now - self.took_over_at > PATIENCE_S:
            self.took_over_at = None
            self.game.kill("does not go on")
        if not (ready and self.ready):
            self.stall = Stall()
        elif self.stall.look(self.memory.word(TURNS), self.memory.word(PLAYERS) > 0, now):
            self.stall = Stall()
            self.game.kill("stalls")

    def patience(self, now: float) -> float | None:
        """Return the seconds until the next look; None: none is needed before the next report."""
        if self.took_over_at is not None:
            return 1.0
        return EVERY_S if self.ready and self.memory.word(PLAYERS) else None
