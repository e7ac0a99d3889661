"""Live state of an arena for a dashboard, and who watches what.

Frames are made in the loop's thread, at most MAX_HZ a second for each arena and rate, and only while
somebody watches; with nobody in the arena one last frame is sent and then none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from tremble.match.match import PHASE_NAMES
from tremble.server import status
from tremble.sim.level import ITEM_NAMES
from tremble.sim.state import ALIVE, WEAPON_NAMES
from tremble.sim.tuning import TICK_RATE

if TYPE_CHECKING:
    from tremble.server.arena import Arena
    from tremble.server.loop import GameServer

MAX_HZ = 30.0


def place(pos: tuple[float, float, float]) -> list[float]:
    """Return *pos* as exact as a picture needs it."""
    return [round(pos[0], 1), round(pos[1], 1), round(pos[2], 1)]


def player_state(arena: Arena, slot: int) -> dict[str, Any]:
    """Return the player in *slot*; health 0 and below: dead. *yaw* in degrees from +x."""
    player, tally = arena.world.players[slot], arena.match.tallies[slot]
    member = arena.members.in_slot(slot)
    session = arena.sessions.get(member.number) if member is not None else None
    return {
        "slot": slot,
        "number": session.number if session is not None else None,
        "player_id": tally.who.player_id,
        "name": tally.who.name,
        "bot": tally.who.bot,
        "score": tally.score,
        "kills": tally.kills,
        "deaths": tally.deaths,
        "ping_ms": session.ping_ms if session is not None else 0,
        "loss": session.loss if session is not None else 0.0,
        "alive": player.life == ALIVE,
        "position": place(player.pos),
        "yaw": round(player.yaw * 360 / 65536, 1),
        "health": player.health,
        "armour": player.armour,
        "weapon": WEAPON_NAMES[player.weapon],
    }


def arena_state(arena: Arena) -> dict[str, Any]:
    """Return all that a live page shows of *arena*; lengths in level units, times in seconds."""
    world, match = arena.world, arena.match
    shown = zip(arena.level.items, world.items, strict=True)
    return {
        "arena": arena.number,
        "tick": world.tick,
        "map": arena.level.name,
        "mode": arena.mode.name,
        "match_id": match.match_id,
        "phase": PHASE_NAMES[match.phase],
        "time_left": round(status.time_left(arena), 1),
        "watching": sum(1 for m in arena.members.members.values() if m.slot < 0),
        "players": [player_state(arena, slot) for slot in sorted(match.tallies)],
        "projectiles": [
            {"owner": p.owner, "position": place(p.pos)} for p in world.projectiles if p.active
        ],
        "items": [
            {
                "kind": ITEM_NAMES[item.kind],
                "position": place(item.pos),
                "up": state.available,
                "in_s": round(state.timer / TICK_RATE, 1),
            }
            for item, state in shown
        ],
    }


class Watch:
    """Somebody watches *arena*; *send* takes each frame as JSON."""

    def __init__(self, arena: int, hz: float, send: Callable[[bytes], None]) -> None:
        self.arena = arena
        self.every = 1.0 / hz
        self.send = send
        self.due = 0.0
        self.slept = False


def show(server: GameServer, watches: list[Watch], now: float) -> None:
    """Send a frame to each of *watches* that is due at *now*."""
    frames: dict[int, bytes] = {}
    for watch in watches:
        arena = server.arenas[watch.arena]
        if now < watch.due or (arena.empty and watch.slept):
            continue
        if watch.arena not in frames:
            frames[watch.arena] = msgspec.json.encode(arena_state(arena))
        watch.send(frames[watch.arena])
        watch.slept = arena.empty
        # By its own clock, so that frames that fall between two ticks do not add up to fewer.
        watch.due = (watch.due if now < watch.due + watch.every else now) + watch.every
