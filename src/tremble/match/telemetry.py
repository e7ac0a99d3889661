"""Telemetry: where and when things happened in a match, noted beside it. It changes nothing in it.

Ticks are counted from the one at which the match began to count. Where players stand is noted in
rounds of all who live: SPARSE ticks apart, CROWDED once there are more than FEW players at a time.
Whenever MAX_SAMPLES are together every other round goes, and rounds come half as often.
"""

from typing import Final

import msgspec

from tremble.match.tally import WEAPON_OF
from tremble.result import (
    MAX_TELEMETRY,
    KillRow,
    MatchResult,
    PickupRow,
    PlayerTelemetry,
    SampleRow,
    Telemetry,
)
from tremble.sim.level import ITEM_NAMES
from tremble.sim.state import (
    ALIVE,
    EV_FRAG,
    EV_PICKUP,
    EV_SPAWN,
    MAX_PLAYERS,
    WEAPON_NAMES,
    Event,
    World,
)
from tremble.sim.tuning import TICK_RATE
from tremble.sim.vector import Vec

VERSION: Final = 1
#: Ticks between two rounds, up to FEW players and beyond.
SPARSE: Final = 60
CROWDED: Final = 120
FEW: Final = 8
#: Most rows kept while the match goes on.
MAX_SAMPLES: Final = 4096
MAX_KILLS: Final = 2000
MAX_PICKUPS: Final = 6000
#: Thinner than one round in so many, samples say nothing and are left out.
THINNEST: Final = 64


class Seen:
    """What is noted of one player. *pings* counts how often each was measured, in ms."""

    def __init__(self, player_id: str, joined: int, waited_s: float) -> None:
        self.player_id = player_id
        self.joined = joined
        self.left = -1
        self.waited_s = waited_s
        self.spawn = -1
        self.pings: dict[int, int] = {}
        self.loss = 0.0  # summed
        self.measured = 0

    def measure(self, ping_ms: int, loss: float) -> None:
        """Note the line as it is now."""
        self.pings[ping_ms] = self.pings.get(ping_ms, 0) + 1
        self.loss += loss
        self.measured += 1

    def told(self) -> PlayerTelemetry:
        """Return it for the record."""
        return PlayerTelemetry(
            joined_tick=self.joined,
            left_tick=self.left,
            waited_s=round(self.waited_s, 1),
            spawn=self.spawn,
            ping_ms=median(self.pings, self.measured),
            loss=round(self.loss / max(1, self.measured), 4),
        )


class Notes:
    """The notes of a match that began to count at tick *began* of its world.

    Players are numbered as they come; who comes back has the same number again.
    """

    def __init__(self, began: int) -> None:
        self.began = began
        self.players: list[Seen] = []
        self.slots = [-1] * MAX_PLAYERS  # the number of who plays there
        self.here = 0
        self.every = SPARSE
        self.kills: list[KillRow] = []
        self.pickups: list[PickupRow] = []
        self.samples: list[SampleRow] = []
        self.truncated = False

    def enter(self, slot: int, player_id: str, tick: int, waited_s: float) -> None:
        """A player has *slot* from *tick* of the world on."""
        number = self.number_of(player_id)
        if number < 0:
            number = len(self.players)
            self.players.append(Seen(player_id, tick - self.began, waited_s))
        self.players[number].left = -1
        self.slots[slot] = number
        self.here += 1
        if self.here > FEW and self.every < CROWDED:
            self.thin()

    def leave(self, slot: int, tick: int) -> None:
        """Nobody plays in *slot* any more."""
        if self.slots[slot] >= 0:
            self.players[self.slots[slot]].left = tick - self.began
            self.slots[slot] = -1
            self.here -= 1

    def measure(self, slot: int, ping_ms: int, loss: float) -> None:
        """Note the line of who plays in *slot*, as it is now."""
        if self.slots[slot] >= 0:
            self.players[self.slots[slot]].measure(ping_ms, loss)

    def number_of(self, player_id: str) -> int:
        """Return the number of a player; -1 if it was never here."""
        for number, seen in enumerate(self.players):
            if seen.player_id == player_id:
                return number
        return -1

    def see(self, world: World, events: list[Event]) -> None:
        """Note the tick that *world* has just done."""
        tick = world.tick - self.began
        for event in events:
            if event.kind == EV_FRAG:
                self.see_frag(world, tick, event)
            elif event.kind == EV_PICKUP:
                self.see_pickup(tick, event)
            elif event.kind == EV_SPAWN and self.slots[event.a] >= 0:
                seen = self.players[self.slots[event.a]]
                if seen.spawn < 0:
                    seen.spawn = spawn_at(world, event.pos)
        if tick % self.every == 0:
            self.sample(world, tick)

    def see_frag(self, world: World, tick: int, event: Event) -> None:
        victim = self.slots[event.b]
        if victim < 0:
            return
        if len(self.kills) == MAX_KILLS:
            self.truncated = True
            return
        killer = self.slots[event.a] if event.a >= 0 else -1
        at = world.players[event.a].pos if killer >= 0 else event.pos
        x, y, z = whole(at)
        u, v, w = whole(event.pos)
        weapon = WEAPON_OF.get(event.means, -1)
        self.kills.append((tick, killer, victim, weapon, x, y, z, u, v, w))

    def see_pickup(self, tick: int, event: Event) -> None:
        player = self.slots[event.a]
        if player < 0:
            return
        if len(self.pickups) == MAX_PICKUPS:
            self.truncated = True
            return
        self.pickups.append((tick, player, event.b))

    def sample(self, world: World, tick: int) -> None:
        """Note where the living are."""
        for player in world.players:
            number = self.slots[player.slot]
            if number >= 0 and player.life == ALIVE:
                x, y, z = whole(player.pos)
                self.samples.append((tick, number, x, y, z))
        if len(self.samples) > MAX_SAMPLES - MAX_PLAYERS:
            self.thin()

    def thin(self) -> None:
        """Drop every other round; they come half as often from now on."""
        self.every *= 2
        self.samples = [row for row in self.samples if row[0] % self.every == 0]

    def told(
        self, result: MatchResult, world: World, region: str, cpu_s: float, crashes: int
    ) -> Telemetry:
        """Return the notes for *result*, with players in its order, in MAX_TELEMETRY bytes of JSON.

        Rows of who has no line in the result are left out.
        """
        place = [-1] * len(self.players)
        players: list[PlayerTelemetry] = []
        for line in result.players:
            number = self.number_of(line.player_id)
            if number >= 0:
                place[number] = len(players)
            seen = self.players[number] if number >= 0 else Seen(line.player_id, 0, 0.0)
            players.append(seen.told())
        return fitted(
            Telemetry(
                version=VERSION,
                tick_rate=TICK_RATE,
                players=players,
                region=region,
                cpu_s=round(cpu_s, 3),
                crashes=crashes,
                weapons=list(WEAPON_NAMES),
                kills=placed_kills(self.kills, place),
                item_names=[ITEM_NAMES[item.kind] for item in world.level.items],
                pickups=[(t, place[p], item) for t, p, item in self.pickups if place[p] >= 0],
                sample_ticks=self.every,
                samples=[(t, place[p], x, y, z) for t, p, x, y, z in self.samples if place[p] >= 0],
                truncated=self.truncated,
            )
        )


def placed_kills(kills: list[KillRow], place: list[int]) -> list[KillRow]:
    """Return *kills* with players by their *place* in the result; a killer without one is -1."""
    found: list[KillRow] = []
    for tick, killer, victim, weapon, x, y, z, u, v, w in kills:
        if place[victim] >= 0:
            by = place[killer] if killer >= 0 else -1
            found.append((tick, by, place[victim], weapon, x, y, z, u, v, w))
    return found


def fitted(told: Telemetry) -> Telemetry:
    """Return *told* in MAX_TELEMETRY bytes: first rounds of samples go, then the last pickups, then kills."""
    size = size_of(told)
    if size <= MAX_TELEMETRY:
        return told
    bare = msgspec.structs.replace(told, sample_ticks=0, samples=[], truncated=True)
    room = MAX_TELEMETRY - size_of(bare)
    nth = 2 if room <= 0 else max(2, (size - MAX_TELEMETRY + room) // room)
    while room > 0 and nth <= THINNEST:
        every = told.sample_ticks * nth
        kept = [row for row in told.samples if row[0] % every == 0]
        thinner = msgspec.structs.replace(told, sample_ticks=every, samples=kept, truncated=True)
        if size_of(thinner) <= MAX_TELEMETRY:
            return thinner
        nth += 1
    return without_pickups(bare)


def without_pickups(told: Telemetry) -> Telemetry:
    """Return *told* without the last of its pickups, and of its kills, so that it has MAX_TELEMETRY bytes."""
    bare = msgspec.structs.replace(told, pickups=[])
    room = MAX_TELEMETRY - size_of(bare)
    kept = fitting([size_of(row) + 1 for row in told.pickups], room)
    if room >= 0:
        return msgspec.structs.replace(told, pickups=told.pickups[:kept])
    room = MAX_TELEMETRY - size_of(msgspec.structs.replace(bare, kills=[]))
    kept = fitting([size_of(row) + 1 for row in told.kills], room)
    return msgspec.structs.replace(bare, kills=told.kills[:kept])


def fitting(sizes: list[int], room: int) -> int:
    """Return how many of *sizes*, from the first on, have *room*."""
    for count, size in enumerate(sizes):
        room -= size
        if room < 0:
            return count
    return len(sizes)


def size_of(thing: object) -> int:
    return len(msgspec.json.encode(thing))


def median(counts: dict[int, int], total: int) -> int:
    """Return the middle one of *total* values that *counts* counts; 0 without any."""
    before = 0
    for value in sorted(counts):
        before += counts[value]
        if 2 * before >= total:
            return value
    return 0


def spawn_at(world: World, pos: Vec) -> int:
    """Return which spawn point of the level lies at *pos*; -1 if none does."""
    for index, spawn in enumerate(world.level.spawns):
        if spawn.pos == pos:
            return index
    return -1


def whole(pos: Vec) -> tuple[int, int, int]:
    """Return *pos* in whole units."""
    return round(pos[0]), round(pos[1]), round(pos[2])
