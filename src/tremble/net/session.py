"""The server's end of one client: from the first message to the last.

  state      leaves for   when
  -------------------------------------------------------------------------------------------
  JOINING    PLAYING      join() after a good JOIN has arrived
             CLOSING      refused: other protocol, bad name, server full; no JOIN within JOIN_TIMEOUT
  PLAYING    CLOSING      put out: too much garbage, kicked, server stopping
  CLOSING    (gone)       the transport has told the client, or has lost it

PLAYING covers those who watch as well: a session has a slot or -1. Bytes come in through hear(), which
returns what the arena must act on; commands wait here until the tick takes them, one a tick, so that
no client can move faster than time. `now` is seconds of any clock that does not go back.
"""

from typing import Final

from tremble.errors import ProtocolError
from tremble.net import messages, usercmds
from tremble.net.messages import ChatLine, Join, Prove, Spectate
from tremble.sim.rewind import STEPS
from tremble.sim.state import Usercmd

JOINING: Final = 0
PLAYING: Final = 1
CLOSING: Final = 2

#: Seconds a client has to send JOIN: longer than any loading between connect and join.
JOIN_TIMEOUT: Final = 5.0
#: Datagrams that break the protocol before the session is closed.
MAX_GARBAGE: Final = 20
#: Datagrams a second, and how many may come at once; a client sends 60 (netcode.md 3.3).
RATE: Final = 75.0
BURST: Final = 150.0
#: Reliable messages a second, and how many may come at once.
TALK_RATE: Final = 2.0
TALK_BURST: Final = 10.0
#: Commands that may wait, and how many we want to wait: at start, at least, at most.
MAX_WAITING: Final = 8
WANTED: Final = 2
MIN_WANTED: Final = 1
MAX_WANTED: Final = 3
#: Ticks without starving before one command fewer is wanted.
CALM: Final = 600
#: Ticks for which a missing command is taken to be as the last one.
REPEAT: Final = 2
#: Ticks between two snapshots in full for a client that acknowledges none.
FULL_EVERY: Final = 6
#: Sent snapshots remembered, so that an acknowledgement tells which events arrived.
SENT: Final = 64


class Bucket:
    """A budget that refills: *rate* a second, at most *burst*."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate = rate
        self.burst = burst
        self.left = burst
        self.at = now

    def take(self, now: float) -> bool:
        """Spend one; False if nothing is left."""
        self.left = min(self.burst, self.left + (now - self.at) * self.rate)
        self.at = now
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True


class Inputs:
    """Commands that wait for their tick."""

    def __init__(self) -> None:
        self.waiting: dict[int, Usercmd] = {}
        self.last: Usercmd | None = None
        self.executed = 0  # tick of the last command taken
        self.wanted = WANTED
        self.filling = True
        self.missed = 0
        self.calm = 0

    def add(self, command: Usercmd) -> None:
        """Keep *command* unless it is old or known; if too many wait, the oldest goes."""
        if command.tick <= self.executed or command.tick in self.waiting:
            return
        self.waiting[command.tick] = command
        if len(self.waiting) > MAX_WAITING:
            del self.waiting[min(self.waiting)]

    def skip_to(self, tick: int) -> None:
        """Nothing up to *tick* will be executed: whoever watches has nobody to command."""
        self.executed = max(self.executed, tick)
        self.waiting.clear()

    def take(self) -> Usercmd | None:
        """Return the command for this tick; None if the client must be taken to ask for nothing."""
        if self.filling and len(self.waiting) < self.wanted:
            return self.starved()
        self.filling = False
        if not self.waiting:
            self.filling = True
            self.wanted = min(MAX_WANTED, self.wanted + 1)
            self.calm = 0
            return self.starved()
        tick = self.executed + 1
        command = self.waiting.pop(tick, None)
        if command is None:
            tick = min(self.waiting)
            command = self.waiting.pop(tick)
        self.executed = tick
        self.last = command
        self.missed = 0
        self.calm += 1
        if self.calm >= CALM:
            self.calm = 0
            self.wanted = max(MIN_WANTED, self.wanted - 1)
        return command

    def starved(self) -> Usercmd | None:
        """Return the last command for REPEAT ticks, then nothing."""
        self.missed += 1
        return self.last if self.missed <= REPEAT else None

    @property
    def lead(self) -> int:
        """Commands still waiting less those wanted: what the client's clock should make up for."""
        return len(self.waiting) - self.wanted


class Session:
    """One client of an arena; *number* is the peer's."""

    def __init__(self, number: int, now: float) -> None:
        self.number = number
        self.state = JOINING
        self.since = now
        self.slot = -1
        self.player_id = ""
        self.name = ""
        self.bot = False
        self.ping_ms = 0
        self.loss = 0.0
        self.limited = True  # more than its budgets is not heard
        self.usercmd_datagrams = 0
        self.usercmd_tick = 0  # the newest, by the client's own count
        self.garbage = 0
        self.over_budget = 0
        self.inputs = Inputs()
        self.acked = 0  # newest snapshot the client has
        self.told_to = 0  # tick up to which it knows all events
        self.full_at = -FULL_EVERY
        self.sent: dict[int, int] = {}  # snapshot tick -> told_to once it has arrived
        self.datagrams = Bucket(RATE, BURST, now)
        self.talk = Bucket(TALK_RATE, TALK_BURST, now)

    def hear(self, channel: int, data: bytes, now: float) -> object | None:
        """Take one packet of the client; return a message to act on, else None.

        Garbage is counted; `broken` says when there was too much of it.
        """
        if self.state == CLOSING:
            return None
        if self.limited and not self.datagrams.take(now):
            self.over_budget += 1
            return None
        try:
            if channel == messages.CHANNEL_USERCMD:
                self.hear_usercmds(data)
                return None
            if channel == messages.CHANNEL_RELIABLE:
                return self.hear_message(data, now)
            raise ProtocolError("nothing is sent on this channel")
        except ProtocolError:
            self.garbage += 1
            return None

    def hear_message(self, data: bytes, now: float) -> object | None:
        """Return the message if it is one that a client may send in this state."""
        if data[:1] and data[0] not in messages.FROM_CLIENT:
            raise ProtocolError("only a server sends this")
        message = messages.decode(data)
        if isinstance(message, Join | Prove) != (self.state == JOINING):
            raise ProtocolError("not the time for this message")
        if self.limited and not isinstance(message, Join) and not self.talk.take(now):
            self.over_budget += 1
            return None
        if isinstance(message, ChatLine | Spectate | Join | Prove):
            return message
        raise ProtocolError("only a server sends this")

    def hear_usercmds(self, data: bytes) -> None:
        """Keep the commands and note which snapshot the client has."""
        if self.state != PLAYING:
            raise ProtocolError("usercmds before joining")
        snapshot_tick, behind, commands = usercmds.decode(data)
        self.usercmd_datagrams += 1
        self.usercmd_tick = max(self.usercmd_tick, commands[0].tick)
        for age, command in enumerate(commands):
            command.view = max(0, (snapshot_tick - age) * STEPS - behind)
            self.inputs.add(command)
        if self.slot < 0:
            self.inputs.skip_to(commands[0].tick)
        known = self.sent.get(snapshot_tick)
        if known is not None:
            self.acked = snapshot_tick
            self.told_to = max(self.told_to, known)
            for tick in [t for t in self.sent if t <= snapshot_tick]:
                del self.sent[tick]

    def join(self, player_id: str, name: str, bot: bool) -> None:
        """The JOIN was good: from now on the client plays or watches."""
        self.state = PLAYING
        self.player_id = player_id
        self.name = name
        self.bot = bot

    def close(self) -> None:
        """Whatever still comes from the client is not listened to."""
        self.state = CLOSING

    def take_slot(self, slot: int) -> None:
        """The client has another *slot* from now on: what it knew of itself is no baseline now."""
        self.slot = slot
        self.inputs = restarted(self.inputs)
        self.acked = 0
        self.full_at = -FULL_EVERY
        self.sent.clear()

    @property
    def broken(self) -> bool:
        """Too much garbage came."""
        return self.garbage >= MAX_GARBAGE

    def late(self, now: float) -> bool:
        """Say whether JOIN should have come by *now*."""
        return self.state == JOINING and now - self.since > JOIN_TIMEOUT

    def due(self, tick: int) -> bool:
        """Say whether a snapshot of *tick* is to be sent: always, but seldom without a baseline."""
        fresh = self.acked > 0 and tick - self.acked < SENT
        return self.state == PLAYING and (fresh or tick - self.full_at >= FULL_EVERY)

    def note_sent(self, tick: int, told_to: int, full: bool) -> None:
        """A snapshot of *tick* is on its way."""
        self.sent[tick] = told_to
        for old in [t for t in self.sent if t <= tick - SENT]:
            del self.sent[old]
        if full:
            self.full_at = tick


def restarted(inputs: Inputs) -> Inputs:
    """Return inputs that go on counting where *inputs* stood, with nothing waiting."""
    fresh = Inputs()
    fresh.executed = inputs.executed
    return fresh
