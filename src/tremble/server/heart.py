"""The heart: tells the master list of this server, signed, from a thread of its own.

  tell(facts) ─► POST /v1/server/heartbeat, at once and then when the answer says ─► how it is listed
  tell(None)  ─► a goodbye; nothing more until there are facts again
  close()     ─► a goodbye, and the end

What goes wrong is logged once, until it goes well or goes wrong otherwise; the game never waits for it.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import msgspec

import tremble
from tremble.heartbeat import INTERVAL_S, Heard, Heartbeat
from tremble.log import logger
from tremble.match.match import PHASE_NAMES
from tremble.net.messages import PROTOCOL_VERSION
from tremble.server import signed

if TYPE_CHECKING:
    from tremble.server.loop import GameServer

log = logger("heart")

PATH = "/v1/server/heartbeat"
#: Least seconds between two heartbeats, so that a server that fills up is one change and not sixteen.
GAP_S = 2.0
#: Seconds after which to try again where nobody answers, and after a refusal, which only people end.
RETRY_S = 5.0
REFUSED_S = 60.0
#: Bounds of what an answer may ask for, in seconds.
SOONEST_S, LATEST_S = 1.0, 300.0
#: Seconds for one heartbeat, and for the goodbye: nobody is to wait for the end of a server.
TIMEOUT = 5.0
GOODBYE_TIMEOUT = 2.0


class Heart:
    """Sends heartbeats to *url* (http://host:port), signed with *private*."""

    def __init__(self, url: str, private: bytes) -> None:
        self.url = url
        self.private = private
        self._facts: Heartbeat | None = None
        self._told: Heartbeat | None = None  # what the list has of us
        self._at = 0
        self._outcome = ""
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)
        self._thread.start()

    def tell(self, facts: Heartbeat | None) -> None:
        """Send *facts* from now on (*at* is set here); None: be in no list."""
        self._facts = facts
        self._wake.set()

    def close(self) -> None:
        """Say goodbye, and stop."""
        self._facts = None
        self._stop.set()
        self._wake.set()
        self._thread.join(TIMEOUT + GOODBYE_TIMEOUT)

    def _run(self) -> None:
        patience: float | None = None
        while not self._stop.is_set():
            self._wake.wait(patience)
            self._wake.clear()
            patience = self._beat()
            self._stop.wait(GAP_S if patience is not None else 0.0)
        self._leave()

    def _beat(self) -> float | None:
        """Send what is to be sent now; return after how many seconds the next is due, None for never."""
        facts = self._facts
        if facts is None:
            self._leave()
            return None
        self._told = facts
        status, answer = self._send(facts, TIMEOUT)
        if status == 200:
            return self._heard(answer)
        text = answer.decode(errors="replace")
        final = 400 <= status < 500 and status not in (408, 429)
        if final:
            self._note(f"{status}", "warning", "heartbeat refused", status=status, why=text)
        else:
            self._note("no answer", "warning", "heartbeat not heard", status=status, why=text)
        return REFUSED_S if final else RETRY_S

    def _heard(self, answer: bytes) -> float:
        """Note how the server is listed; return when to come again."""
        try:
            heard = msgspec.json.decode(answer, type=Heard)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            self._note("odd", "warning", "heartbeat not heard", status=200, why="an odd answer")
            return INTERVAL_S
        if heard.state == "listed":
            self._note("listed", "info", "listed", address=heard.address)
        elif heard.state == "unreachable":
            why = "the web process gets no answer there over UDP: see to firewall and advertise"
            self._note("unreachable", "warning", "not listed", address=heard.address, why=why)
        return min(max(heard.next_s, SOONEST_S), LATEST_S)

    def _leave(self) -> None:
        """Say goodbye if the list may know of us."""
        if self._told is not None:
            goodbye = msgspec.structs.replace(self._told, leaving=True)
            self._told = None
            self._outcome = ""
            self._send(goodbye, GOODBYE_TIMEOUT)

    def _send(self, facts: Heartbeat, timeout: float) -> tuple[int, bytes]:
        self._at = max(self._at + 1, time.time_ns() // 1000)
        body = msgspec.json.encode(msgspec.structs.replace(facts, at=self._at))
        return signed.send(self.url, self.private, "POST", PATH, body, timeout=timeout)

    def _note(self, outcome: str, level: str, event: str, **facts: object) -> None:
        """Log what came of a heartbeat, unless the same came of the one before."""
        if outcome != self._outcome:
            self._outcome = outcome
            getattr(log, level)(event, **facts)


class Herald:
    """Looks at *server* between two ticks, and has *heart* tell what has changed."""

    def __init__(self, server: GameServer, heart: Heart) -> None:
        self.server = server
        self.heart = heart
        self.seen: tuple[object, ...] = ()

    def attend(self, now: float) -> None:
        """Tell what has changed since the last time."""
        server = self.server
        seen = (
            server.options,
            server.house.drain.on,
            *((len(a.members.members), a.match.phase, a.level, a.mode) for a in server.arenas),
        )
        if seen != self.seen:
            self.seen = seen
            listed = server.options.public and not server.house.drain.on
            self.heart.tell(facts(server) if listed else None)


def facts(server: GameServer) -> Heartbeat:
    """Return what the list is told of *server*; mode, map and phase of the first arena with people."""
    options = server.options
    arena = next((a for a in server.arenas if not a.empty), server.arenas[0])
    members = [m for a in server.arenas for m in a.members.members.values()]
    return Heartbeat(
        at=0,
        port=options.port,
        name="".join(c if c.isprintable() else " " for c in options.name),
        gamemode=arena.mode.name,
        map=arena.level.name,
        players=len(members),
        bots=sum(1 for m in members if m.who.bot),
        max_players=options.max_players,
        phase=PHASE_NAMES[arena.match.phase],
        protocol=PROTOCOL_VERSION,
        version=tremble.__version__,
        password=options.password != "",
        advertise=options.listing.advertise,
        region=options.listing.region,
        tags=options.listing.tags,
    )
