"""A client without a screen: joins, sends usercmds, keeps what the snapshots tell. Sans-I/O.

  datagram -> receive_datagram() -> messages and snapshots -> the attributes below, `events`
  usercmd() once a tick -> datagrams_to_send()

The same bytes as any other client's: bots, load and tests play through it.
"""

from dataclasses import replace
from typing import Protocol

from tremble.errors import ProtocolError
from tremble.net import enet, messages, password, usercmds
from tremble.net.enet import Host, Peer
from tremble.net.messages import (
    CHANNEL_RELIABLE,
    CHANNEL_SNAPSHOT,
    CHANNEL_USERCMD,
    CHANNELS,
    CONNECT_DATA,
    NO_SLOT,
    PROTOCOL_VERSION,
    Challenge,
    Chat,
    ChatLine,
    Join,
    MapChange,
    MatchOver,
    PhaseInfo,
    PlayerInfo,
    Prove,
    Refused,
    Score,
    Scores,
    Seat,
    Spectate,
    Welcome,
)
from tremble.net.snapshot import Decoder, Frame, Snapshot
from tremble.sim.state import Event, Usercmd

CONNECTING = 0
JOINING = 1
PLAYING = 2
GONE = 3

#: Commands sent again whether or not a snapshot shows that they were executed.
MIN_REPEATED = usercmds.MIN_COUNT - 1


class SnapshotDecoder(Protocol):
    """What reads snapshots; see net.snapshot.Decoder."""

    def decode(self, data: bytes) -> Snapshot | None: ...


class Client:
    """One client of the server at *address*; *seed* makes its ENet numbers, *key* its player id.

    With a *ticket* (see `Api.join`) it plays as the account that the ticket was given to.
    """

    def __init__(
        self,
        address: bytes,
        name: str,
        key: bytes,
        flags: int,
        seed: int,
        now: float,
        password: str = "",
        ticket: bytes = b"",
    ) -> None:
        self.password = password
        self.ticket = ticket
        self.asked: Challenge | None = None  # the server has a password
        self.name = name
        self.key = key
        self.flags = flags
        self.state = CONNECTING
        self.host = Host(1, CHANNELS, seed, accepts=False)
        self.peer: Peer = self.host.connect(address, CHANNELS, CONNECT_DATA, now)
        self.welcome: Welcome | None = None  # another one after each change of the level
        self.refused: Refused | None = None
        self.slot = -1
        self.queue = 0
        self.players: dict[int, PlayerInfo] = {}
        self.phase: PhaseInfo | None = None
        self.scores: list[Score] = []
        self.match_over: MatchOver | None = None
        self.chat: list[Chat] = []
        self.snapshot: Snapshot | None = None
        self.snapshots = 0
        self.undecodable = 0
        self.bytes_received = 0
        self.events: list[tuple[int, Event]] = []
        self.events_to = 0  # newest tick of which an event was taken
        self.command_tick = 0
        self.behind = 0  # how much later than `frame` others are shown, in sixteenths of a tick
        self.commands: list[Usercmd] = []  # those that are sent again, newest first
        self.decoder: SnapshotDecoder = Decoder()

    @property
    def frame(self) -> Frame | None:
        """The newest tick that is known."""
        return self.snapshot.frame if self.snapshot is not None else None

    def receive_datagram(self, data: bytes, address: bytes, now: float) -> None:
        """Take one datagram of the server."""
        self.bytes_received += len(data)
        self.host.receive_datagram(data, address, now)
        for event in self.host.take_events():
            if event.kind == enet.CONNECTED:
                self.state = JOINING
                self.send(Join(PROTOCOL_VERSION, self.key, self.flags, self.name, self.ticket))
                self.peer.throttle_configure(5000, 32, 0)
            elif event.kind == enet.DISCONNECTED:
                self.state = GONE
            else:
                self.hear(event.channel, event.data)

    def hear(self, channel: int, data: bytes) -> None:
        """Take one packet; what cannot be read is counted and left."""
        try:
            if channel == CHANNEL_SNAPSHOT:
                self.hear_snapshot(data)
            elif channel == CHANNEL_RELIABLE:
                self.hear_message(messages.decode(data))
        except ProtocolError:
            self.undecodable += 1

    def hear_snapshot(self, data: bytes) -> None:
        snapshot = self.decoder.decode(data)
        if snapshot is None:
            self.undecodable += 1
            return
        self.snapshots += 1
        if self.snapshot is not None and snapshot.frame.tick <= self.snapshot.frame.tick:
            return
        self.snapshot = snapshot
        fresh = [told for told in snapshot.events if told[0] > self.events_to]
        if fresh:
            self.events += fresh
            self.events_to = fresh[-1][0]
        low = snapshot.usercmd
        self.commands = [
            command
            for i, command in enumerate(self.commands)
            if i < MIN_REPEATED or (command.tick - low - 1) & 0xFFFF < 0x8000
        ]

    def hear_message(self, message: object) -> None:
        if isinstance(message, Welcome):
            self.welcome = message
            self.state = PLAYING
        elif isinstance(message, Challenge):
            self.prove(message)
        elif isinstance(message, Refused):
            self.refused = message
        elif isinstance(message, MapChange) and self.welcome is not None:
            self.welcome = replace(
                self.welcome, mode=message.mode, map=message.map, map_digest=message.map_digest
            )
        elif isinstance(message, Seat):
            self.slot = -1 if message.slot == NO_SLOT else message.slot
            self.queue = message.queue
        elif isinstance(message, PlayerInfo):
            if message.name:
                self.players[message.slot] = message
            else:
                self.players.pop(message.slot, None)
        else:
            self.hear_match(message)

    def prove(self, asked: Challenge) -> None:
        """Show that we know the password, if we do and the question is not too cheap to guess from."""
        self.asked = asked
        if self.password and password.ROUNDS <= asked.rounds <= password.MAX_ROUNDS:
            secret = password.secret_of(self.password, asked.salt, asked.rounds)
            self.send(Prove(password.proof(secret, asked.nonce, self.key)))

    def hear_match(self, message: object) -> None:
        """Take a message about the match."""
        if isinstance(message, PhaseInfo):
            self.phase = message
        elif isinstance(message, Scores):
            self.scores = message.lines
        elif isinstance(message, MatchOver):
            self.match_over = message
        elif isinstance(message, Chat):
            self.chat.append(message)

    def take_events(self) -> list[tuple[int, Event]]:
        """Return what happened since the last call, with its ticks."""
        found = self.events
        self.events = []
        return found

    def usercmd(self, command: Usercmd) -> None:
        """Ask for *command* on this client's next tick; its tick is set here."""
        if self.state != PLAYING:
            return
        self.command_tick += 1
        command.tick = self.command_tick
        self.commands.insert(0, command)
        del self.commands[usercmds.MAX_COUNT :]
        held = self.frame.tick if self.frame is not None else 0
        data = usercmds.encode(self.commands, held, self.behind)
        self.peer.send(CHANNEL_USERCMD, data, enet.UNSEQUENCED)

    def say(self, text: str) -> None:
        """Say *text* to everybody."""
        self.send(ChatLine(text))

    def spectate(self, on: bool) -> None:
        """Leave the game to watch, or queue for a slot."""
        self.send(Spectate(int(on)))

    def send(self, message: object) -> None:
        """Send a reliable message."""
        self.peer.send(CHANNEL_RELIABLE, messages.encode(message), enet.RELIABLE)

    def leave(self, now: float) -> None:
        """Say goodbye; the connection ends once the server has heard it."""
        self.peer.disconnect(0, now)

    def datagrams_to_send(self, now: float) -> list[tuple[bytes, bytes]]:
        """Return what is to be sent; also notices a server that has gone."""
        found = self.host.datagrams_to_send(now)
        for event in self.host.take_events():
            if event.kind == enet.DISCONNECTED:
                self.state = GONE
        return found
