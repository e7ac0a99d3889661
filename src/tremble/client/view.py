"""What a client is told of a tick, read from the integers that travel, in units."""

from typing import Final

from tremble.net.fields import numbers
from tremble.net.snapshot import Frame
from tremble.sim.state import ALIVE, MAX_PLAYERS, MAX_PROJECTILES
from tremble.sim.tuning import VIEW_HEIGHT
from tremble.sim.vector import Vec

# Places are rounded down when they are sent: their middle is half a step higher.
OWN_STEP: Final = 1.0 / 64.0
STEP: Final = 1.0 / 8.0


class Own:
    """The player of this client; fields as in state.Player, *ammo* by weapon."""

    def __init__(self, values: list[int]) -> None:
        self.life = values[0]
        self.pos = place(values, OWN_STEP)
        self.vel: Vec = (values[4] / 16.0, values[5] / 16.0, values[6] / 16.0)
        self.health = values[7]
        self.armour = values[8]
        self.weapon = values[9]
        self.weapons = values[10]
        self.ammo = (values[11], values[12], values[13])
        self.refire = values[14]
        self.respawn = values[15]
        self.on_ground = values[16] == 1

    @property
    def eyes(self) -> Vec:
        return (self.pos[0], self.pos[1], self.pos[2] + VIEW_HEIGHT)

    def has(self, weapon: int) -> bool:
        """Say whether it holds *weapon* and can fire it."""
        return self.weapons & (1 << weapon) != 0 and self.ammo[weapon] > 0


class Other:
    """Another player, alive; fields as in state.Player."""

    def __init__(self, slot: int, values: list[int]) -> None:
        self.slot = slot
        self.pos = place(values, STEP)
        self.vel: Vec = (float(values[4]), float(values[5]), float(values[6]))
        self.weapon = values[9]
        self.on_ground = values[10] == 1


class Rocket:
    """A rocket in flight; fields as in state.Projectile."""

    def __init__(self, values: list[int]) -> None:
        self.owner = values[0]
        self.pos = place(values, STEP)
        self.vel: Vec = (float(values[4]), float(values[5]), float(values[6]))


def place(values: list[int], step: float) -> Vec:
    """Return the place in *values* 1 to 3."""
    return ((values[1] + 0.5) * step, (values[2] + 0.5) * step, (values[3] + 0.5) * step)


def own(frame: Frame, slot: int) -> Own | None:
    """Return the player of *slot*; None if the frame does not tell of it."""
    told = frame.own[slot] if 0 <= slot < MAX_PLAYERS else None
    return None if told is None else Own(numbers(told))


def others(frame: Frame, slot: int) -> list[Other]:
    """Return the living players but *slot*."""
    found = []
    for i in range(MAX_PLAYERS):
        told = frame.players[i]
        if told is None or i == slot:
            continue
        values = numbers(told)
        if values[0] == ALIVE:
            found.append(Other(i, values))
    return found


def rockets(frame: Frame, slot: int) -> list[Rocket]:
    """Return the rockets in flight that are not of *slot*."""
    found = []
    for i in range(MAX_PROJECTILES):
        told = frame.projectiles[i]
        if told is None:
            continue
        rocket = Rocket(numbers(told))
        if rocket.owner != slot:
            found.append(rocket)
    return found
