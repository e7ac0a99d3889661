"""The figures of a game process for metrics: what the loop counts, and all of it as families.

The loop's thread alone counts here, in plain integers: a tick costs one bucket, a player nothing but two
buckets a second. Families are put together only when somebody asks.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from tremble.match.match import PHASE_NAMES
from tremble.metrics import (
    Family,
    Histogram,
    Sample,
    counter,
    counters,
    gauge,
    gauges,
    histogram,
    process_families,
)
from tremble.net import messages

if TYPE_CHECKING:
    from tremble.net.session import Session
    from tremble.server.arena import Arena
    from tremble.server.keeper import Keeper
    from tremble.server.loop import GameServer
    from tremble.server.outbox import Outbox

#: Seconds: a tick has 16.7 ms; a good one takes a fraction of 1 ms.
TICK_BOUNDS = (
    0.0001, 0.00025, 0.0005, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.006, 0.008, 0.012, 0.0167, 0.033,
    0.1, 0.5,
)  # fmt: skip
ROUND_TRIP_BOUNDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.16, 0.2, 0.3, 0.5, 1.0)
LOSS_BOUNDS = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
#: What is told of a player who is put out, by the code on the wire.
REASONS = {
    messages.REFUSED_PROTOCOL: "protocol",
    messages.REFUSED_NAME: "name",
    messages.REFUSED_FULL: "full",
    messages.REFUSED_DUPLICATE: "duplicate",
    messages.REFUSED_TIMEOUT: "timeout",
    messages.REFUSED_GARBAGE: "garbage",
    messages.REFUSED_STOPPING: "stopping",
    messages.REFUSED_ADDRESS: "address",
    messages.REFUSED_KICKED: "kicked",
    messages.REFUSED_BANNED: "banned",
    messages.REFUSED_LINE: "line",
    messages.REFUSED_PASSWORD: "password",
}
#: What becomes news, see news.py.
KINDS = ("join", "leave", "chat", "kill", "phase", "over", "command")


class Figures:
    """What is counted as the loop goes."""

    def __init__(self) -> None:
        self.ticks = Histogram(TICK_BOUNDS)
        self.round_trips = Histogram(ROUND_TRIP_BOUNDS)
        self.losses = Histogram(LOSS_BOUNDS)
        self.unsent = 0  # datagrams that the system did not take
        self.stalls = 0
        self.events: Counter[str] = Counter(dict.fromkeys(KINDS, 0))

    def hear(self, kind: str, facts: dict[str, Any]) -> None:
        """Count what has happened; a listener of News."""
        self.events[kind] += 1

    def measure(self, session: Session) -> None:
        """Count round trip and loss of a client, as they are now."""
        self.round_trips.observe(session.ping_ms / 1000.0)
        self.losses.observe(session.loss)


def families(server: GameServer, outbox: Outbox | None) -> list[Family]:
    """Return all that is known of a game process; to be called between two ticks."""
    found = [*of_loop(server), *of_people(server), *of_lines(server.figures)]
    found += [*of_network(server), *of_drops(server), *of_queries(server)]
    if server.keeper is not None:
        found += of_keeper(server.keeper)
    if outbox is not None:
        found += of_outbox(outbox)
    return [*found, *process_families("game")]


def of_loop(server: GameServer) -> list[Family]:
    figures = server.figures
    return [
        histogram("tremble_tick_seconds", "Time that a tick took.", figures.ticks),
        counter("tremble_late_ticks_total", "Ticks that began a tick late.", server.late_ticks),
        counter(
            "tremble_stalls_total", "Times that ticks were skipped after a stall.", figures.stalls
        ),
        counter(
            "tremble_arena_failures_total",
            "Matches that a fault of ours ended without a result.",
            server.failures,
        ),
        gauge("tremble_draining", "1 while nobody new is let in.", float(server.house.drain.on)),
        counters("tremble_events_total", "What has happened, by kind.", "kind", figures.events),
    ]


def of_keeper(keeper: Keeper) -> list[Family]:
    age = monotonic() - keeper.made_at if keeper.made_at else 0.0
    return [
        histogram("tremble_checkpoint_seconds", "Time to make a checkpoint.", keeper.times),
        gauge("tremble_checkpoint_bytes", "Bytes of the last checkpoint.", keeper.size),
        gauge("tremble_checkpoint_age_seconds", "Age of the last checkpoint; 0 without.", age),
        counter(
            "tremble_checkpoint_takeovers_total",
            "Times that a game process went on where another had ended.",
            keeper.takeovers,
        ),
        gauge(
            "tremble_checkpoint_takeover_seconds",
            "Time that this process took to go on; 0 if it has begun afresh.",
            keeper.took_s,
        ),
        gauge(
            "tremble_checkpoint_standby_ready",
            "1 while a standby waits to go on.",
            float(keeper.standby_ready),
        ),
    ]


def of_people(server: GameServer) -> list[Family]:
    members = [m for arena in server.arenas for m in arena.members.members.values()]
    bots = sum(1 for m in members if m.who.bot)
    watching = sum(1 for m in members if m.slot < 0)
    refused = {name: server.clients.refused[code] for code, name in REASONS.items()}
    return [
        gauge("tremble_players", "Everybody who is here, bots and watchers too.", len(members)),
        gauge("tremble_bots", "Bots among them.", bots),
        gauge("tremble_spectators", "Those among them without a slot in a match.", watching),
        gauge("tremble_max_players", "Places on the server.", server.options.max_players),
        counters(
            "tremble_put_out_total",
            "Clients refused or put out, by the reason told.",
            "reason",
            refused,
        ),
        Family(
            "tremble_arena_phase",
            "gauge",
            "1 for the phase in which an arena is, 0 for the others.",
            ["arena", "phase"],
            [sample for arena in server.arenas for sample in phases(arena)],
        ),
        gauges(
            "tremble_arena_players",
            "Players in the match of an arena.",
            "arena",
            {str(arena.number): len(arena.match.tallies) for arena in server.arenas},
        ),
    ]


def phases(arena: Arena) -> list[Sample]:
    number, phase = str(arena.number), PHASE_NAMES[arena.match.phase]
    return [Sample([number, name], float(name == phase)) for name in PHASE_NAMES]


def of_lines(figures: Figures) -> list[Family]:
    return [
        histogram(
            "tremble_round_trip_seconds",
            "Round trip of each client, looked at once a second.",
            figures.round_trips,
        ),
        histogram(
            "tremble_loss_ratio",
            "Share of packets lost of each client, looked at once a second.",
            figures.losses,
        ),
    ]


def of_network(server: GameServer) -> list[Family]:
    host, queries = server.host, server.queries
    return [
        counters(
            "tremble_received_bytes_total",
            "Bytes received, by what they were for.",
            "kind",
            {"game": host.bytes_in, "query": queries.bytes_in},
        ),
        counters(
            "tremble_sent_bytes_total",
            "Bytes sent.",
            "kind",
            {"game": host.bytes_out, "query": queries.bytes_out},
        ),
        counters(
            "tremble_received_datagrams_total",
            "Datagrams received.",
            "kind",
            {"game": host.datagrams_in, "query": queries.datagrams_in},
        ),
        counters(
            "tremble_sent_datagrams_total",
            "Datagrams sent.",
            "kind",
            {"game": host.datagrams_out, "query": queries.datagrams_out},
        ),
    ]


def of_drops(server: GameServer) -> list[Family]:
    host = server.host
    dropped = {
        "malformed": host.malformed,
        "compressed": host.compressed_refused,
        "unknown": host.unknown_peer,
        "no_room": host.no_room,
        "refused": host.connects_refused,
    }
    return [
        counter(
            "tremble_unsent_datagrams_total",
            "Datagrams that the system did not take.",
            server.figures.unsent,
        ),
        counters(
            "tremble_dropped_datagrams_total",
            "Datagrams of the game that were not used, by the reason.",
            "reason",
            dropped,
        ),
        counters(
            "tremble_half_open_lost_total",
            "Connections that were begun and came to nothing.",
            "reason",
            {"expired": host.half_open_expired, "evicted": host.half_open_evicted},
        ),
    ]


def of_queries(server: GameServer) -> list[Family]:
    queries = server.queries
    return [
        counter("tremble_query_answers_total", "Questions that were answered.", queries.answered),
        counter(
            "tremble_query_over_budget_total",
            "Questions that a budget left unanswered.",
            queries.over_budget,
        ),
    ]


def of_outbox(outbox: Outbox) -> list[Family]:
    oldest = outbox.oldest
    age = max(0.0, (datetime.now(UTC) - oldest).total_seconds()) if oldest is not None else 0.0
    return [
        gauge("tremble_outbox_results", "Results that wait for the record.", outbox.depth),
        gauge("tremble_outbox_oldest_seconds", "Age of the oldest of them; 0 without.", age),
        gauge("tremble_outbox_refused", "Results kept that the record refused.", outbox.refused),
        gauge(
            "tremble_outbox_failing", "1 while results cannot be written.", float(outbox.failing)
        ),
        histogram("tremble_post_seconds", "Time to post a result, answer included.", outbox.times),
        counters(
            "tremble_posts_total", "Results posted, by the outcome.", "outcome", outbox.outcomes
        ),
    ]
