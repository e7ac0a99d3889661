"""The steward of a running server: new options, bad lines, and when it is time to stop.

  ends       when
  ----------------------------------------------------------------------------------------------
  "empty"    nobody has been here for shutdown_after_s
  "drained"  a drain is over (house.drain): told by the worker
  "restart"  max_uptime_s are over and no match is being played; none begins from then on
  "recycle"  a planned restart of all is due (house.leave)
  "restore"  the same, and the record is restored meanwhile

It is called each time round by the loop, between two ticks, and looks once a second.
"""

import queue
from collections.abc import Callable

import msgspec

from tremble.errors import TrembleError
from tremble.log import logger
from tremble.match.match import WARMUP
from tremble.match.modes import MODES
from tremble.net import messages
from tremble.net.messages import NO_SLOT, Chat
from tremble.server import options as settings
from tremble.server import pulse, quality
from tremble.server.clients import LOOPBACK, Client
from tremble.server.leave import Leave
from tremble.server.loop import GameServer
from tremble.server.options import WorkerOptions
from tremble.server.quality import Quality
from tremble.sim.level import Level
from tremble.sim.tuning import TICK_RATE

log = logger("server")


class Steward:
    """Looks after *server*, which runs under *options* since *now*."""

    def __init__(
        self, server: GameServer, options: WorkerOptions, levels: dict[str, Level], now: float
    ) -> None:
        self.server = server
        self.options = options
        self.started = now
        self.empty_since = now
        self.next_look = now
        self.ends = ""
        self.leaving = False
        self.lines: dict[int, Quality] = {}
        self.inbox: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        #: Answers that the loop turns, to who asks (server/pulse.py).
        self.answer: Callable[[], None] = nobody_asks
        server.between.append(self.attend)
        for arena in server.arenas:
            arena.anti_cheat = options.anti_cheat
            arena.rotation = settings.rotation(options, levels)
            arena.snapshot_every = TICK_RATE // options.tick_rate
        self.plan(now)

    def take_line(self, wake: Callable[[], None]) -> Callable[[bytes], None]:
        """Return what takes a line of JSON (WorkerOptions) from another thread, and calls *wake*."""

        def heard(line: bytes) -> None:
            self.inbox.put(line)
            wake()

        return heard

    def attend(self, now: float) -> None:
        """Take new options; once a second look at lines and at the time."""
        while not self.inbox.empty():
            line = self.inbox.get()
            if line == pulse.QUESTION:
                self.answer()
            else:
                self.read(line, now)
        if not self.server.idle:
            self.empty_since = now
        if now < self.next_look:
            return
        self.next_look = now + 1.0
        self.judge_lines(now)
        self.look_at_time(now)
        self.look_at_leave(now)
        self.plan(now)

    def plan(self, now: float) -> None:
        """Tell the loop when it must wake although nobody is here."""
        due = []
        if self.options.shutdown_after_s is not None:
            due.append(self.empty_since + self.options.shutdown_after_s)
        if self.options.max_uptime_s and not self.leaving:
            due.append(self.started + self.options.max_uptime_s)
        if self.server.house.leave is not None:
            due.append(self.next_look)
        self.server.wake_at = max(now, min(due)) if due else None

    def judge_lines(self, now: float) -> None:
        """Warn, then put out, whose line is too bad for the game; loopback is exempt."""
        clients = self.server.clients.by_number
        self.lines = {number: line for number, line in self.lines.items() if number in clients}
        for client in list(clients.values()):
            if client.arena is None or client.host in LOOPBACK:
                continue
            line = self.lines.setdefault(client.session.number, Quality(client.session, now))
            found = line.judge(self.options.max_ping, self.options.max_loss, now)
            if found == quality.OUT:
                self.server.touch()
                self.server.clients.put_out(client, messages.REFUSED_LINE, line.fault, now)
            elif found == quality.WARN:
                self.tell(client, f"{line.fault}: mend it, or you will be put out")

    def look_at_time(self, now: float) -> None:
        """End for good when nobody comes; end to begin again after long enough, between matches."""
        options = self.options
        patience = options.shutdown_after_s
        if patience is not None and self.server.idle and now - self.empty_since >= patience:
            self.ends = "empty"
        if options.max_uptime_s and now - self.started >= options.max_uptime_s:
            if not self.leaving:
                self.leave()
            if all(arena.match.phase == WARMUP for arena in self.server.arenas):
                self.server.farewell = "the server restarts; come back in a moment"
                self.ends = "restart"

    def leave(self) -> None:
        """Let the matches that are being played end, and none begin."""
        self.server.touch()
        self.leaving = True
        log.info("restarts once no match is being played", why="server.max_uptime_hours")
        for arena in self.server.arenas:
            arena.broadcast(Chat(NO_SLOT, "server", "The server restarts after this match."))

    def look_at_leave(self, now: float) -> None:
        """Let no match begin that a restart would end; tell of it in time, and end when it is due."""
        server = self.server
        leave = server.house.leave
        if leave is not None:
            members = [m for arena in server.arenas for m in arena.members.members.values()]
            counting = any(arena.match.counts for arena in server.arenas)
            over = leave.over(sum(1 for m in members if not m.who.bot), counting, now)
            left = leave.to_tell(now)
            if over:
                self.go(leave)
            elif left is not None:
                server.touch()
                for arena in server.arenas:
                    arena.announce(f"{leave.reason} in {left} s"[: messages.MAX_CHAT])
        held = self.leaving or (leave is not None and leave.holds)
        for arena in server.arenas:
            if arena.held != held:
                server.touch()
            arena.held = held

    def go(self, leave: Leave) -> None:
        """End because of *leave*, which is due."""
        if leave.wish is None:
            self.server.farewell = "the server restarts; come back in a moment"
            self.ends = "recycle"
        else:
            self.server.farewell = "the record is restored from a backup; come back in a moment"
            self.ends = "restore"

    def tell(self, client: Client, text: str) -> None:
        """Say *text* to one client."""
        self.server.touch()
        if client.arena is not None:
            client.arena.send(client.session.number, Chat(NO_SLOT, "server", text))

    def read(self, line: bytes, now: float) -> None:
        """Take new options; those that cannot be used leave all as it was."""
        try:
            wanted = msgspec.json.decode(line, type=WorkerOptions)
            levels = settings.levels(wanted)
        except (msgspec.MsgspecError, TrembleError) as error:
            log.error("settings not taken", why=str(error))
            return
        old, self.options = self.options, wanted
        server = self.server
        server.touch()
        server.options = settings.told(wanted, server.options.port)
        server.clients.options = server.options
        server.house.roles = dict(wanted.roles)
        for client in server.clients.by_number.values():
            client.session.limited = wanted.rate_limit
        for arena in server.arenas:
            arena.snapshot_every = TICK_RATE // wanted.tick_rate
            arena.anti_cheat = wanted.anti_cheat
            arena.witness.region = server.options.listing.region
            arena.change_settings(settings.match_settings(wanted))
            arena.rotation = settings.rotation(wanted, levels)
            if (wanted.map, wanted.mode) != (old.map, old.mode):
                arena.change_level(levels[wanted.map], MODES[wanted.mode])
        self.next_look = now
        log.info("settings taken")


def nobody_asks() -> None:
    """Who has no supervisor answers nobody."""
