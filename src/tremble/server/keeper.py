"""The keeper: what one process leaves in memory so that another can go on, and how that one does.

live      each round's datagrams and clock go into the journal before anything is done with them;
          every EVERY_S, and after anything else has changed the game, all of it is a checkpoint
go_on()   the newest checkpoint, then each round of the journal again: the same in, the same out, which
          is not sent a second time. Only of the last round it is not known whether it was sent: its
          datagrams go out again, which ENet takes for what they are
trial     a process that dies in the last round again leaves with whom: the next one does without that
          client's datagrams, which go to quarantine, or lets the arena start over in which it died
"""

from __future__ import annotations

import marshal
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, time_ns
from typing import TYPE_CHECKING

from tremble.log import logger
from tremble.metrics import Histogram
from tremble.net import messages
from tremble.result import MatchResult
from tremble.server import checkpoint
from tremble.server.checkpoint import CheckpointError
from tremble.server.memory import (
    DONE,
    PLAYERS,
    STANDBY,
    TAKEOVERS,
    TRIAL,
    TRIAL_OF,
    TURNS,
    USED,
    Memory,
    MemoryFault,
)
from tremble.sim.tuning import TICK_RATE

if TYPE_CHECKING:
    from tremble.server.loop import GameServer

log = logger("server")

#: Seconds between two checkpoints. One costs as much as two ticks of the same players, and what has to be
#: played again about half of what it cost the first time.
EVERY_S = 1.0
#: Seconds of making a checkpoint, for the histogram.
BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.033, 0.1)
#: Takeovers within 10 s after which the next process starts afresh.
TOO_MANY = 5
#: Files kept in quarantine.
QUARANTINED = 16

# What is tried in the last round; with whom stands beside it.
NOTHING = 0
RECEIVING = 1  # a datagram, by its place in the round
HEARING = 2  # a client, by its number
PLAYING = 3  # an arena, by its number

Datagrams = list[tuple[bytes, bytes]]
#: playing, now, utc, datagrams with their addresses
Round = tuple[bool, float, datetime, Datagrams]


class Keeper:
    """Keeps *server* in *memory*; *directory* is where what is bad goes to quarantine.

    *written* gets the ids of matches whose result is on the disk: others are posted again.
    """

    def __init__(
        self, memory: Memory, server: GameServer, directory: Path, written: deque[str]
    ) -> None:
        self.memory = memory
        self.server = server
        self.directory = directory
        self.written = written
        self.unwritten: dict[str, MatchResult] = {}
        self.times = Histogram(BOUNDS)
        self.size = 0  # bytes of the last checkpoint
        self.made_at = 0.0
        self.took_s = 0.0  # what going on took this process; 0: it has begun afresh
        self.growing = checkpoint.Growing()
        self._due = 0.0
        self._rounds = 0  # in the journal
        self._turns = memory.word(TURNS)
        self._quiet = False  # nobody is here, and nothing has come
        self._lame = True  # there is no checkpoint that a journal could follow
        self._post = server.post
        server.keeper = self
        server.post = self.post

    @property
    def takeovers(self) -> int:
        """How often a process has gone on where another ended."""
        return self.memory.word(TAKEOVERS)

    @property
    def standby_ready(self) -> bool:
        """A standby waits to go on."""
        return self.memory.word(STANDBY) == 1

    def post(self, result: MatchResult) -> None:
        """Pass *result* on, and remember it until it is on the disk."""
        self.unwritten[result.match_id] = result
        self._post(result)

    def note(self, playing: bool, now: float, utc: datetime, heard: Datagrams) -> None:
        """A round begins with the datagrams *heard*."""
        server = self.server
        self._turns += 1
        self.memory.set(TURNS, self._turns)
        self._quiet = not heard and not server.clients.by_number and not server.host.half_open
        if self._quiet:
            return  # nothing comes of it
        # Version 2: plain values one after the other, nothing is looked up.
        record = marshal.dumps((playing, now, utc.timestamp(), heard), 2)
        if self._lame or self.memory.append(record):
            self._rounds += 1
            return
        self.make(now)
        if not self._lame:
            self.memory.append(record)
            self._rounds = 1

    def keep(self, now: float) -> None:
        """The round is over and sent: make a checkpoint if it is time for one."""
        self.memory.set(DONE, self._rounds)
        idle = self._quiet and not self._lame and not self._rounds
        if self.server.touched or (now >= self._due and not idle):
            self.make(now)

    def make(self, now: float) -> None:
        """Make a checkpoint."""
        server, began = self.server, monotonic()
        server.touched = False
        self._due = now + EVERY_S
        while self.written:
            self.unwritten.pop(self.written.popleft(), None)
        try:
            data = checkpoint.pack(server, list(self.unwritten.values()), self.growing)
            self.memory.keep(data)
        except (CheckpointError, MemoryFault) as error:
            if not self._lame:
                log.error("no checkpoint: a crash now ends all matches", why=str(error))
            self._lame = True
            self.memory.clear()
            return
        self._lame = False
        self._rounds = 0
        self.memory.set(PLAYERS, sum(len(arena.sessions) for arena in server.arenas))
        self.size = len(data)
        self.made_at = monotonic()
        self.times.observe(self.made_at - began)

    def end(self) -> None:
        """The process ends as it should: nobody goes on from here."""
        self.memory.clear()

    def go_on(self) -> float | None:
        """Go on where another process ended; return when the next tick is due.

        None: there is nothing to go on from, or it cannot be used.
        """
        if not self.memory.word(USED):
            return None
        began, memory = monotonic(), self.memory
        recent = memory.note_takeover(began)
        found = memory.load()
        rounds = self.restored(found) if recent < TOO_MANY else None
        if rounds is None:
            log.error("matches end: there is nothing to go on from", takeovers_in_10_s=recent)
            memory.clear()
            self.resume_recordings(afresh=True)
            return None
        for result in self.unwritten.values():
            self._post(result)
        sent = memory.word(DONE) >= len(found[0][1])
        for row in rounds if sent else rounds[:-1]:
            self.again(row)
        if not sent:
            self.try_last(rounds[-1])
        memory.set(TRIAL, NOTHING)
        self.make(monotonic())
        self.took_s = monotonic() - began
        log.warning(
            "took over",
            took_ms=round(self.took_s * 1000, 1),
            rounds=len(rounds),
            clients=len(self.server.clients.by_number),
            takeovers=self.takeovers,
        )
        last = rounds[-1][1] if rounds else self.server.now
        return max(last, began - 1.0) + 1.0 / TICK_RATE

    def restored(self, found: list[tuple[bytes, list[bytes]]]) -> list[Round] | None:
        """Bring the server back to a checkpoint; return what has come in since; None if none is good."""
        for data, records in found:
            try:
                results = checkpoint.unpack(data, self.server)
            except CheckpointError as error:
                log.error("checkpoint not used", why=str(error))
                continue
            self.unwritten = {result.match_id: result for result in results}
            self.resume_recordings()
            return [round_of(record) for record in records]
        return None

    def resume_recordings(self, afresh: bool = False) -> None:
        """Let the recordings of matches go on where the checkpoint has them; *afresh*: none does."""
        arenas = self.server.arenas
        if arenas[0].replays is not None:
            recordings = [arena.recording for arena in arenas if arena.recording is not None]
            arenas[0].replays.go_on([] if afresh else recordings)

    def again(self, row: Round) -> None:
        """Do a round that was done and sent; nobody is told of it again."""
        playing, now, utc, heard = row
        server, news = self.server, self.server.news
        listeners, news.listeners = news.listeners, []
        self._turns += 1
        self.memory.set(TURNS, self._turns)
        server.utc = utc
        for data, address in heard:
            server.host.receive_datagram(data, address, now)
        server.hear(now)
        server.now = now
        if playing:
            server.play()
        server.tell()
        server.host.datagrams_to_send(now)
        self.close_round(playing)
        news.listeners = listeners

    def close_round(self, playing: bool) -> None:
        """Do what the loop does after a tick."""
        if playing:
            self.server.ticks += 1
            if self.server.due_to_look:
                self.server.measure_pings()

    def try_last(self, row: Round) -> None:
        """Do the last round, of which it is not known how far it came, and send what comes of it.

        Where that is done is left in memory: whoever dies of it is followed by one who goes round it.
        """
        playing, now, utc, heard = row
        server, memory = self.server, self.memory
        stage, whom = memory.word(TRIAL), memory.word(TRIAL_OF)
        culprit = self.culprit(stage, whom, heard)
        server.utc = utc
        for place, (data, address) in enumerate(heard):
            if address != culprit:
                self.mark(RECEIVING, place)
                server.host.receive_datagram(data, address, now)
        for event in server.host.take_events():
            self.mark(HEARING, max(0, event.peer.tag))
            server.hear_one(event, now)
        server.clients.put_out_late(now)
        server.now = now
        for arena in server.arenas if playing else []:
            if arena.empty:
                continue
            self.mark(PLAYING, arena.number)
            if (stage, whom) == (PLAYING, arena.number):
                log.error("arena starts over: the process died in it twice", arena=arena.number)
                arena.start_over()
            else:
                server.play_one(arena)
        server.tell()
        self.put_out(culprit, now)
        server.send(now)
        self.close_round(playing)

    def mark(self, stage: int, whom: int) -> None:
        """Leave in memory what is tried now."""
        self.memory.set(TRIAL_OF, whom)
        self.memory.set(TRIAL, stage)

    def culprit(self, stage: int, whom: int, heard: Datagrams) -> bytes:
        """Return the address whose datagrams the process before died of; empty if of none.

        Those of the round go to quarantine.
        """
        address = b""
        if stage == RECEIVING and whom < len(heard):
            address = heard[whom][1]
        elif stage == HEARING and whom in self.server.clients.by_number:
            address = self.server.clients.by_number[whom].peer.address
        if address:
            bad = [data for data, sender in heard if sender == address]
            shown = self.server.socket.address_text(address)
            log.error("client dropped: the process died of it twice", address=shown)
            with suppress(OSError):
                quarantine(self.directory / "quarantine", bad)
        return address

    def put_out(self, address: bytes, now: float) -> None:
        """Put out the client at *address*, if there is one."""
        for client in list(self.server.clients.by_number.values()):
            if address and client.peer.address == address:
                reason = "the server could not take what you sent"
                self.server.clients.put_out(client, messages.REFUSED_GARBAGE, reason, now)


def round_of(record: bytes) -> Round:
    """Return the round that note() wrote."""
    playing, now, utc, heard = marshal.loads(record)
    return playing, now, datetime.fromtimestamp(utc, UTC), heard


def quarantine(directory: Path, datagrams: list[bytes]) -> None:
    """Keep *datagrams* as files, the newest QUARANTINED of all. Raises OSError."""
    directory.mkdir(exist_ok=True)
    began = time_ns()
    for number, data in enumerate(datagrams[-QUARANTINED:]):
        (directory / f"{began + number}.bin").write_bytes(data)
    for old in sorted(directory.glob("*.bin"))[:-QUARANTINED]:
        old.unlink(missing_ok=True)
