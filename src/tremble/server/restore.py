"""The wish to restore the record, taken while the game runs: tried first, then planned as a restart is.

  restore NAME ─► tremble restore NAME --dry-run ─► house.leave, with the wish ─► `tremble up` does it
                        └── it says no: told and logged, everything goes on

The trial is a process of its own, of lowest priority. What has become of a wish stands in restore.json.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from tremble import restoring
from tremble.errors import CommandError
from tremble.log import logger
from tremble.restoring import Restoring
from tremble.server.calling import Caller, Reply
from tremble.server.leave import Leave

if TYPE_CHECKING:
    from tremble.server.loop import GameServer

log = logger("restore")

#: Seconds that a trial may take.
PATIENCE_S = 3600.0


class Plan(NamedTuple):
    """When the process ends to restore (server/leave.py), in seconds; no deadline: 0."""

    when: str
    countdown_s: float
    deadline_s: float
    reason: str


class Tried(msgspec.Struct):
    """What is read of the answer of `tremble restore --dry-run --json`."""

    backup: str


class Restore:
    """Takes wishes for the record in *directory*; *refusal*: why none can be taken, "" if they can.

    *ask* has a job done by the loop.
    """

    def __init__(
        self,
        directory: Path,
        refusal: str,
        ask: Callable[[Callable[[GameServer], None]], None],
    ) -> None:
        self.directory = directory
        self.refusal = refusal
        self.last: Restoring | None = None  # what has become of the last wish
        self._ask = ask
        self._tried: Restoring | None = None  # the wish that is being tried

    def settle(self, server: GameServer) -> None:
        """See what has become of the last wish; one of a process that has gone is over."""
        self.last = restoring.read(self.directory)
        planned = server.house.leave is not None and server.house.leave.wish is not None
        if self.last is not None and self.last.state in ("checking", "planned") and not planned:
            self._end(server, self.last, "the game process ended before; ask for it again")

    def told(self) -> str:
        """Return what has become of the last wish."""
        if self.last is None:
            return "nothing was restored; restore NAME does it, `tremble backup list` names the backups"
        found = self.last
        return f"{found.at:%Y-%m-%d %H:%M:%S} UTC, {found.target}: {found.state}; {found.text}"

    def begin(self, server: GameServer, caller: Caller, wish: Restoring, plan: Plan) -> Reply:
        """Take the *wish* of *caller*: it is tried, then done by *plan*. Raises CommandError."""
        if self.refusal:
            raise CommandError(self.refusal)
        if self._tried is not None or server.house.leave is not None:
            what = "restore" if self._tried is not None else leaving(server)
            raise CommandError(f"a {what} is planned already; `{COMMANDS[what]} off` takes it back")
        told = f"{wish.target} is tried; then the record goes back to it {in_words(plan)}"
        wish = msgspec.structs.replace(
            wish, by=caller.by, via=caller.via, address=caller.address, text=told
        )
        self.last = self._tried = wish
        start = partial(self._start, wish, plan)
        return Reply(True, told, before="staying", after=f"restores {wish.target}", writes=[start])

    def off(self, server: GameServer, caller: Caller) -> Reply:
        """Take back what is planned. Raises CommandError if nothing is."""
        leave, wish = server.house.leave, self._tried
        if leave is not None and leave.wish is not None:
            server.house.leave = None
            server.wake_at = server.now + 1.0
            wish = self.last
        if wish is None:
            raise CommandError("no restore is planned")
        self._tried = None
        self._end(server, wish, f"{caller.by} took it back")
        return Reply(True, "the restore is taken back", before="leaving", after="staying")

    def _start(self, wish: Restoring, plan: Plan) -> None:
        """In the desk's thread: write the wish down and begin the trial. Raises OSError."""
        try:
            restoring.write(self.directory, wish)
        except OSError:
            self._tried = None
            raise
        threading.Thread(target=self._try, args=(wish, plan), name="restore", daemon=True).start()

    def _try(self, wish: Restoring, plan: Plan) -> None:
        """In a thread of its own: try it, and tell the loop what came of that."""
        command = [sys.executable, "-m", "tremble", "restore", *wish.words]
        try:
            backup = tried([*command, "--dry-run", "--json", "--dir", str(self.directory)])
        except (OSError, subprocess.SubprocessError, msgspec.MsgspecError) as error:
            why = str(error)
            self._ask(lambda server: self._refused(server, wish, why))
            return
        # From here on that one, though there may be newer ones when it is done.
        pinned = msgspec.structs.replace(wish, backup=backup)
        self._ask(lambda server: self._plan(server, wish, pinned, plan))

    def _refused(self, server: GameServer, wish: Restoring, why: str) -> None:
        if self._tried is wish:
            self._tried = None
            self._end(server, wish, why)

    def _plan(self, server: GameServer, wish: Restoring, pinned: Restoring, plan: Plan) -> None:
        """In the loop: plan to end, as a restart does."""
        if self._tried is not wish:
            return
        self._tried = None
        if server.house.leave is not None:
            self._end(server, wish, "a restart was planned meanwhile")
            return
        now = datetime.now(UTC)
        text = f"{pinned.target} is sound; the record goes back to it {in_words(plan)}"
        pinned = msgspec.structs.replace(pinned, state="planned", at=now, text=text)
        deadline = server.now + max(plan.deadline_s, plan.countdown_s) if plan.deadline_s else None
        server.house.leave = Leave(
            plan.when, plan.countdown_s, deadline, plan.reason, msgspec.to_builtins(pinned)
        )
        server.touch()
        server.wake_at = server.now + 1.0  # the steward looks once a second
        log.info("restore planned", target=pinned.target, by=pinned.by, when=plan.when)
        self._keep(server, pinned)

    def _end(self, server: GameServer, wish: Restoring, why: str) -> None:
        """Nothing comes of *wish*."""
        log.warning("restore not done", target=wish.target, by=wish.by, why=why)
        self._keep(
            server,
            msgspec.structs.replace(wish, state="failed", at=datetime.now(UTC), text=why),
        )

    def _keep(self, server: GameServer, found: Restoring) -> None:
        self.last = found
        server.house.settle(
            Reply(True, "", writes=[partial(restoring.write, self.directory, found)])
        )


#: The commands that plan what the process ends for.
COMMANDS = {"restore": "restore", "restart": "recycle"}


def leaving(server: GameServer) -> str:
    """Return for what the process is to end and to come back."""
    leave = server.house.leave
    return "restore" if leave is not None and leave.wish is not None else "restart"


def in_words(plan: Plan) -> str:
    """Return when *plan* is done."""
    told = f"{plan.when}, after a countdown of {plan.countdown_s:g} s if anybody is here"
    return told + (f", in {plan.deadline_s:g} s at the latest" if plan.deadline_s else "")


def tried(command: list[str]) -> str:
    """Run the trial *command*; return the backup that it is about. Raises SubprocessError, OSError."""
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,  # no DEVNULL: an empty root has no /dev
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        if sys.platform != "win32":
            os.setpriority(os.PRIO_PROCESS, process.pid, 19)
        try:
            out, errors = process.communicate(timeout=PATIENCE_S)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        why = errors.decode(errors="replace").strip()[-500:].removeprefix("error: ")
        raise subprocess.SubprocessError(why or f"the trial ended with code {process.returncode}")
    return msgspec.json.decode(out, type=Tried).backup
