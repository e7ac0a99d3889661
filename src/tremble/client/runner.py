"""Runs bots against a server over UDP: one process, one socket each, one plain loop at 60 Hz.

  state     leaves for   when
  --------------------------------------------------------------------------------------
  waiting   connected    the time to try (again) has come
  connected waiting      refused, the server is gone, or its map cannot be played
            ended        refused for a reason that will not pass

The level is found by the name in Welcome, and must be the server's to the byte.
"""

import secrets
import selectors
import socket
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Protocol

from tremble import maps
from tremble.client import client as states
from tremble.client import navigation
from tremble.client.bots import Bot
from tremble.client.client import Client
from tremble.client.navigation import Graph
from tremble.client.query import resolve
from tremble.client.script import HeadDecoder, Script
from tremble.errors import ConfigError, MapError
from tremble.net.messages import (
    JOIN_BOT,
    MAX_NAME,
    NO_SLOT,
    REFUSED_DUPLICATE,
    REFUSED_NAME,
    REFUSED_PASSWORD,
    REFUSED_PROTOCOL,
    REFUSED_TICKET,
    MatchOver,
    Welcome,
)
from tremble.sim.level import Level
from tremble.sim.state import Usercmd
from tremble.sim.tuning import TICK_RATE

NAMES = (
    "Rumble", "Shiver", "Flint", "Ember", "Gravel", "Static", "Hollow", "Vertigo",
    "Cinder", "Basalt", "Relay", "Quill", "Tremor", "Sable", "Nickel", "Drift",
)  # fmt: skip
#: Seconds until the first and at most until any later try to connect again.
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
#: Seconds without an answer after which a server is taken not to be there.
PATIENCE = 5.0
#: Ticks made up after a stall; what is missing beyond is skipped.
MAX_BEHIND = 5
#: Seconds that leaving may take.
GOODBYE = 0.5
#: Commands waiting at the server beyond those wanted, at which one is left out, at most so often.
MAX_LEAD = 2
SKIP_EVERY = 30
#: Datagrams that each client takes in one tick at most.
MAX_ROUNDS = 16
#: Longest datagram taken.
ROOM = 4096
#: The only address there is: the socket is connected.
SERVER = b"server"
#: Reasons that trying again does not mend.
FOR_GOOD = (REFUSED_PROTOCOL, REFUSED_NAME, REFUSED_DUPLICATE, REFUSED_PASSWORD, REFUSED_TICKET)


class Brain(Protocol):
    """What makes the commands of one client."""

    def usercmd(self, client: Client) -> Usercmd: ...


def bot_key(name: str) -> bytes:
    """Return the key of the bot *name*, always the same, so that its rating grows.

    It is blake2b of "tremble bot" and the name, so anybody may play as it: bots have boards of their own.
    """
    return blake2b(b"tremble bot" + name.encode(), digest_size=16).digest()


def bot_skill(name: str) -> float:
    """Return the skill, 0.35 to 0.9, that the bot *name* has unless told otherwise."""
    return 0.35 + 0.55 * bot_key(name)[0] / 255.0


def bot_names(count: int, names: list[str] | None) -> list[str]:
    """Return *count* different names: *names* (default NAMES), then the same with numbers."""
    known = list(names or NAMES)
    found = []
    for i in range(count):
        number = f" {i // len(known) + 1}" if i >= len(known) else ""
        found.append(known[i % len(known)][: MAX_NAME - len(number)] + number)
    return found


class Levels:
    """The levels played on, each with its graph; *directory* may hold maps of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.known: dict[tuple[str, str], tuple[Level, Graph]] = {}

    def get(self, welcome: Welcome) -> tuple[Level, Graph]:
        """Return the level that *welcome* names. Raises ConfigError if it is not the server's."""
        key = (welcome.map, welcome.map_digest)
        if key not in self.known:
            level = maps.load(welcome.map, self.directory)
            if level.digest != welcome.map_digest:
                raise MapError(
                    f"the server plays another version of {welcome.map} (its digest is "
                    f"{welcome.map_digest}, ours {level.digest}); copy the server's "
                    f"{welcome.map}.map into {self.directory / 'maps'}"
                )
            self.known[key] = (level, navigation.build(level))
        return self.known[key]


class Runner:
    """All the bots of the process."""

    def __init__(self, host: str, port: int, levels: Levels, report: Callable[[str], None]) -> None:
        self.family, self.address = resolve(host, port)
        self.where = f"{host}:{port}"
        self.levels = levels
        self._report = report
        self.selector = selectors.DefaultSelector()
        self.links: list[Link] = []
        self.matches_told: set[str] = set()
        self.password = ""

    def report(self, line: str) -> None:
        """Report *line*; what servers send is not let loose on a terminal."""
        self._report("".join(c if c.isprintable() else " " for c in line))

    def tick(self, now: float) -> None:
        """Hear, think and send for everybody."""
        self.receive(now)
        for link in self.links:
            link.tick(now)

    def receive(self, now: float) -> None:
        """Hand every waiting datagram to its client."""
        for _ in range(MAX_ROUNDS):
            ready = self.selector.select(0)
            for key, _ in ready:
                key.data.receive(now)
            if not ready:
                break

    def leave(self) -> None:
        """Say goodbye for everybody; wait a little for it to be heard."""
        until = monotonic() + GOODBYE
        open_links = [link for link in self.links if link.client is not None]
        for link in open_links:
            link.leave(monotonic())
        while open_links and monotonic() < until:
            self.receive(monotonic())
            for link in open_links:
                link.send(monotonic())
            open_links = [c for c in open_links if c.client and c.client.state != states.GONE]
            sleep(1.0 / TICK_RATE)
        for link in self.links:
            link.close()
        self.selector.close()

    def tell_match(self, over: MatchOver, client: Client) -> None:
        """Report the end of a match, once for all the bots in it."""
        if over.match_id in self.matches_told:
            return
        self.matches_told.add(over.match_id)
        winner = client.players.get(over.winner) if over.winner != NO_SLOT else None
        outcome = f"{winner.name} won" if winner is not None else "nobody won"
        scores = sorted((line.score for line in client.scores), reverse=True)
        board = ":".join(str(score) for score in scores[:4])
        self.report(f"match over: {outcome} {board} ({over.ended_by.replace('_', ' ')})")


class Link:
    """One bot and its way to the server. *brain* is made anew for each level."""

    def __init__(self, runner: Runner, name: str, seed: int, skill: float | None) -> None:
        self.runner = runner
        self.name = name
        self.key = bot_key(name)
        self.seed = seed
        self.random = Random(seed)
        self.skill = skill
        self.sock: socket.socket | None = None
        self.client: Client | None = None
        self.brain: Brain | None = None
        self.played: Welcome | None = None
        self.since = 0.0
        self.try_at = 0.0
        self.pause = FIRST_PAUSE
        self.ended = False
        self.over: MatchOver | None = None
        self.skipped_at = 0

    def tick(self, now: float) -> None:
        """Do what is due now."""
        client = self.client
        if client is None:
            if not self.ended and now >= self.try_at:
                self.connect(now)
            return
        if client.refused is not None:
            self.ended = client.refused.code in FOR_GOOD
            self.drop(f"refused: {client.refused.reason}", now)
        elif client.state == states.GONE:
            self.drop("the server is gone", now)
        elif client.asked is not None and not client.password:
            self.ended = True
            self.drop("the server has a password: give it with --password", now)
        elif client.welcome is None and now - self.since > PATIENCE:
            self.drop(f"no answer from {self.runner.where}", now)
        elif client.welcome is not None and client.welcome is not self.played:
            self.begin(client.welcome, now)
        else:
            self.play(client, now)

    def connect(self, now: float) -> None:
        """Begin to connect."""
        self.sock = socket.socket(self.runner.family, socket.SOCK_DGRAM)
        self.sock.setblocking(False)
        seed = secrets.randbits(64)
        password = self.runner.password
        self.client = Client(SERVER, self.name, self.key, JOIN_BOT, seed, now, password)
        if self.skill is None:
            self.client.decoder = HeadDecoder()
        self.since = now
        try:
            self.sock.connect(self.runner.address)
        except OSError as error:
            self.drop(f"cannot reach {self.runner.where}: {error.strerror}", now)
            return
        self.runner.selector.register(self.sock, selectors.EVENT_READ, self)
        self.send(now)

    def begin(self, welcome: Welcome, now: float) -> None:
        """The server has let us in, or plays another level: make a brain for it."""
        first, self.played = self.played is None, welcome
        try:
            self.brain = self.make_brain(welcome)
        except ConfigError as error:
            self.leave(now)
            self.send(now)
            self.drop(str(error), now)
            return
        self.pause = FIRST_PAUSE
        where = f"{welcome.mode} on {welcome.map}"
        does = f"joined {welcome.server_name}:" if first else "goes on with"
        self.runner.report(f"{self.name} {does} {where}")

    def make_brain(self, welcome: Welcome) -> Brain:
        """Return a brain for the level that *welcome* names."""
        if self.skill is None:
            return Script(self.seed)
        level, graph = self.runner.levels.get(welcome)
        return Bot(level, graph, self.skill, self.seed)

    def play(self, client: Client, now: float) -> None:
        """Send the command of this tick."""
        if self.brain is not None and not self.ahead(client):
            client.usercmd(self.brain.usercmd(client))
        if client.match_over is not self.over:
            self.over = client.match_over
            if self.over is not None:
                self.runner.tell_match(self.over, client)
        self.send(now)

    def ahead(self, client: Client) -> bool:
        """Say whether to leave out a command: too many wait at the server, each a tick of delay."""
        snapshot = client.snapshot
        if snapshot is None or snapshot.lead <= MAX_LEAD:
            return False
        if snapshot.frame.tick - self.skipped_at < SKIP_EVERY:
            return False
        self.skipped_at = snapshot.frame.tick
        return True

    def receive(self, now: float) -> None:
        """Take one datagram from the socket."""
        if self.sock is None or self.client is None:
            return
        try:
            data = self.sock.recv(ROOM)
        except BlockingIOError:
            return
        except OSError:  # nobody listens there, at least not now
            if self.client.state == states.CONNECTING:
                self.drop(f"no server at {self.runner.where}", now)
            return
        self.client.receive_datagram(data, SERVER, now)

    def send(self, now: float) -> None:
        """Send what is due."""
        if self.sock is None or self.client is None:
            return
        for data, _ in self.client.datagrams_to_send(now):
            try:
                self.sock.send(data)
            except OSError:
                continue  # lost, as any datagram may be

    def leave(self, now: float) -> None:
        """Say goodbye."""
        if self.client is not None:
            self.client.leave(now)

    def drop(self, reason: str, now: float) -> None:
        """Give this connection up and say why; try again later unless it has ended."""
        wait = self.pause * self.random.uniform(0.8, 1.2)
        self.pause = min(2.0 * self.pause, LONGEST_PAUSE)
        self.try_at = now + wait
        later = "" if self.ended else f"; trying again in {wait:.1f} s"
        self.runner.report(f"{self.name}: {reason}{later}")
        self.close()

    def close(self) -> None:
        """Close the socket and forget the connection."""
        if self.sock is not None:
            if self.sock in self.runner.selector.get_map():
                self.runner.selector.unregister(self.sock)
            self.sock.close()
        self.sock = None
        self.client = None
        self.brain = None
        self.played = None
        self.over = None


def run_bots(
    host: str,
    port: int,
    count: int,
    *,
    stop: Callable[[], bool],
    names: list[str] | None = None,
    skill: float | None = None,
    seed: int | None = None,
    brain: str = "bot",
    password: str = "",
    directory: Path | None = None,
    report: Callable[[str], None] = print,
) -> None:
    """Let *count* bots play at the server of *host* and *port* until *stop* says so.

    *skill* 0 to 1, None: each name has its own. *seed* repeats their mistakes. *brain* "bot" fights,
    "walk" costs little and is for load. Maps are looked for in *directory*/maps, then among those that
    come with Tremble. Each event gives *report* a line. Raises TrembleError if *host* is not known.
    """
    if skill is not None and not 0.0 <= skill <= 1.0:
        raise ConfigError(f"skill {skill}: must be between 0 and 1")
    if brain not in ("bot", "walk"):
        raise ConfigError(f'brain {brain!r}: must be "bot" or "walk"')
    seeds = Random(seed)
    runner = Runner(host, port, Levels(directory or Path()), report)
    runner.password = password
    for name in bot_names(count, names):
        own = bot_skill(name) if skill is None else skill
        link = Link(runner, name, seeds.randrange(1 << 30), None if brain == "walk" else own)
        runner.links.append(link)
    try:
        run(runner, stop)
    finally:
        runner.leave()


def run(runner: Runner, stop: Callable[[], bool]) -> None:
    """Tick at absolute deadlines until *stop* says so or every bot has ended."""
    deadline = monotonic()
    while not stop() and not all(link.ended for link in runner.links):
        now = monotonic()
        if now < deadline:
            sleep(deadline - now)
            now = monotonic()
        if now - deadline > MAX_BEHIND / TICK_RATE:
            deadline = now
        runner.tick(now)
        deadline += 1.0 / TICK_RATE
