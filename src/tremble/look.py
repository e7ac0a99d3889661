"""How a server is at one moment, and what of it is worth a look: for `tremble monitor` and the dashboard.

A status, as a game server tells it, and two readings of its metrics come to one Look.
"""

from collections.abc import Iterable
from time import monotonic
from typing import Any

import msgspec
from msgspec import Struct

from tremble.metrics import Distribution, Family

#: Beyond these something is worth a look, as in deploy/prometheus/alerts.yml.
SLOW_TICK_MS = 8.0
LATE_A_SECOND = 0.6
OLD_S = 300.0


class Arena(Struct, frozen=True):
    """One match: who leads stands first in *score*."""

    phase: str
    map: str = ""
    mode: str = ""
    time_left: float = 0.0
    score: list[tuple[str, int]] = []


class Look(Struct, frozen=True):
    """How a server was at one moment. None: not known from there, or not yet.

    *late* is ticks that began late, ever. Bytes are by second. *wrong*: what is worth a look.
    """

    where: str
    up: bool = True
    name: str = ""
    players: int | None = None
    bots: int | None = None
    max_players: int | None = None
    arenas: list[Arena] = []
    tick_p50_ms: float | None = None
    tick_p99_ms: float | None = None
    late: int | None = None
    bytes_in: float | None = None
    bytes_out: float | None = None
    outbox: int | None = None
    wrong: list[str] = []


class Numbers:
    """Families by name, as one look found them at a time."""

    def __init__(self, families: Iterable[Family]) -> None:
        self.families = {family.name: family for family in families}
        self.at = monotonic()

    def total(self, name: str) -> float | None:
        """Return the sum of all samples of a counter or gauge; None without any."""
        family = self.families.get(name)
        if family is None or not family.samples:
            return None
        return sum(s.value for s in family.samples if isinstance(s.value, float | int))

    def distribution(self, name: str) -> Distribution | None:
        """Return the first sample of a histogram."""
        family = self.families.get(name)
        found = family.samples[0].value if family is not None and family.samples else None
        return found if isinstance(found, Distribution) else None

    def phases(self) -> list[Arena]:
        """Return the phase of each arena, by number."""
        family = self.families.get("tremble_arena_phase")
        on = [s.labels for s in family.samples if s.value == 1.0] if family is not None else []
        return [Arena(phase) for _, phase in sorted(on, key=lambda labels: int(labels[0]))]


class Since:
    """Rates between a look and the one before it."""

    def __init__(self, now: Numbers, before: Numbers | None) -> None:
        self.now = now
        self.before = before
        self.seconds = now.at - before.at if before is not None else 0.0

    def rate(self, name: str) -> float | None:
        """Return by how much counter *name* grew a second; None after a restart or at the first look."""
        new = self.now.total(name)
        old = self.before.total(name) if self.before is not None else None
        if new is None or old is None or new < old or self.seconds <= 0:
            return None
        return (new - old) / self.seconds

    def ticks(self) -> Distribution | None:
        """Return the lengths of the ticks since the last look; of all of them if there was none."""
        new = self.now.distribution("tremble_tick_seconds")
        old = self.before.distribution("tremble_tick_seconds") if self.before is not None else None
        if new is None or old is None or new.count < old.count:
            return new
        return new.less(old)


def looked(where: str, status: dict[str, Any], since: Since) -> Look:
    """Return what *status* and the numbers come to."""
    now, ticks = since.now, since.ticks()
    slow = ticks is not None and ticks.count > 0
    players, most = now.total("tremble_players"), now.total("tremble_max_players")
    bots, late = now.total("tremble_bots"), now.total("tremble_late_ticks_total")
    found = Look(
        where,
        name=status.get("name", ""),
        players=status.get("players", whole(players)),
        bots=status.get("bots", whole(bots)),
        max_players=status.get("max_players", whole(most)),
        arenas=[arena(each) for each in status.get("arenas", [])] or now.phases(),
        tick_p50_ms=ticks.quantile(0.5) * 1000 if slow and ticks is not None else None,
        tick_p99_ms=ticks.quantile(0.99) * 1000 if slow and ticks is not None else None,
        late=whole(late),
        bytes_in=since.rate("tremble_received_bytes_total"),
        bytes_out=since.rate("tremble_sent_bytes_total"),
        outbox=whole(now.total("tremble_outbox_results")),
    )
    return msgspec.structs.replace(found, wrong=faults(found, since))


def counted(number: float, what: str) -> str:
    """Return so many of *what* in words, in whole numbers: `1 late tick`, `3 late ticks`."""
    return f"{number:.0f} {what}{'' if round(number) == 1 else 's'}"


def whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def arena(told: dict[str, Any]) -> Arena:
    """Return an arena as the status of a server tells it."""
    score = [(name, points) for name, points in told["players"]]
    return Arena(told["phase"], told["map"], told["mode"], told["time_left"], score)


def faults(look: Look, since: Since) -> list[str]:
    """Return what is worth a look, in words."""
    now = since.now
    late = since.rate("tremble_late_ticks_total") or 0.0
    oldest = now.total("tremble_outbox_oldest_seconds") or 0.0
    checks = [
        ((look.tick_p99_ms or 0.0) > SLOW_TICK_MS, f"ticks take {look.tick_p99_ms or 0:.0f} ms"),
        (late > LATE_A_SECOND, f"{counted(late, 'late tick')} a second"),
        (now.total("tremble_game_up") == 0, "the game server does not answer"),
        (now.total("tremble_store_up") == 0, "the store does not answer"),
        (oldest > OLD_S, f"a result waits for {oldest / 60:.0f} min"),
        (bool(now.total("tremble_outbox_failing")), "results cannot be written"),
        (bool(now.total("tremble_outbox_refused")), "the record refused results"),
        (bool(now.total("tremble_draining")), "drains"),
        (bool(look.players) and look.players == look.max_players, "full"),
    ]
    return [text for true, text in checks if true]
