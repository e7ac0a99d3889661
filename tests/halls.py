"""Small walled levels, for what has to explore all of a level."""

from rooms import box, entity

from tremble.sim import level
from tremble.sim.level import Level

SHELL = [
    box((-272, -272, -16), (272, 272, 0)),
    box((-272, -272, 0), (-256, 272, 512)),
    box((256, -272, 0), (272, 272, 512)),
    box((-272, -272, 0), (272, -256, 512)),
    box((-272, 256, 0), (272, 272, 512)),
]
SOUTH = entity("info_player_deathmatch", origin="0 -192 24")


def hall(*brushes, entities=()) -> Level:
    """A floor of 512 by 512 within walls, *brushes* on it, and a spawn point in its south."""
    text = entity("worldspawn", *SHELL, *brushes) + "".join((SOUTH, *entities))
    return level.load(text, "hall")
