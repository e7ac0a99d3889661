"""A checkpoint: all that a game process must remember of its clients and matches, as bytes.

  KINDS     classes whose objects are packed whole: every attribute they have, so none can be forgotten
  VALUES    classes whose objects are their values; a world is packed by its own table (sim/state.py)
  ROOTS     objects that the new process has already: which of their attributes are packed, which not
  outside   a level, a mode, an arena, the recorder of replays: packed as their names

What is reached and is neither of them nor plain data is a fault, told by its class. The bytes are
pickled: shared objects stay shared. They lie in memory of ours alone and are read by the same version;
of what they name, only what stands in these tables is ever called.
"""

from __future__ import annotations

import io
import marshal
import pickle
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from random import Random
from types import BuiltinFunctionType, FunctionType
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
from librt.strings import BytesWriter

import tremble
from tremble.errors import TrembleError
from tremble.match import players, replay, tally, telemetry, votes, watch
from tremble.match.match import Match, MatchSettings
from tremble.match.modes import MODES, Mode
from tremble.net import enet_channel, enet_peer, messages, session, snapshot
from tremble.net.enet import Host
from tremble.result import MatchResult
from tremble.server.arena import Arena
from tremble.server.clients import Client
from tremble.server.drain import Drain
from tremble.server.draws import Draws
from tremble.server.fairness import Fairness
from tremble.server.leave import Leave
from tremble.server.lockout import Failures, Lockout
from tremble.server.options import Rotation
from tremble.server.password import Gate
from tremble.server.replays import Recording, Replays
from tremble.server.telemetry import Witness
from tremble.sim import rewind, state
from tremble.sim.level import Level
from tremble.ticket import Collector

if TYPE_CHECKING:
    from tremble.server.loop import GameServer


#: Rows of plain numbers.
Rows = list[tuple[Any, ...]]
#: Pieces of a list that grows, beyond which they become one.
MAX_PIECES = 64


class CheckpointError(TrembleError):
    """A checkpoint cannot be made, or cannot be read."""


#: Classes packed whole, and what their constructor is given before all attributes are set;
#: None: it is not called.
KINDS: dict[type, Callable[[Any], tuple[Any, ...]] | None] = {
    rewind.Rewind: lambda _: (0,),
    Host: lambda _: (1, 1, 0),
    enet_peer.Peer: lambda _: (0, b"", 0.0),
    enet_peer.Outgoing: lambda _: (b"", 0, 0, 0),
    enet_peer.Event: lambda event: (event.kind, event.peer),
    enet_channel.Channel: lambda _: (),
    enet_channel.Incoming: lambda _: (0, 0, b""),
    session.Session: lambda _: (0, 0.0),
    session.Inputs: lambda _: (),
    session.Bucket: lambda _: (0.0, 0.0, 0.0),
    snapshot.Encoder: lambda _: (),
    snapshot.Frame: lambda _: (0,),
    Match: lambda match: (match.mode, match.settings, "", []),
    MatchSettings: lambda _: (),
    players.PlayerManager: lambda manager: (manager.mode,),
    players.Member: lambda member: (0, member.who, False),
    tally.Tally: lambda line: (line.who,),
    votes.Votes: lambda found: (found.settings,),
    votes.Vote: lambda _: ("", "", "", 0.0),
    votes.VoteSettings: lambda _: (),
    watch.Watch: lambda _: (),
    watch.Suspicion: lambda _: (),
    replay.Recorder: lambda _: (),
    telemetry.Notes: lambda _: (0,),
    telemetry.Seen: lambda _: ("", 0, 0.0),
    Client: None,
    Recording: None,
    Fairness: None,
    Drain: None,
    Leave: None,
    Gate: None,
    Lockout: None,
    Failures: None,
    Rotation: None,
    Witness: None,
    Draws: None,
    Collector: None,
}
#: Plain values: made anew by their constructor, which takes all that they hold in this order.
VALUES: dict[type, tuple[str, ...]] = {
    state.Usercmd: ("tick", "forward", "side", "yaw", "pitch", "buttons", "weapon", "view"),
    snapshot.Told: ("kind", "bits", "private", "a", "b"),
    tally.Who: ("player_id", "name", "bot"),
    messages.Join: ("protocol", "key", "flags", "name", "ticket"),
    messages.Challenge: ("nonce", "salt", "rounds"),
}
#: Lists of rows of plain numbers that grow all through a match: only what is new is packed each time.
GROWING: dict[type, tuple[str, ...]] = {telemetry.Notes: ("kills", "pickups", "samples")}
#: Attributes that are worked out again.
DERIVED: dict[type, tuple[str, ...]] = {snapshot.Frame: ("cache",)}


def is_unused(lane: enet_channel.Channel) -> bool:
    """Say whether nothing has gone through *lane* yet, either way, that it remembers."""
    if lane.sent_reliable or lane.sent_unreliable or lane.reliable or lane.unreliable:
        return False
    return not lane.waiting and not lane.held


#: When an object is as good as a new one: nothing else of it is ever read.
AS_NEW: dict[type, Callable[[Any], bool]] = {
    enet_channel.Channel: is_unused,
}
#: What pickle itself can do.
PLAIN = (Counter, Random, set, frozenset, type, FunctionType, BuiltinFunctionType, bytearray)
#: Classes are packed by their number: to look one up by its name costs more than most objects.
NUMBERED = (*KINDS, *VALUES)
NUMBERS = {kind: number for number, kind in enumerate(NUMBERED)}
#: What was packed by other tables is not read.
TABLES = f"{tremble.__version__} {' '.join(kind.__qualname__ for kind in NUMBERED)}"
#: The attributes of each class that was read.
NAMES: dict[type, tuple[str, ...]] = {}

#: Of the objects that every process makes itself: attributes packed, and attributes that are not.
SERVER = (
    ("host", "started", "now", "ticks", "late_ticks", "failures", "farewell"),
    ("options", "socket", "arenas", "post", "queries", "figures", "news", "house", "clients",
     "between", "after", "wake_at", "tick_seconds", "keeper", "touched", "cpu_time", "utc"),
)  # fmt: skip
CLIENTS = (
    ("gate", "by_number", "sessions", "peers", "refused", "next_number"),
    ("options", "arenas", "socket", "news", "house", "commanded"),
)
HOUSE = (
    ("muted", "drain", "leave", "votes", "draws"),
    ("directory", "roles", "bans", "audit", "admission", "voting", "vote_settings", "levels",
     "settle", "backup", "restore", "families", "status", "flush"),
)  # fmt: skip
#: What was used of tickets; the record's key is pinned on the disk.
ADMISSION = (("tickets",), ("record_key",))
ARENA = (
    ("level", "mode", "settings", "held", "anti_cheat", "fairness", "snapshot_every", "recording",
     "next_up", "rotation", "sessions", "outgoing", "seed", "world", "rewind", "item_names", "match",
     "members", "witness", "encoder", "changes", "phase", "started_at", "matches"),
    ("number", "server_id", "new_id", "replays", "news"),
)  # fmt: skip


def roots(server: GameServer) -> list[tuple[object, tuple[str, ...]]]:
    """Return the objects of *server* that are filled, each with its packed attributes."""
    found: list[tuple[object, tuple[str, ...]]] = [
        (server, SERVER[0]),
        (server.clients, CLIENTS[0]),
        (server.house, HOUSE[0]),
        (server.house.admission, ADMISSION[0]),
    ]
    return found + [(arena, ARENA[0]) for arena in server.arenas]


class Growing:
    """What is known of lists that grow, from one checkpoint to the next."""

    def __init__(self) -> None:
        self.known: dict[int, tuple[Rows, int, Chunks]] = {}
        self.met: dict[int, tuple[Rows, int, Chunks]] = {}

    def chunks(self, rows: Rows) -> Chunks:
        """Return *rows* in pieces, all of which but the last were packed before."""
        held, count, chunks = self.known.get(id(rows), (rows, 0, Chunks()))
        if len(chunks.pieces) > MAX_PIECES:
            count, chunks = 0, Chunks()
        if len(rows) > count:
            chunks = Chunks((*chunks.pieces, marshal.dumps(rows[count:])))
        # Held on to, so that no other list can have its place in memory.
        self.met[id(rows)] = held, len(rows), chunks
        return chunks

    def forget(self) -> None:
        """Forget the lists that were not met since the last call."""
        self.known, self.met = self.met, {}


class Chunks:
    """A list of rows, each piece as marshal has it."""

    def __init__(self, pieces: tuple[bytes, ...] = ()) -> None:
        self.pieces = pieces


def joined(pieces: tuple[bytes, ...]) -> Rows:
    """Return the rows of all *pieces*."""
    return [row for piece in pieces for row in marshal.loads(piece)]


def pack(
    server: GameServer, results: Sequence[MatchResult] = (), growing: Growing | None = None
) -> bytes:
    """Return all of *server*, between two rounds, and *results*. Raises CheckpointError.

    *growing*: the same for each checkpoint of a server, which then costs less.
    """
    for arena in server.arenas:
        forget_frames(arena)
    found = [[getattr(root, name) for name in names] for root, names in roots(server)]
    out = io.BytesIO()
    waiting = [msgspec.json.encode(result) for result in results]
    growing = Growing() if growing is None else growing
    Packer(out, growing).dump((TABLES, found, waiting))
    growing.forget()
    return out.getvalue()


def unpack(data: bytes, server: GameServer) -> list[MatchResult]:
    """Make *server*, of the same arenas, what the packed one was; return the results packed with it.

    Nothing is changed by an error. Raises CheckpointError.
    """
    try:
        tables, found, waiting = Unpacker(data, server).load()
        filled = [
            list(zip(names, values, strict=True))
            for (_, names), values in zip(roots(server), found, strict=True)
        ]
        results = [msgspec.json.decode(result, type=MatchResult) for result in waiting]
    except Exception as error:
        raise CheckpointError(f"a checkpoint cannot be read: {error}") from error
    if tables != TABLES:
        raise CheckpointError("a checkpoint was made by another version of Tremble")
    for (root, _), rows in zip(roots(server), filled, strict=True):
        for name, value in rows:
            setattr(root, name, value)
    return results


def forget_frames(arena: Arena) -> None:
    """Let go of the frames that no snapshot of *arena* will need again."""
    needed = arena.world.tick
    for client in arena.sessions.values():
        needed = min(needed, client.told_to, client.acked or client.told_to)
    frames = arena.encoder.frames
    for tick in [tick for tick in frames if tick < needed]:
        del frames[tick]


class Packer(pickle.Pickler):
    """Packs objects of KINDS whole and what is outside as its name."""

    def __init__(self, out: io.BytesIO, growing: Growing) -> None:
        super().__init__(out, 5)
        self.growing = growing

    def reducer_override(self, thing: Any) -> Any:
        row = ROWS.get(type(thing))
        found = reduced(thing) if row is None else row(thing)
        if type(thing) in GROWING:
            return self.shortened(found, attributes(thing), GROWING[type(thing)])
        return found

    def shortened(self, found: Any, names: tuple[str, ...], lists: tuple[str, ...]) -> Any:
        """Return what packs a thing of *names*, with its *lists* as chunks."""
        made, arguments, values, *rest = found
        short = [
            self.growing.chunks(value) if name in lists else value
            for name, value in zip(names, values, strict=True)
        ]
        return made, arguments, tuple(short), *rest


def reduced(thing: Any) -> Any:
    """Return how *thing*, met for the first time, is packed. Raises CheckpointError."""
    kind = type(thing)
    if kind in KINDS:
        ROWS[kind] = but_fresh(kind, packs_whole(thing))
        return ROWS[kind](thing)
    if kind in VALUES:
        ROWS[kind] = packs_values(kind)
        return ROWS[kind](thing)
    if kind in PLAIN:
        return NotImplemented
    raise CheckpointError(f"{kind.__module__}.{kind.__name__} is not known to the checkpoint")


def attributes(thing: object) -> tuple[str, ...]:
    """Return the names of all that *thing* remembers; a compiled class says them itself."""
    kind = type(thing)
    names = getattr(kind, "__mypyc_attrs__", None) or tuple(vars(thing))
    return tuple(name for name in names if name not in DERIVED.get(kind, ()))


def packs_whole(first: object) -> Callable[[Any], tuple[Any, ...]]:
    """Return what packs objects of the class of *first*."""
    kind = type(first)
    names = attributes(first)
    arguments = KINDS[kind]
    get: Callable[[Any], tuple[Any, ...]] = attrgetter(*names)
    number = NUMBERS[kind]
    if len(names) == 1:
        only = attrgetter(names[0])
        get = lambda thing: (only(thing),)  # noqa: E731
    if arguments is None:
        return lambda thing: (blank, (number,), (names, get(thing)), None, None, put_named)
    return lambda thing: (make, (number, *arguments(thing)), get(thing), None, None, put)


def packs_values(kind: type) -> Callable[[Any], tuple[Any, ...]]:
    """Return what packs objects of *kind*, one of VALUES."""
    number = NUMBERS[kind]
    get = attrgetter(*VALUES[kind])
    return lambda thing: (make, (number, *get(thing)))


def but_fresh(kind: type, whole: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return *whole*, but for objects that are as new: most rockets and items are."""
    as_new = AS_NEW.get(kind)
    if as_new is None:
        return whole
    number = NUMBERS[kind]
    return lambda thing: (make, (number,)) if as_new(thing) else whole(thing)


def world_of(data: bytes, level: Level) -> state.World:
    """Return a world that is packed by its own table of fields."""
    return state.unpack(data, level)


def make(number: int, *arguments: Any) -> Any:
    """Return an object of the class *number*, made of *arguments*."""
    return NUMBERED[number](*arguments)


def blank(number: int) -> Any:
    """Return an object of the class *number* whose constructor was not called."""
    return object.__new__(NUMBERED[number])


def put(thing: Any, values: tuple[Any, ...]) -> None:
    """Set all attributes of *thing*, which its constructor has made."""
    kind = type(thing)
    if kind not in NAMES:
        NAMES[kind] = attributes(thing)
    put_named(thing, (NAMES[kind], values))


def put_named(thing: Any, held: tuple[tuple[str, ...], tuple[Any, ...]]) -> None:
    """Set the named attributes of *thing*."""
    for name, value in zip(*held, strict=True):
        setattr(thing, name, value)


def moment(seconds: float) -> datetime:
    """Return the time so many *seconds* after 1970 began."""
    return datetime.fromtimestamp(seconds, UTC)


def written(data: bytes) -> BytesWriter:
    """Return a writer that holds *data*."""
    out = BytesWriter()
    out.write(data)
    return out


def level_of(name: str, digest: str) -> NoReturn:
    """Stand for a level; an Unpacker finds it."""
    raise CheckpointError(f"level {name} outside of a checkpoint")


def mode_of(name: str) -> Mode:
    """Return the mode *name*."""
    return MODES[name]


def arena_of(number: int) -> NoReturn:
    """Stand for an arena; an Unpacker finds it."""
    raise CheckpointError(f"arena {number} outside of a checkpoint")


def replays_of() -> NoReturn:
    """Stand for the recorder of replays; an Unpacker finds it."""
    raise CheckpointError("replays outside of a checkpoint")


#: How objects are packed, by their class; those of KINDS come in as they are met.
ROWS: dict[type, Callable[[Any], Any]] = {
    state.World: lambda world: (world_of, (state.pack(world), world.level)),
    Level: lambda level: (level_of, (level.name, level.digest)),
    Mode: lambda mode: (mode_of, (mode.name,)),
    Arena: lambda arena: (arena_of, (arena.number,)),
    Replays: lambda _: (replays_of, ()),
    datetime: lambda utc: (moment, (utc.timestamp(),)),
    Chunks: lambda chunks: (joined, (chunks.pieces,)),
    BytesWriter: lambda out: (written, (out.getvalue(),)),
}


class Unpacker(pickle.Unpickler):
    """Reads what Packer wrote, for *server*."""

    def __init__(self, data: bytes, server: GameServer) -> None:
        super().__init__(io.BytesIO(data))
        self.server = server

    def find_class(self, module: str, name: str) -> Any:
        """Return what *name* stands for. Raises CheckpointError for anything not in the tables."""
        if module == __name__:
            own: dict[str, Any] = {
                "level_of": self.level,
                "arena_of": lambda number: self.server.arenas[number],
                "replays_of": self.replays,
                "mode_of": mode_of,
                "world_of": world_of,
                "make": make,
                "blank": blank,
                "put": put,
                "put_named": put_named,
                "moment": moment,
                "written": written,
                "joined": joined,
            }
            return own[name]
        found = KNOWN.get((module, name))
        if found is None:
            raise CheckpointError(f"{module}.{name} has no place in a checkpoint")
        return found

    def level(self, name: str, digest: str) -> Level:
        """Return the level *name*, if it is still the same."""
        for arena in self.server.arenas:
            if arena.level.digest == digest and arena.level.name == name:
                return arena.level
        found = self.server.house.level(name)
        if found.digest != digest:
            raise CheckpointError(f"map {name} is another by now")
        return found

    def replays(self) -> Replays:
        """Return the recorder of replays."""
        found = self.server.arenas[0].replays
        if found is None:
            raise CheckpointError("nothing is recorded any more")
        return found


KNOWN: dict[tuple[str, str], type] = {
    (kind.__module__, kind.__qualname__): kind
    for kind in (Counter, Random, set, frozenset, bytearray)
}
