"""The supervisor: owns the sockets, starts the other processes, starts them again when they die.

It runs no game code and parses nothing that comes from the network. A child inherits its socket, so
datagrams and connections wait in the kernel while it is started again; it stops when its standard
input ends, so none outlives the supervisor. Children report JSON lines on standard output.
"""

import json
import os
import select
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import IO, Any

from tremble.log import logger
from tremble.server import notify

log = logger("supervisor")

#: Seconds before a dead child is started again; doubled each time up to the second number.
MIN_BACKOFF = 0.2
MAX_BACKOFF = 10.0
#: A child that has run this long starts its back-off afresh.
STEADY = 30.0
#: Seconds a child has to stop before it is killed.
STOP_PATIENCE = 8.0
#: The same for one that has said that it ends: it closes all it has, at its own pace.
END_PATIENCE = 30.0


class Child:
    """One process of ours, with *environ* besides our own. *report* gets each JSON object it prints.

    *again*: it is started again when it dies.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        fds: Sequence[int],
        stderr: IO[bytes] | None,
        report: Callable[[dict[str, Any]], None],
        environ: Mapping[str, str] | None = None,
        again: bool = True,
    ) -> None:
        self.again = again
        #: Gives the process that goes on in its place when it has died, None for none.
        self.successor: Callable[[], subprocess.Popen[bytes] | None] = nobody
        self.end_by: float | None = None  # it has said that it ends, no fault: until then
        self.died: int | None = None  # exit code with which it ended, and is not started again
        self.name = name
        ours = {k: v for k, v in os.environ.items() if k not in notify.VARIABLES}
        self.environ = {**ours, **(environ or {})}
        self.command = command
        self.fds = fds
        self.stderr = stderr
        self.report = report
        self.process: subprocess.Popen[bytes] | None = None
        self.restarts = 0
        self.backoff = MIN_BACKOFF
        self.start_at = 0.0
        self.started = 0.0
        self.ending = False
        self._rest = b""
        self._silent = False  # its standard output has ended, it has not yet

    def start(self) -> None:
        """Start the process."""
        self.started = monotonic()
        self._rest = b""
        self._silent = False
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.stderr,
            env=self.environ,
            pass_fds=self.fds,
            start_new_session=True,  # Ctrl-C reaches us alone; we stop the children in order
        )
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)

    @property
    def fd(self) -> int:
        """Where its reports can be read; -1 while it does not run."""
        if self.process is None or self.process.stdout is None or self._silent:
            return -1
        return self.process.stdout.fileno()

    def start_again(self) -> None:
        """The same; if the system has no room for it now, later."""
        try:
            self.start()
        except OSError as error:
            log.error("not started", child=self.name, why=str(error), wait_s=self.backoff)
            self.put_off()

    def put_off(self) -> None:
        """Start it later, and the next time later still."""
        self.start_at = monotonic() + self.backoff
        self.backoff = min(self.backoff * 2, MAX_BACKOFF)

    def expect_end(self) -> None:
        """It has said that it ends, or is made to: no fault, it is started again at once."""
        self.end_by = monotonic() + END_PATIENCE

    def wait(self, now: float) -> float | None:
        """Return the seconds until it is to be started again, or to be gone; None if it is not."""
        if self.process is not None:
            return None if self.end_by is None else max(0.0, self.end_by - now)
        if self.died is not None or self.ending:
            return None
        return max(0.0, self.start_at - now)

    def read(self) -> None:
        """Take what it has printed."""
        if self.fd < 0:
            return
        try:
            data = os.read(self.fd, 65536)
        except BlockingIOError:
            return
        self._silent = not data
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if isinstance(found, dict):
                self.report(found)

    def write(self, line: bytes) -> None:
        """Send it a line; one that has ended gets none."""
        if self.process is not None and self.process.stdin is not None:
            try:
                self.process.stdin.write(line + b"\n")
                self.process.stdin.flush()
            except OSError as error:
                log.warning("child does not listen", child=self.name, why=str(error))

    def watch(self) -> int | None:
        """Start it again if it has died and its time has come; return a fresh exit code, else None."""
        if self.process is None:
            if self.died is None and not self.ending and monotonic() >= self.start_at:
                self.restarts += 1
                self.start_again()
            return None
        code = self.process.poll()
        if code is None:
            if self.end_by is not None and monotonic() >= self.end_by:
                self.kill("does not end")
            return None
        self.read()
        self.close_pipes()
        if self.ending:
            return code
        if self.end_by is not None:
            self.end_by = None
            self.start_at = monotonic()
            return code
        if self.again and self.adopt(self.successor(), code):
            return code
        self.report({"event": "died", "code": code})
        if not self.again:
            self.died = code
            return code
        if monotonic() - self.started > STEADY:
            self.backoff = MIN_BACKOFF
        log.error("died, starts again", child=self.name, code=code, wait_s=self.backoff)
        self.put_off()
        return code

    def adopt(self, process: "subprocess.Popen[bytes] | None", code: int) -> bool:
        """Go on with *process* in place of the one that died; False: there is none."""
        if process is None:
            return False
        self.process = process
        self.started = monotonic()
        self.restarts += 1
        self._rest = b""
        self._silent = False
        log.error("died, the standby goes on", child=self.name, code=code)
        self.report({"event": "died", "code": code})
        return True

    def kill(self, why: str) -> None:
        """End it at once; it is started again."""
        if self.process is not None:
            log.error("killed", child=self.name, why=why)
            self.process.kill()

    def stop(self) -> None:
        """Ask it to stop; it is not started again."""
        self.ending = True
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def finish(self, until: float) -> None:
        """Wait until it has stopped; kill it at *until*."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, until - monotonic()))
        except subprocess.TimeoutExpired:
            log.error("does not stop, killed", child=self.name)
            self.process.kill()
            self.process.wait()
        self.close_pipes()

    def close_pipes(self) -> None:
        """Forget the process that has ended."""
        if self.process is not None:
            for pipe in (self.process.stdin, self.process.stdout):
                if pipe is not None:
                    with suppress(OSError):  # a line that it did not take is still in there
                        pipe.close()
        self.process = None


def nobody() -> None:
    """There is no successor."""
    return None


def attend(children: Sequence[Child], patience: float | None, wake: int = -1) -> None:
    """Wait for something to do, and do it: read reports, start again what has died.

    It waits *patience* seconds at most, None: until something happens, and not on when *wake* becomes
    readable, which is read empty. That a child has ended is seen at once only if SIGCHLD does that.
    """
    now = monotonic()
    waits = [wait for wait in (child.wait(now) for child in children) if wait is not None]
    if patience is not None:
        waits.append(patience)
    fds = [child.fd for child in children if child.fd >= 0]
    if wake >= 0:
        fds.append(wake)
    ready = select.select(fds, [], [], min(waits) if waits else None)[0]
    if wake in ready:
        os.read(wake, 4096)
    for child in children:
        if child.fd in ready:
            child.read()
        child.watch()


def let_finish(child: Child, children: Sequence[Child], bound_s: float) -> None:
    """Ask *child* to stop and give it *bound_s* seconds, while all of *children* are attended to."""
    child.stop()
    until = monotonic() + bound_s
    while child.process is not None and monotonic() < until:
        attend(children, 0.25)


def stop_in_order(children: Sequence[Child]) -> None:
    """Stop *children* one after the other, so that the later ones can still serve the earlier."""
    for child in children:
        child.stop()
        child.finish(monotonic() + STOP_PATIENCE)
