"""What a game server says of itself: to anybody who queries it, and to the process that runs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import tremble
from tremble.match.match import PHASE_NAMES
from tremble.net.a2s import Player
from tremble.net.messages import PROTOCOL_VERSION
from tremble.net.query import PlayerStatus, ServerInfo
from tremble.sim.tuning import TICK_RATE

if TYPE_CHECKING:
    from tremble.server.arena import Arena
    from tremble.server.loop import GameServer


def time_left(arena: Arena) -> float:
    """Return the seconds left of the arena's phase; 0 if it is open."""
    return max(0, arena.match.ends - arena.world.tick) / TICK_RATE if arena.match.ends else 0.0


def scoreboard(arena: Arena) -> list[PlayerStatus]:
    """Return the lines of all who play in *arena*, highest score first."""
    tallies = sorted(arena.match.tallies.values(), key=lambda tally: -tally.score)
    return [PlayerStatus(t.who.name, t.score, t.who.bot) for t in tallies]


def lines(server: GameServer, now: float) -> list[Player]:
    """Return the lines of A2S_PLAYER: everybody here, highest score first, bots at the end."""
    found = []
    for arena in server.arenas:
        scores = {tally.who.player_id: tally.score for tally in arena.match.tallies.values()}
        for member in arena.members.members.values():
            session = arena.sessions[member.number]
            seconds = -1.0 if member.who.bot else max(0.0, now - session.since)
            score = scores.get(member.who.player_id, 0)
            found.append(Player(member.who.name, score, seconds))
    return sorted(found, key=lambda line: (line.seconds < 0, -line.score))


def server_info(server: GameServer, now: float) -> ServerInfo:
    """Return what anybody may know; phase and time are those of the first arena with people."""
    arena = next((a for a in server.arenas if not a.empty), server.arenas[0])
    members = [m for a in server.arenas for m in a.members.members.values()]
    return ServerInfo(
        name=server.options.name,
        port=server.options.port,
        max_players=server.options.max_players,
        current_players=len(members),
        bots=sum(1 for m in members if m.who.bot),
        spectators=sum(1 for m in members if m.slot < 0),
        gamemode=arena.mode.name,
        map=arena.level.name,
        uptime=round(now - server.started, 1),
        public=server.options.public,
        phase=PHASE_NAMES[arena.match.phase],
        time_left=round(time_left(arena), 1),
        players=[line for a in server.arenas for line in scoreboard(a)],
        protocol=PROTOCOL_VERSION,
        version=tremble.__version__,
        password=server.options.password != "",
        server_id=server.arenas[0].server_id,
    )


def report_line(server: GameServer, outbox_depth: int) -> bytes:
    """Return one line of JSON for the supervisor."""
    report = {"event": "status", **status(server, outbox_depth)}
    return json.dumps(report).encode() + b"\n"


def status(server: GameServer, outbox_depth: int) -> dict[str, Any]:
    """Return what who watches the server wants to see."""
    ticks = sorted(server.tick_seconds)
    return {
        "name": server.options.name,
        "max_players": server.options.max_players,
        "draining": server.house.drain.on,
        "players": sum(len(a.members.members) for a in server.arenas),
        "bots": sum(1 for a in server.arenas for m in a.members.members.values() if m.who.bot),
        "tick_p50_ms": round(quantile(ticks, 0.5) * 1000, 3),
        "tick_p99_ms": round(quantile(ticks, 0.99) * 1000, 3),
        "late_ticks": server.late_ticks,
        "failures": server.failures,
        "outbox": outbox_depth,
        "arenas": [
            {
                "map": arena.level.name,
                "mode": arena.mode.name,
                "phase": PHASE_NAMES[arena.match.phase],
                "time_left": round(time_left(arena), 1),
                "matches": arena.matches,
                "watching": sum(1 for m in arena.members.members.values() if m.slot < 0),
                "players": [[line.name, line.score] for line in scoreboard(arena)],
            }
            for arena in server.arenas
        ],
    }


def overview(server: GameServer, now: float) -> dict[str, Any]:
    """Return what an operator wants to know first."""
    ticks = sorted(server.tick_seconds)
    members = [m for a in server.arenas for m in a.members.members.values()]
    return {
        "name": server.options.name,
        "version": tremble.__version__,
        "mode": server.options.mode,
        "port": server.options.port,
        "uptime_s": round(now - server.started, 1),
        "players": len(members),
        "bots": sum(1 for m in members if m.who.bot),
        "max_players": server.options.max_players,
        "tick_p50_ms": round(quantile(ticks, 0.5) * 1000, 3),
        "tick_p99_ms": round(quantile(ticks, 0.99) * 1000, 3),
        "late_ticks": server.late_ticks,
        "failures": server.failures,
        "standby": server.keeper is not None and server.keeper.standby_ready,
        "takeovers": server.keeper.takeovers if server.keeper is not None else 0,
        "draining": server.house.drain.on,
        "leaving": server.house.leave.when if server.house.leave is not None else None,
        "arenas": [
            {
                "arena": arena.number,
                "map": arena.level.name,
                "phase": PHASE_NAMES[arena.match.phase],
                "time_left": round(time_left(arena), 1),
                "matches": arena.matches,
                "players": len(arena.match.tallies),
            }
            for arena in server.arenas
        ],
    }


def quantile(ordered: list[float], share: float) -> float:
    """Return the value below which *share* of the *ordered* values lie; 0.0 if there are none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
