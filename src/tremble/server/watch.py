"""Live state of an arena for a dashboard, and who watches what.

A Still is taken in the loop's thread when everything was sent, at most MAX_HZ a second for each arena and
rate, and only while somebody watches; what it tells is made of it in the desk's thread. With nobody in the
arena one last frame is sent and then none.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tremble.match.match import PHASE_NAMES
from tremble.server import status
from tremble.sim.level import ITEM_NAMES
from tremble.sim.state import ALIVE, WEAPON_NAMES
from tremble.sim.tuning import TICK_RATE

if TYPE_CHECKING:
    from tremble.match.tally import Who
    from tremble.net.session import Session
    from tremble.server.arena import Arena
    from tremble.server.loop import GameServer
    from tremble.sim.level import Level
    from tremble.sim.state import Player
    from tremble.sim.vector import Vec

MAX_HZ = 30.0
UP = {False: b"false", True: b"true"}
#: Levels whose items are kept ready to be told: one for each map that is played.
MAX_LEVELS = 32


def place(pos: tuple[float, float, float]) -> list[float]:
    """Return *pos* as exact as a picture needs it."""
    return [round(pos[0], 1), round(pos[1], 1), round(pos[2], 1)]


class Seen(NamedTuple):
    """A player as it is now: its line of the scores, its body, its wire (*number* None: it has none)."""

    slot: int
    who: Who
    score: int
    kills: int
    deaths: int
    alive: bool
    pos: Vec
    yaw: int
    health: int
    armour: int
    weapon: int
    number: int | None
    ping_ms: int
    loss: float


class Still:
    """All that a live page shows of *arena*, as it is now: taken quickly in the loop, told elsewhere."""

    def __init__(self, arena: Arena) -> None:
        world, match = arena.world, arena.match
        self.level = arena.level
        self.arena = arena.number
        self.tick = world.tick
        self.mode = arena.mode.name
        self.match_id = match.match_id
        self.phase = match.phase
        self.time_left = status.time_left(arena)
        members = arena.members.members.values()
        self.watching = sum(1 for member in members if member.slot < 0)
        numbers = {member.slot: member.number for member in members}
        self.players = [
            Seen(
                slot,
                tally.who,
                tally.score,
                tally.kills,
                tally.deaths,
                *body(world.players[slot]),
                *wire(arena.sessions.get(numbers.get(slot, -1))),
            )
            for slot, tally in sorted(match.tallies.items())
        ]
        self.projectiles = [(p.owner, p.pos) for p in world.projectiles if p.active]
        self.items = [(item.available, item.timer) for item in world.items]

    @cached_property
    def json(self) -> bytes:
        """The frame; made once, however many look."""
        return msgspec.json.encode(told(self))


def body(player: Player) -> tuple[bool, Vec, int, int, int, int]:
    """Return what Seen has of *player*."""
    alive = player.life == ALIVE
    return alive, player.pos, player.yaw, player.health, player.armour, player.weapon


def wire(session: Session | None) -> tuple[int | None, int, float]:
    """Return what Seen has of *session*."""
    return (None, 0, 0.0) if session is None else (session.number, session.ping_ms, session.loss)


def told(still: Still) -> dict[str, Any]:
    """Return *still* in words; lengths in level units, times in seconds."""
    return {
        "arena": still.arena,
        "tick": still.tick,
        "map": still.level.name,
        "mode": still.mode,
        "match_id": still.match_id,
        "phase": PHASE_NAMES[still.phase],
        "time_left": round(still.time_left, 1),
        "watching": still.watching,
        "players": [player_told(seen) for seen in still.players],
        "projectiles": [
            {"owner": owner, "position": place(pos)} for owner, pos in still.projectiles
        ],
        "items": items_told(still),
    }


def player_told(seen: Seen) -> dict[str, Any]:
    """Return a player; health 0 and below: dead. *yaw* in degrees from +x."""
    return {
        "slot": seen.slot,
        "number": seen.number,
        "player_id": seen.who.player_id,
        "name": seen.who.name,
        "bot": seen.who.bot,
        "score": seen.score,
        "kills": seen.kills,
        "deaths": seen.deaths,
        "ping_ms": seen.ping_ms,
        "loss": seen.loss,
        "alive": seen.alive,
        "position": place(seen.pos),
        "yaw": round(seen.yaw * 360 / 65536, 1),
        "health": seen.health,
        "armour": seen.armour,
        "weapon": WEAPON_NAMES[seen.weapon],
    }


def items_told(still: Still) -> list[msgspec.Raw]:
    """Return the items: which lie there, and when the others come back."""
    return [
        msgspec.Raw(b'%s,"up":%s,"in_s":%.1f}' % (head, UP[available], timer / TICK_RATE))
        for head, (available, timer) in zip(heads_of(still.level), still.items, strict=True)
    ]


@lru_cache(maxsize=MAX_LEVELS)
def heads_of(level: Level) -> list[bytes]:
    """Return what never changes of each item of *level*, as JSON that goes on."""
    return [
        msgspec.json.encode({"kind": ITEM_NAMES[item.kind], "position": place(item.pos)})[:-1]
        for item in level.items
    ]


class Watch:
    """Somebody watches *arena*; *send* takes each frame, as a Still, in the loop's thread."""

    def __init__(self, arena: int, hz: float, send: Callable[[Still], None]) -> None:
        self.arena = arena
        self.every = 1.0 / hz
        self.send = send
        self.due = 0.0
        self.slept = False


def show(server: GameServer, watches: list[Watch], now: float) -> None:
    """Send a frame to each of *watches* that is due at *now*."""
    stills: dict[int, Still] = {}
    for watch in watches:
        arena = server.arenas[watch.arena]
        if now < watch.due or (arena.empty and watch.slept):
            continue
        if watch.arena not in stills:
            stills[watch.arena] = Still(arena)
        watch.send(stills[watch.arena])
        watch.slept = arena.empty
        # By its own clock, so that frames that fall between two ticks do not add up to fewer.
        watch.due = (watch.due if now < watch.due + watch.every else now) + watch.every
