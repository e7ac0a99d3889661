"""A player's devices and a server, and a network between them that loses, repeats and reorders.

A history is a list of steps, each three numbers, so that Hypothesis or a random generator can make
one up; every list of numbers is a history.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from tremble.data import merge
from tremble.data.documents import (
    DataType,
    Document,
    Performance,
    PlayedMatch,
    PlayerStats,
    Unlock,
    Weapon,
)
from tremble.data.fields import empty_document
from tremble.data.merge import Save

Step = tuple[int, int, int]

YEAR_MS = 365 * 86_400_000
START_MS = 1_780_000_000_000
KINDS = (*DataType, None)


class Device:
    """One device: what it knows, and the document that its game holds in memory."""

    def __init__(self, ident: str, kind: DataType | None, skew_ms: int) -> None:
        self.ident = ident
        self.save = Save(type=kind.value if kind else "slot-1")
        self.skew_ms = skew_ms
        if kind:
            self.loaded: Document = empty_document(kind)
            self.document: Document = empty_document(kind)
        self.kills = 0

    def record(self, now_ms: int) -> None:
        """Put what the game changed into the save, and let the game read it anew."""
        now_ms = max(0, now_ms + self.skew_ms)
        self.save = merge.record(self.save, self.loaded, self.document, self.ident, now_ms)
        self.loaded = merge.show(self.save)
        self.document = merge.show(self.save)


class World:
    """Plays a history. `kills` of each device's id that reached the server must count there."""

    def __init__(self, kind: DataType | None, devices: int) -> None:
        self.kind = kind
        self.made = 0
        self.now_ms = START_MS
        self.server = Save(type=kind.value if kind else "slot-1")
        self.devices = [self.new_device() for _ in range(devices)]
        #: Device or None for the server, what is sent, and kills counted in it by its sender.
        self.mail: list[tuple[Device | None, bytes, str, int]] = []
        self.reached: Counter[str] = Counter()

    def new_device(self) -> Device:
        self.made += 1
        skew = (-YEAR_MS, 0, YEAR_MS, 1, -1)[self.made % 5]
        return Device(f"{self.made:032x}", self.kind, skew)

    def step(self, step: Step) -> None:
        action, who, what = step
        self.now_ms += what % 3
        device = self.devices[who % len(self.devices)]
        match action % 8:
            case 0 | 1 | 2:
                self.play(device, what)
            case 3:
                self.send(device)
            case 4 | 5:
                self.deliver(who)
            case 6:
                self.lose_or_repeat(who, what)
            case 7 if what % 5 == 0:
                self.devices[who % len(self.devices)] = self.new_device()
            case _:
                self.server_sends(device)

    def play(self, device: Device, what: int) -> None:
        if self.kind is None:
            content = b"%d-%d" % (self.made, what)
            device.save = merge.put_copy(
                device.save, content, device.ident, max(0, self.now_ms + device.skew_ms)
            )
            return
        CHANGES[self.kind](device.document, what)
        if self.kind is DataType.PLAYER_STATS:
            device.kills += what % 7
        device.record(self.now_ms)

    def send(self, device: Device) -> None:
        self.mail.append((None, merge.encode(device.save), device.ident, device.kills))

    def server_sends(self, device: Device) -> None:
        self.mail.append((device, merge.encode(self.server), "", 0))

    def deliver(self, index: int) -> None:
        """Hand over a letter, not always the oldest; the server answers each."""
        if not self.mail:
            return
        to, content, sender, kills = self.mail.pop(index % len(self.mail))
        if to is None:
            before = self.server
            self.server = merge.merge(self.server, merge.decode(content))
            merge.check_growth(before, self.server)
            self.reached[sender] = max(self.reached[sender], kills)
        else:
            to.save = merge.merge(to.save, merge.decode(content))
            if self.kind:
                to.record(self.now_ms)

    def lose_or_repeat(self, index: int, what: int) -> None:
        if self.mail and what % 2:
            self.mail.pop(index % len(self.mail))
        elif self.mail:
            self.mail.append(self.mail[index % len(self.mail)])

    def settle(self) -> None:
        """Let all letters arrive, then every device talk with the server twice."""
        while self.mail:
            self.deliver(0)
        for _ in range(2):
            for device in self.devices:
                self.send(device)
                self.deliver(0)
                self.server_sends(device)
                self.deliver(0)


def play(kind: DataType | None, devices: int, history: Sequence[Step]) -> World:
    """Play *history* to its end; raise AssertionError if anything is lost or counted twice."""
    world = World(kind, devices)
    for step in history:
        world.step(step)
    world.settle()
    for device in world.devices:
        assert merge.encode(device.save) == merge.encode(world.server)
    if kind is not None:
        document = merge.show(world.server)
        assert merge.record(world.server, document, document, "0" * 32, 0) == world.server
        if isinstance(document, PlayerStats):
            assert document.stats.kills == sum(world.reached.values())
    return world


def change_stats(document: PlayerStats, what: int) -> None:
    stats = document.stats
    stats.kills += what % 7
    stats.matches_played += 1
    stats.most_kills = max(stats.most_kills, what % 7)
    stats.win_streak = what % 4
    stats.weapons.setdefault(("rail", "rocket")[what % 2], Weapon()).shots += what
    stats.maps["pit"] = stats.maps.get("pit", 0) + 1
    document.counted_matches = [*document.counted_matches, f"{what:032x}"][-64:]
    document.achievements.setdefault(f"a{what % 3}", Unlock(at(what)))


def change_settings(document: Any, what: int) -> None:
    document.audio.music_volume = what % 11 / 10
    binds = document.controls.key_bindings
    if what % 3 == 0:
        binds.pop("jump", None)
    else:
        binds[("jump", "fire")[what % 2]] = f"KEY_{what}"


def change_board(document: Any, what: int) -> None:
    document.last_updated = at(what)


def change_history(document: Any, what: int) -> None:
    played = PlayedMatch(
        f"{what:032x}", at(what), "duel", "pit", "win", 1, what, what, 0, 0.5, 300.0, ["bert"]
    )
    known = [m for m in document.matches if m.match_id != played.match_id]
    document.matches = [played, *known]


def change_console(document: Any, what: int) -> None:
    document.history = [*document.history, f"say {what}"]
    document.aliases[f"a/{what % 3}"] = f"b {what}"


def change_runs(document: Any, what: int) -> None:
    empty = {"count": what, "mean": 0, "p50": 0, "p95": 0, "p99": 0, "max": 0, "samples": []}
    raw = {"map": f"m{what % 3}", "hardware": "x86/64", "recorded_at": at(what)}
    names = ("frame_ms", "tick_ms", "ping_ms", "loss_percent")
    run = msgspec.convert(raw | dict.fromkeys(names, empty), Performance)
    document.runs = [run, *(r for r in document.runs if r.map != run.map)]


def at(what: int) -> str:
    return datetime.fromtimestamp(START_MS // 1000 + what, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


CHANGES: dict[DataType, Callable[[Any, int], None]] = {
    DataType.PLAYER_STATS: change_stats,
    DataType.SETTINGS: change_settings,
    DataType.LEADERBOARD: change_board,
    DataType.MATCH_HISTORY: change_history,
    DataType.TERMINAL_STATE: change_console,
    DataType.PERFORMANCE_DATA: change_runs,
}
