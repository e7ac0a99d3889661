"""The clients of a process, from connect to gone: who is let in, into which arena, who is put out."""

import unicodedata
from collections import Counter
from collections.abc import Callable

import msgspec

from tremble.log import logger
from tremble.net import enet, messages
from tremble.net.enet import Peer
from tremble.net.messages import Challenge, ChatLine, Join, Prove, Refused, Spectate, Welcome
from tremble.net.session import CLOSING, Session
from tremble.net.sessions import late_ones
from tremble.server.admission import Person
from tremble.server.arena import Arena
from tremble.server.house import House
from tremble.server.news import News
from tremble.server.password import Gate
from tremble.server.udp import UdpSocket
from tremble.sim.tuning import TICK_RATE
from tremble.ticket import TicketError

log = logger("server")

#: ENet's throttle so that it never drops our own snapshots: interval in ms, up, down of 32.
THROTTLE = (5000, 32, 0)
#: A peer that answers nothing is gone after 3 to 10 s: a player who crashed frees the slot.
TIMEOUT = (32, 3000, 10000)
LOOPBACK = ("127.0.0.1", "[::1]", "[::ffff:127.0.0.1]")


class Listing(msgspec.Struct, frozen=True):
    """What the master list is told beside: *advertise* is HOST, HOST:PORT, or empty for where we are."""

    advertise: str = ""
    region: str = ""
    tags: list[str] = []


class Options:
    """What a game server is called, what it plays and whom it lets in.

    *per_address* is the most connections from one address; loopback is exempt. *lan*: it shows itself
    to its local network. *rate_limit*: who asks or says too much in a second is not heard. *max_ping*
    in ms, 0: any. *require_ticket*: only who shows one of the record may join.
    """

    def __init__(
        self,
        name: str,
        port: int,
        mode: str,
        max_players: int,
        per_address: int,
        public: bool,
        lan: bool,
        *,
        rate_limit: bool = True,
        max_ping: int = 0,
        max_loss: float = 1.0,
        anti_cheat: bool = True,
        password: str = "",
        listing: Listing = Listing(),  # noqa: B008  frozen
        require_ticket: bool = False,
    ) -> None:
        self.name = name
        self.port = port
        self.mode = mode
        self.max_players = max_players
        self.per_address = per_address
        self.public = public
        self.lan = lan
        self.rate_limit = rate_limit
        self.max_ping = max_ping
        self.max_loss = max_loss
        self.anti_cheat = anti_cheat
        self.password = password
        self.listing = listing
        self.require_ticket = require_ticket


class Client:
    """A connected peer with its session, and its arena once it has joined."""

    def __init__(self, peer: Peer, session: Session, host: str) -> None:
        self.peer = peer
        self.session = session
        self.host = host
        self.arena: Arena | None = None
        self.asked: Challenge | None = None
        self.wants: Join | None = None  # once the password is shown
        self.ratings: dict[
            str, tuple[int, int]
        ] = {}  # rating and deviation by board, of its ticket


class Clients:
    """All clients of the process, by session number."""

    def __init__(
        self, options: Options, arenas: list[Arena], sock: UdpSocket, news: News, house: House
    ) -> None:
        self.options = options
        self.arenas = arenas
        self.socket = sock
        self.news = news
        self.house = house
        #: Obeys what is typed as chat but is a command; False: it is to be said.
        self.commanded: Callable[[Client, str], bool] = lambda client, text: False
        self.gate = Gate(options.password)
        self.by_number: dict[int, Client] = {}
        self.sessions: dict[int, Session] = {}  # of all of them
        self.peers: dict[int, Peer] = {}  # of those in an arena
        self.refused: Counter[int] = Counter()  # by the code told
        self.next_number = 1

    def connected(self, peer: Peer, now: float) -> None:
        """A peer has connected: give it a session that waits for JOIN."""
        peer.throttle_configure(*THROTTLE)
        peer.set_timeout(*TIMEOUT)
        peer.tag = self.next_number
        self.next_number += 1
        host = self.socket.address_text(peer.address).rpartition(":")[0]
        client = Client(peer, Session(peer.tag, now), host)
        barred = self.house.barred(host, "")
        client.session.limited = self.options.rate_limit
        same = sum(1 for other in self.by_number.values() if other.host == host)
        self.by_number[peer.tag] = client
        self.sessions[peer.tag] = client.session
        if barred is not None:
            self.put_out(client, messages.REFUSED_BANNED, barred, now)
        elif same >= self.options.per_address and host not in LOOPBACK:
            self.put_out(client, messages.REFUSED_ADDRESS, "too many from your address", now)

    def gone(self, client: Client) -> None:
        """The connection of *client* has ended."""
        del self.by_number[client.session.number]
        del self.sessions[client.session.number]
        self.take_out(client)

    def put_out(self, client: Client, code: int, reason: str, now: float) -> None:
        """Tell *client* why it cannot stay, and end the connection once it has been told."""
        session = client.session
        if session.state == CLOSING:
            return
        session.close()
        self.refused[code] += 1
        log.info("put out", address=client.host, name=session.name, reason=reason)
        data = messages.encode(Refused(code, reason))
        client.peer.send(messages.CHANNEL_RELIABLE, data, enet.RELIABLE)
        client.peer.disconnect_later(code, now)
        self.take_out(client)

    def take_out(self, client: Client) -> None:
        """*client* leaves its arena, if it is in one."""
        if client.arena is None:
            return
        session = client.session
        client.arena.leave(session.number)
        client.arena = None
        del self.peers[session.number]
        log.info("left", player_id=session.player_id, name=session.name)
        self.news.tell(
            "leave", number=session.number, player_id=session.player_id, name=session.name
        )

    def heard(self, client: Client, channel: int, data: bytes, now: float) -> None:
        """*client* has sent a packet: do what it asks for."""
        message = client.session.hear(channel, data, now)
        if message is None:
            if client.session.broken:
                self.put_out_broken(client.session.number, now)
        elif isinstance(message, Join):
            self.knock(client, message, now)
        elif isinstance(message, Prove):
            self.prove(client, message, now)
        elif client.arena is None:
            return
        elif isinstance(message, ChatLine):
            text = clean(message.text, messages.MAX_CHAT)
            if not text or self.commanded(client, text):
                return
            if client.session.player_id not in self.house.muted:
                client.arena.say(client.session.number, text)
        elif isinstance(message, Spectate):
            client.arena.watch(client.session.number, bool(message.on))

    def put_out_late(self, now: float) -> None:
        """Put out whoever has connected but does not join."""
        for number in late_ones(self.sessions, now):
            reason = "no JOIN message came in time"
            self.put_out(self.by_number[number], messages.REFUSED_TIMEOUT, reason, now)

    def put_out_broken(self, number: int, now: float) -> None:
        """Put out the client *number*, who has sent too much garbage."""
        client = self.by_number[number]
        self.put_out(client, messages.REFUSED_GARBAGE, "too many malformed packets", now)

    def put_out_banned(self, now: float) -> None:
        """Put out whom a ban meets."""
        for client in list(self.by_number.values()):
            told = self.house.barred(client.host, client.session.player_id)
            if told is not None:
                self.put_out(client, messages.REFUSED_BANNED, told, now)

    def put_out_all(self, code: int, reason: str, now: float) -> None:
        """Put everybody out."""
        for client in list(self.by_number.values()):
            self.put_out(client, code, reason, now)

    def knock(self, client: Client, join: Join, now: float) -> None:
        """*client* wants to join: ask for the password if there is one; loopback is exempt."""
        if join.protocol != messages.PROTOCOL_VERSION:
            self.join(client, join, now)  # which says that it cannot
            return
        self.gate = self.gate.changed(self.options.password)
        if not self.options.password or client.host in LOOPBACK:
            self.join(client, join, now)
            return
        wait = self.gate.lockout.locked(client.host.strip("[]"), now)
        if wait:
            reason = f"too many wrong passwords; try again in {wait:.0f} s"
            self.put_out(client, messages.REFUSED_PASSWORD, reason, now)
            return
        client.wants = join
        client.asked = self.gate.challenge(self.house.draws.take(16))
        data = messages.encode(client.asked)
        client.peer.send(messages.CHANNEL_RELIABLE, data, enet.RELIABLE)

    def prove(self, client: Client, shown: Prove, now: float) -> None:
        """*client* answers the challenge: one answer for each."""
        join, asked, client.wants, client.asked = client.wants, client.asked, None, None
        if join is None or asked is None:
            return
        if self.gate.opens(asked, join, shown, client.host.strip("[]"), now):
            self.join(client, join, now)
        else:
            self.put_out(client, messages.REFUSED_PASSWORD, "wrong password", now)

    def join(self, client: Client, join: Join, now: float) -> None:
        """Let *client* into an arena, or say why not."""
        refusal = self.refusal(join)
        if refusal is not None:
            self.put_out(client, refusal[0], refusal[1], now)
            return
        # Bots of this machine have no account.
        own_bot = join.flags & messages.JOIN_BOT and client.host in LOOPBACK
        required = self.options.require_ticket and not own_bot
        try:
            person = self.house.admission.person(join, required)
        except TicketError as error:
            self.put_out(client, messages.REFUSED_TICKET, str(error), now)
            return
        refusal = self.refusal_of(client, person)
        if refusal is not None:
            self.put_out(client, refusal[0], refusal[1], now)
            return
        self.let_in(client, join, person, now)

    def let_in(self, client: Client, join: Join, person: Person, now: float) -> None:
        """Let *client* into an arena as *person*; a session that the same person has is put out."""
        player_id, name = person.player_id, clean(person.name, messages.MAX_NAME)
        bot = bool(join.flags & messages.JOIN_BOT)
        for other in list(self.by_number.values()):
            if other.session.player_id == player_id and other is not client:
                reason = "you have joined again from elsewhere"
                self.put_out(other, messages.REFUSED_DUPLICATE, reason, now)
        client.session.join(player_id, name, bot)
        client.ratings = person.ratings
        arena = self.arena_for(client)
        client.arena = arena
        self.peers[client.session.number] = client.peer
        welcome = Welcome(
            protocol=messages.PROTOCOL_VERSION,
            tick=arena.world.tick,
            tick_rate=TICK_RATE,
            player_id=player_id,
            server_name=self.options.name,
            mode=arena.mode.name,
            map=arena.level.name,
            map_digest=arena.level.digest,
        )
        client.peer.send(messages.CHANNEL_RELIABLE, messages.encode(welcome), enet.RELIABLE)
        arena.join(client.session, bool(join.flags & messages.JOIN_SPECTATE))
        log.info("joined", player_id=player_id, name=name, address=client.host)
        self.news.tell(
            "join",
            arena=arena.number,
            number=client.session.number,
            player_id=player_id,
            name=name,
            bot=client.session.bot,
            address=client.host,
        )

    def refusal(self, join: Join) -> tuple[int, str] | None:
        """Return code and reason for not letting *join* in, whoever it is of; None if it may."""
        if join.protocol != messages.PROTOCOL_VERSION:
            older = "client" if join.protocol < messages.PROTOCOL_VERSION else "server"
            return messages.REFUSED_PROTOCOL, (
                f"you speak protocol {join.protocol}, this server {messages.PROTOCOL_VERSION}: "
                f"the {older} is too old"
            )
        if self.house.drain.on:
            return messages.REFUSED_STOPPING, self.house.drain.reason
        joined = sum(1 for client in self.by_number.values() if client.arena is not None)
        if joined >= self.options.max_players:
            return messages.REFUSED_FULL, f"the server is full ({self.options.max_players})"
        return None

    def refusal_of(self, client: Client, person: Person) -> tuple[int, str] | None:
        """Return code and reason for not letting *person* in; None if it may."""
        if not clean(person.name, messages.MAX_NAME):
            return messages.REFUSED_NAME, "a name needs at least one visible character"
        barred = self.house.barred(client.host, person.player_id)
        if barred is not None:
            return messages.REFUSED_BANNED, barred
        return None

    def arena_for(self, client: Client) -> Arena:
        """Return the first arena with a free slot, else the one with the fewest people."""
        for arena in self.arenas:
            players = [m for m in arena.members.members.values() if not m.watching]
            if len(players) < arena.mode.slots:
                return arena
        return min(self.arenas, key=lambda arena: len(arena.members.members))


def clean(text: str, length: int) -> str:
    """Return *text* without control characters and outer or repeated spaces, cut to *length*."""
    seen = [c if unicodedata.category(c)[0] != "C" else " " for c in text]
    return " ".join("".join(seen).split())[:length].rstrip()
