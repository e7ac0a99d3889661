"""What a game worker is told of the settings, at its start and again whenever they change."""

from pathlib import Path
from random import Random

import msgspec

from tremble import maps
from tremble.match.match import MatchSettings
from tremble.match.modes import MODES, Mode
from tremble.server.clients import Listing, Options
from tremble.server.gamelog import GameLogOptions
from tremble.server.metrics_port import MetricsOptions
from tremble.server.rcon import RconOptions
from tremble.shelf import Room
from tremble.sim.level import Level


class WorkerOptions(msgspec.Struct, frozen=True):
    """All that a worker is told. *fd*: a bound UDP socket to inherit, -1 to bind one itself.

    *memory*: memory to inherit that outlives the process, -1 for none; *standby*: it waits for its turn.

    *replays*: how many to keep, None to record none; *upload*: send them to *url*.
    *shutdown_after_s* None, *max_uptime_s* 0: never.
    *record_key*: its public key in hex, empty: the one of first contact.
    *max_ping* in ms, 0: any. *rotation* holds map and mode of each entry,
    *roles* those of players who may command by chat, by player id. *no_restore*: why the record cannot be
    restored by command, "" if it can.
    """

    directory: str
    name: str
    bind: str
    port: int
    mode: str
    map: str
    arenas: int
    max_players: int
    per_address: int
    public: bool
    lan: bool
    match: dict[str, float]
    url: str
    fd: int = -1
    replays: Room | None = None
    upload: bool = False
    rcon: RconOptions = RconOptions()
    metrics: MetricsOptions = MetricsOptions()
    game_log: GameLogOptions | None = None
    password: str = ""
    shutdown_after_s: float | None = None
    max_uptime_s: float = 0.0
    tick_rate: int = 60
    max_ping: int = 0
    max_loss: float = 1.0
    anti_cheat: bool = True
    rate_limit: bool = True
    rotation: list[tuple[str, str]] = []
    rotation_random: bool = False
    rotation_matches: int = 1
    drain_s: float = 0.0
    roles: dict[str, str] = {}
    voting: bool = True
    vote: dict[str, float] = {}
    listing: Listing = Listing()
    agones: bool = False
    memory: int = -1
    standby: bool = False
    require_ticket: bool = False
    record_key: str = ""
    no_restore: str = ""


def told(options: WorkerOptions, port: int) -> Options:
    """Return what the server itself must know of *options*; it listens on *port*."""
    return Options(
        options.name,
        port,
        options.mode,
        options.max_players,
        options.per_address,
        options.public,
        options.lan,
        rate_limit=options.rate_limit,
        max_ping=options.max_ping,
        max_loss=options.max_loss,
        anti_cheat=options.anti_cheat,
        password=options.password,
        listing=options.listing,
        require_ticket=options.require_ticket,
    )


def match_settings(options: WorkerOptions) -> MatchSettings:
    """Return the lengths of a match."""
    return MatchSettings(
        options.match["time_limit_s"],
        int(options.match["frag_limit"]),
        options.match["warmup_s"],
        options.match["countdown_s"],
        options.match["overtime_s"],
        options.match["intermission_s"],
    )


class Rotation:
    """What an arena plays after each match: every *matches* matches the next of *entries*.

    *random*: any of the others instead of the next in order.
    """

    def __init__(
        self, entries: list[tuple[Level, Mode]], matches: int, random: Random | None
    ) -> None:
        self.entries = entries
        self.matches = matches
        self.random = random
        self.at = -1  # the entry that is played; -1: server.map, which need not be one
        self.played = 0

    def __call__(self) -> tuple[Level, Mode] | None:
        """A match is over: return what is played next, None for the same again."""
        self.played += 1
        if not self.entries or self.played % self.matches:
            return None
        count = len(self.entries)
        if self.random is None or count == 1:
            self.at = (self.at + 1) % count
        else:
            others = [i for i in range(count) if i != self.at]
            self.at = self.random.choice(others)
        return self.entries[self.at]

    def begin_at(self, level: Level, mode: Mode) -> None:
        """The arena plays *level* in *mode* now: go on from there if it is an entry."""
        for i, (entry, its_mode) in enumerate(self.entries):
            if entry.name == level.name and its_mode is mode:
                self.at = i
                return


def levels(options: WorkerOptions) -> dict[str, Level]:
    """Return every level of *options* by its name. Raises MapError or ConfigError."""
    names = {options.map, *(name for name, _ in options.rotation)}
    return {name: maps.load(name, Path(options.directory)) for name in sorted(names)}


def rotation(options: WorkerOptions, known: dict[str, Level]) -> Rotation:
    """Return a rotation of *options*, for one arena."""
    entries = [(known[name], MODES[mode or options.mode]) for name, mode in options.rotation]
    random = Random() if options.rotation_random else None
    found = Rotation(entries, options.rotation_matches, random)
    found.begin_at(known[options.map], MODES[options.mode])
    return found
