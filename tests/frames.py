"""Frames for the tests of the wire: any values a table allows, and worlds that move at random."""

from random import Random

from hypothesis import strategies as st
from rooms import room

from tremble.net import fields
from tremble.net.fields import ANGLE, UINT, Field, Values, packed
from tremble.net.snapshot import Frame, view
from tremble.sim.level import HEALTH, ItemSpawn, Level
from tremble.sim.state import ALIVE, DEAD, EV_FIRE, EV_HIT, EV_JUMP, Event, Player, World

FAR = 1e6


def bounds(row: Field) -> tuple[int, int]:
    """Return the least and the greatest value that *row* carries."""
    if row.kind in (UINT, ANGLE):
        return 0, (1 << row.bits) - 1
    return -(1 << (row.bits - 1)), (1 << (row.bits - 1)) - 1


def entities(table: list[Field]) -> st.SearchStrategy[Values]:
    """One entity's values, the extremes included."""
    return st.tuples(*(st.integers(*bounds(row)) for row in table)).map(list).map(packed)


def some(table: list[Field], count: int, most: int) -> st.SearchStrategy[list[Values | None]]:
    """*count* places of which at most *most* hold an entity."""
    chosen = st.dictionaries(st.integers(0, count - 1), entities(table), max_size=most)
    return chosen.map(lambda found: [found.get(i) for i in range(count)])


@st.composite
def frames(draw: st.DrawFn, tick: int, like: Frame | None = None) -> Frame:
    """A frame of *tick*; often with entities exactly as in *like*."""
    frame = Frame(tick)
    frame.players = draw(some(fields.PLAYER, 16, 4))
    frame.own = draw(some(fields.OWN, 16, 4))
    frame.projectiles = draw(some(fields.PROJECTILE, 64, 4))
    frame.items = draw(st.integers(0, (1 << 64) - 1))
    if like is not None and draw(st.booleans()):
        frame.items = like.items
    if like is not None:
        for mine, old in (
            (frame.players, like.players),
            (frame.own, like.own),
            (frame.projectiles, like.projectiles),
        ):
            for i in range(len(mine)):
                if draw(st.integers(0, 3)) == 0:
                    mine[i] = old[i]
    return frame


def plain_level(items: int = 0) -> Level:
    """A level with *items* items, for worlds that are never stepped."""
    level = room()
    level.items = [ItemSpawn(HEALTH, (0.0, 0.0, 0.0)) for _ in range(items)]
    return level


def randomise(player: Player, dice: Random, far: float) -> None:
    """Give *player* any values at all, positions within *far*."""
    player.life = dice.choice((ALIVE, DEAD))
    player.pos = tuple(dice.uniform(-far, far) for _ in range(3))
    player.vel = tuple(dice.uniform(-far, far) for _ in range(3))
    player.yaw = dice.randrange(65536)
    player.pitch = dice.randint(-16384, 16384)
    player.weapon = dice.randrange(3)
    player.weapons = dice.randrange(8)
    player.health = dice.randint(-1000, 1000)
    player.armour = dice.randint(0, 300)
    player.ammo_machinegun = dice.randint(0, 300)
    player.ammo_railgun = dice.randint(0, 300)
    player.ammo_rocket_launcher = dice.randint(0, 300)
    player.refire = dice.randint(0, 300)
    player.respawn = dice.randint(0, 3000)
    player.on_ground = dice.random() < 0.5
    player.jump_held = dice.random() < 0.5


class Walk:
    """A world in which players and projectiles drift, come and go; `next` gives its next frame.

    Events: each tick some, numbered on in `value`, so that a reader can say which it has got.
    """

    def __init__(self, seed: int, players: int = 6, projectiles: int = 8) -> None:
        self.dice = Random(seed)
        self.world = World(plain_level(10), seed)
        self.world.tick = self.dice.randint(1, 1000)
        self.players = players
        self.projectiles = projectiles
        self.told = 0
        for player in self.world.players[:players]:
            randomise(player, self.dice, 2000.0)
            player.vel = tuple(self.dice.uniform(-400, 400) for _ in range(3))

    def next(self) -> tuple[Frame, list[Event]]:
        """Move by a tick; return the frame and its events."""
        world, dice = self.world, self.dice
        world.tick += 1
        for player in world.players[: self.players]:
            move(player, dice)
        for rocket in world.projectiles[: self.projectiles]:
            if not rocket.active and dice.random() < 0.1:
                rocket.active, rocket.owner = True, dice.randrange(16)
                rocket.pos = tuple(dice.uniform(-2000, 2000) for _ in range(3))
                rocket.vel = tuple(dice.uniform(-900, 900) for _ in range(3))
            elif rocket.active:
                rocket.active = dice.random() > 0.05
                rocket.pos = tuple(rocket.pos[i] + rocket.vel[i] / 60 for i in range(3))
        for item in world.items:
            if dice.random() < 0.02:
                item.available = not item.available
        events = [self.event() for _ in range(dice.choice((0, 0, 0, 1, 2, 5)))]
        return view(world, events), events

    def event(self) -> Event:
        self.told = (self.told + 1) % 4096
        kind = self.dice.choice((EV_FIRE, EV_HIT))
        return Event(kind, a=0, b=1, value=self.told, pos=(1.0, 2.0, 3.0), end=(4.0, 5.0, 6.0))


def move(player: Player, dice: Random) -> None:
    """Move *player* by its velocity, with a push now and then, and a leap rarely."""
    if dice.random() < 0.01:
        randomise(player, dice, 2000.0)
    if dice.random() < 0.3:
        player.vel = tuple(v + dice.uniform(-40, 40) for v in player.vel)
        player.yaw = (player.yaw + dice.randint(-900, 900)) & 65535
    player.pos = tuple(player.pos[i] + player.vel[i] / 60 for i in range(3))
    player.on_ground = dice.random() < 0.9


def worst_frame(tick: int, seed: int, events: int) -> Frame:
    """16 players and 64 projectiles at random extremes, and *events* of the longest kinds."""
    dice = Random(seed)
    world = World(plain_level(64), seed)
    world.tick = tick
    for player in world.players:
        randomise(player, dice, FAR)
    for i, rocket in enumerate(world.projectiles):
        rocket.active, rocket.owner = True, i % 16
        rocket.pos = tuple(dice.choice((-FAR, FAR)) for _ in range(3))
        rocket.vel = tuple(dice.choice((-FAR, FAR)) for _ in range(3))
    told = [Event(dice.choice((EV_FIRE, EV_JUMP)), a=i % 16, value=i) for i in range(events)]
    return view(world, told)
