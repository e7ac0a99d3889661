"""An arena: one place for a match in the process. It outlives matches; its people stay.

A tick: take each player's command, step the world, let the match count, seat and move people, then
say what changed. What is to be sent waits in `outgoing` until the loop takes it.
"""

import traceback
from collections.abc import Callable
from datetime import datetime

from tremble.log import logger
from tremble.match.header import Entrant, Header
from tremble.match.match import (
    INTERMISSION,
    OVER,
    PHASE_NAMES,
    WARMUP,
    Match,
    MatchSettings,
    play,
)
from tremble.match.modes import Mode
from tremble.match.playback import limits_of
from tremble.match.players import Member, PlayerManager
from tremble.match.tally import Who
from tremble.net import messages
from tremble.net.messages import (
    CHANNEL_RELIABLE,
    NO_SLOT,
    PROTOCOL_VERSION,
    Chat,
    MapChange,
    MatchOver,
    PhaseInfo,
    PlayerInfo,
    Score,
    Scores,
    Seat,
)
from tremble.net.session import Session
from tremble.net.sessions import Packet, show_all, take_commands
from tremble.net.snapshot import Encoder, view
from tremble.result import MatchResult
from tremble.server.fairness import Fairness, with_fair_play
from tremble.server.news import News
from tremble.server.replays import Recording, Replays
from tremble.server.telemetry import Witness
from tremble.sim import state, step
from tremble.sim.level import ITEM_NAMES, Level
from tremble.sim.rewind import Rewind, backs_of
from tremble.sim.state import EV_FRAG, MOD_NAMES, Event
from tremble.sim.tuning import RULES

log = logger("arena")

#: Under which name the server itself says something.
SERVER_NAME = "server"
#: Ticks between two scoreboards that only tell new pings.
PING_EVERY = 120


class Arena:
    """One match after the other on *level*; *new_id* gives each match its id.

    Without *replays* nothing is recorded.
    """

    def __init__(
        self,
        number: int,
        level: Level,
        mode: Mode,
        settings: MatchSettings,
        server_id: str,
        new_id: Callable[[], str],
        replays: Replays | None = None,
    ) -> None:
        self.number = number
        self.level = level
        self.mode = mode
        self.settings = settings
        self.server_id = server_id
        self.new_id = new_id
        self.held = False  # no match begins
        self.anti_cheat = True
        self.fairness: Fairness | None = None
        self.snapshot_every = 1  # ticks between two snapshots to the same client
        self.replays = replays
        self.recording: Recording | None = None
        self.next_up: tuple[Level, Mode] | None = None
        #: Asked after each match what is played next; None: the same again.
        self.rotation: Callable[[], tuple[Level, Mode] | None] | None = None
        self.sessions: dict[int, Session] = {}
        self.outgoing: list[Packet] = []
        self.news = News()  # the server's own, once it has one
        self.witness = Witness()
        self.reset()

    def reset(self) -> None:
        """Start over with a new world and match, and nobody in them."""
        self.stop_recording()
        self.witness.drop(lost=False)
        match_id = self.new_id()
        self.seed = int(match_id[:8], 16)
        self.world = step.new_world(self.level, self.seed)
        self.rewind = Rewind(self.world.tick + 1)
        self.item_names = [ITEM_NAMES[item.kind] for item in self.level.items]
        self.match = Match(self.mode, self.settings, match_id, self.item_names)
        self.members = PlayerManager(self.mode)
        self.encoder = Encoder()
        self.changes = -1
        self.phase = -1
        self.started_at: datetime | None = None
        self.matches = 0

    @property
    def empty(self) -> bool:
        return not self.members.members

    def join(self, session: Session, watching: bool) -> None:
        """Let the joined *session* in and tell it all that it must know."""
        self.sessions[session.number] = session
        session.told_to = self.world.tick  # what happened before is no news
        self.witness.came(session.number, self.world.tick)
        who = Who(session.player_id, session.name, session.bot)
        self.members.add(Member(session.number, who, watching))
        for member in self.members.members.values():
            if member.slot >= 0:
                self.send(session.number, info(member.slot, member.who))
        self.send(session.number, self.phase_info())
        self.send(session.number, self.scores())
        self.send_seat(session.number)

    def leave(self, number: int) -> None:
        """The session *number* is gone."""
        member = self.members.remove(number)
        self.sessions.pop(number, None)
        self.witness.went(number)
        if member is not None and member.slot >= 0:
            self.vacate(member.slot)
        if self.empty:
            if self.next_up is not None:
                self.level, self.mode = self.next_up
                self.next_up = None
            self.reset()

    def watch(self, number: int, on: bool) -> None:
        """The session *number* gives up its slot to watch, or queues for one."""
        slot = self.members.members[number].slot
        self.members.watch(number, on)
        self.witness.went(number)
        self.witness.came(number, self.world.tick)
        if on and slot >= 0:
            self.vacate(slot)
            self.sessions[number].take_slot(-1)
        self.send_seat(number)

    def vacate(self, slot: int) -> None:
        """Nobody plays in *slot* any more."""
        if self.fairness is not None:
            self.fairness.leave(slot, self.match.tallies.get(slot))
        self.witness.leave(slot, self.world.tick)
        self.match.leave(slot)
        step.leave(self.world, slot)
        if self.recording is not None:
            self.recording.leave(slot)
        self.broadcast(info(slot, None))

    def say(self, number: int, text: str) -> None:
        """Pass on what the session *number* says."""
        member = self.members.members[number]
        slot = member.slot if member.slot >= 0 else NO_SLOT
        self.broadcast(Chat(slot, member.who.name, text))
        self.news.tell("chat", arena=self.number, number=number, name=member.who.name, text=text)

    def announce(self, text: str) -> None:
        """Say *text* to everybody here, as the server."""
        self.broadcast(Chat(NO_SLOT, SERVER_NAME, text))
        self.news.tell("chat", arena=self.number, number=0, name=SERVER_NAME, text=text)

    def announce_to(self, number: int, text: str) -> None:
        """Say *text* to the session *number* alone, as the server."""
        self.send(number, Chat(NO_SLOT, SERVER_NAME, text))

    def start_over(self) -> None:
        """Drop the match that failed, keep the people, begin again with them.

        To be called while the exception is handled: it is kept with the replay.
        """
        if self.recording is not None:
            self.recording.fail(traceback.format_exc())
            self.recording = None
        self.witness.drop(lost=self.match.counts)
        sessions = list(self.sessions.values())
        watching = {m.number for m in self.members.members.values() if m.watching}
        tick = self.world.tick
        self.reset()
        self.go_on_from(tick)
        for session in sessions:
            session.take_slot(-1)
            self.join(session, session.number in watching)

    def change_settings(self, settings: MatchSettings) -> None:
        """Let *settings* hold for the next match, and for this one if it has not begun."""
        self.settings = settings
        if self.match.phase == WARMUP:
            self.match.settings = settings
            self.changes = -1

    def go_on_from(self, tick: int) -> None:
        """Count ticks on: clients would take one that goes back for an old one."""
        self.world.tick = tick
        self.rewind = Rewind(tick + 1)

    def change_level(self, level: Level, mode: Mode) -> bool:
        """Play *level* in *mode* once no match counts any more, with everybody staying.

        True: it is played from now on. False: it will be when the match is over.
        """
        self.next_up = level, mode
        if self.match.counts or self.match.phase == INTERMISSION:
            return False
        self.take_level()
        return True

    def take_level(self) -> None:
        """Begin a new match on the level that is next; those who play keep the first slots."""
        assert self.next_up is not None
        self.level, self.mode = self.next_up
        self.next_up = None
        members = list(self.members.members.values())
        order = self.members.queue
        playing = sorted((m for m in members if m.slot >= 0), key=lambda m: m.slot)
        waiting = [self.members.members[number] for number in order]
        watching = [m for m in members if m.watching]
        tick, matches = self.world.tick, self.matches
        for member in playing:
            self.broadcast(info(member.slot, None))
        self.reset()
        self.go_on_from(tick)
        self.matches = matches
        self.broadcast(MapChange(tick, self.mode.name, self.level.name, self.level.digest))
        log.info("level", arena=self.number, map=self.level.name, mode=self.mode.name)
        for member in [*playing, *waiting, *watching]:
            session = self.sessions[member.number]
            session.take_slot(-1)
            self.join(session, member.watching)

    def tick(self, utc: datetime) -> MatchResult | None:
        """Play one tick at wall time *utc*; return the result of a match that has just ended."""
        commands = take_commands(self.sessions)
        self.match.held = self.held
        backs = backs_of(self.world, commands)
        if self.recording is not None:
            self.recording.before(commands, backs)
        events = play(self.world, self.match, self.rewind, commands, backs)
        if self.recording is not None:
            self.recording.after(self.world)
        if self.fairness is not None:
            self.fairness.see(self.world.tick, commands, events)
        self.witness.see(self.world, events, self.sessions.values())
        self.tell_kills(events)
        result = self.follow_phase(utc)
        self.seat()
        self.tell_changes()
        self.show(events)
        return result

    def follow_phase(self, utc: datetime) -> MatchResult | None:
        """Act on a change of phase; return the result when the match has just ended."""
        phase = self.match.phase
        if phase == self.phase:
            return None
        self.phase = phase
        facts = {"phase": PHASE_NAMES[phase], "match_id": self.match.match_id}
        log.info("phase", arena=self.number, **facts)
        self.news.tell("phase", arena=self.number, **facts)
        if self.match.counts and self.started_at is None:
            self.started_at = utc
            self.start_recording(utc)
            self.fairness = Fairness() if self.anti_cheat else None
            members = self.members.members.values()
            playing = [(m.slot, m.number, m.who.player_id) for m in members if m.slot >= 0]
            self.witness.begin(self.world.tick, playing)
        if phase == INTERMISSION:
            return self.finish(utc)
        if phase == OVER:
            self.next_match()
        return None

    def finish(self, utc: datetime) -> MatchResult | None:
        """Tell who has won, and return the record."""
        self.matches += 1
        winner = self.match.winner()
        ended_by = self.match.ended_by or ""
        slot = NO_SLOT if winner is None else winner
        self.broadcast(MatchOver(slot, ended_by, self.match.match_id))
        self.news.tell(
            "over",
            arena=self.number,
            match_id=self.match.match_id,
            ended_by=ended_by,
            winner="" if winner is None else self.match.tallies[winner].who.name,
        )
        started = self.started_at or utc
        result = self.match.result(self.server_id, self.level.name, started, utc)
        if self.recording is not None and result is not None:
            self.recording.end(self.world, result)
            self.recording = None
        self.stop_recording()
        if self.fairness is not None:
            found = self.fairness.judge(self.match.match_id, self.match.tallies)
            # After the replay, which says what anybody may know.
            result = with_fair_play(result, found) if result is not None else None
            self.fairness = None
        crashes = self.replays.take_cut() if self.replays is not None and result is not None else 0
        return self.witness.end(result, self.world, crashes, self.sessions.values())

    def start_recording(self, utc: datetime) -> None:
        """The match begins to count."""
        if self.replays is None:
            return
        tallies = self.match.tallies.items()
        header = Header(
            rules=RULES,
            protocol=PROTOCOL_VERSION,
            match_id=self.match.match_id,
            server_id=self.server_id,
            mode=self.mode.name,
            map=self.level.name,
            map_digest=self.level.digest,
            seed=self.seed,
            started_at=utc,
            settings=limits_of(self.match.settings),
            players=[Entrant(s, t.who.player_id, t.who.name, t.who.bot) for s, t in tallies],
            world=state.pack(self.world),
        )
        self.recording = Recording(self.replays, header)

    def stop_recording(self) -> None:
        """What is being recorded comes to nothing."""
        if self.recording is not None:
            self.recording.drop()
            self.recording = None

    def next_match(self) -> None:
        """Make room for those who wait, and begin the next match with those who stay."""
        for member in self.members.rotate(self.match.winner()):
            session = self.sessions[member.number]
            self.vacate(session.slot)
            session.take_slot(-1)
            self.send_seat(member.number)
        if self.next_up is None and self.rotation is not None:
            self.next_up = self.rotation()
        if self.next_up is not None:
            self.take_level()
            return
        self.match = Match(self.mode, self.settings, self.new_id(), self.item_names)
        self.started_at = None
        self.world.frozen = False
        step.restart(self.world)
        for member in self.members.members.values():
            if member.slot >= 0:
                self.match.enter(member.slot, member.who)

    def seat(self) -> None:
        """Give free slots to those who wait; a duel takes nobody in once it counts."""
        if not self.members.queue or (self.match.phase != WARMUP and self.mode.slots == 2):
            return
        for member in self.members.fill():
            session = self.sessions[member.number]
            session.take_slot(member.slot)
            step.join(self.world, member.slot)
            self.match.enter(member.slot, member.who)
            self.witness.enter(member.slot, member.number, member.who.player_id, self.world.tick)
            if self.recording is not None:
                self.recording.join(member.slot, member.who)
            self.broadcast(info(member.slot, member.who))
            self.send_seat(member.number)
        for number in self.members.queue:
            self.send_seat(number)

    def tell_kills(self, events: list[Event]) -> None:
        """Make the frags among *events* news."""
        for event in events:
            if event.kind == EV_FRAG and event.b in self.match.tallies:
                attacker = self.match.tallies.get(event.a)
                self.news.tell(
                    "kill",
                    arena=self.number,
                    attacker=attacker.who.name if attacker is not None else "",
                    victim=self.match.tallies[event.b].who.name,
                    means=MOD_NAMES[event.means],
                )

    def tell_changes(self) -> None:
        """Send phase and scoreboard if they are not what everybody knows."""
        if self.match.changes != self.changes:
            self.changes = self.match.changes
            self.broadcast(self.phase_info())
            self.broadcast(self.scores())
        elif self.world.tick % PING_EVERY == 0:
            self.broadcast(self.scores())

    def show(self, events: list[Event]) -> None:
        """Send each session its snapshot of this tick."""
        self.encoder.add(view(self.world, events))
        show_all(self.sessions, self.encoder, self.world.tick, self.snapshot_every, self.outgoing)

    def phase_info(self) -> PhaseInfo:
        match = self.match
        return PhaseInfo(
            match.phase, match.since, match.ends, match.settings.frag_limit, match.match_id
        )

    def scores(self) -> Scores:
        """Return the scoreboard, highest first."""
        lines = []
        for slot, tally in sorted(self.match.tallies.items(), key=lambda e: (-e[1].score, e[0])):
            member = self.members.in_slot(slot)
            session = self.sessions.get(member.number) if member else None
            ping = min(session.ping_ms, 65535) if session else 0
            lines.append(Score(slot, tally.score, tally.kills, tally.deaths, ping))
        return Scores(lines)

    def send_seat(self, number: int) -> None:
        """Tell the session *number* its slot and its place in the queue."""
        slot = self.members.members[number].slot
        queue = min(self.members.queue_place(number), 255)
        self.send(number, Seat(slot if slot >= 0 else NO_SLOT, queue))

    def send(self, number: int, message: object) -> None:
        """Send *message* to the session *number*."""
        self.outgoing.append((number, CHANNEL_RELIABLE, messages.encode(message)))

    def broadcast(self, message: object) -> None:
        """Send *message* to every session here."""
        data = messages.encode(message)
        for number in self.sessions:
            self.outgoing.append((number, CHANNEL_RELIABLE, data))


def info(slot: int, who: Who | None) -> PlayerInfo:
    """Return the message that tells who has *slot*."""
    if who is None:
        return PlayerInfo(slot, 0, "", "")
    return PlayerInfo(slot, messages.JOIN_BOT if who.bot else 0, who.player_id, who.name)
