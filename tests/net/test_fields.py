"""The field tables: each row names a field of the world, and its value survives as its scale says."""

from math import floor

import pytest
from frames import bounds, plain_level, randomise
from hypothesis import given
from hypothesis import strategies as st

from tremble.net import fields
from tremble.net.delta import predicted
from tremble.net.fields import ANGLE, OWN, PLACE, PLAYER, PROJECTILE
from tremble.sim.state import FIELDS, GONE, Player, World
from tremble.sim.tuning import TICK_RATE

OWNERS = {
    "PLAYER": (PLAYER, "Player"),
    "OWN": (OWN, "Player"),
    "PROJECTILE": (PROJECTILE, "Projectile"),
}
LEVEL = plain_level()


def value_of(thing, name):
    """Return the value that a row of *name* stands for."""
    head, _, axis = name.partition(".")
    value = getattr(thing, head)
    return value["xyz".index(axis)] if axis else value


@pytest.mark.parametrize("name", OWNERS)
def test_each_row_names_a_field_of_the_world(name):
    """A row without a field in state.FIELDS, or a number too many for its vector, does not exist."""
    table, owner = OWNERS[name]
    known = set()
    for row in FIELDS:
        if row[0] == owner:
            known |= {f"{row[1]}.{axis}" for axis in "xyz"} if row[2] == "vec" else {row[1]}

    assert {row.name for row in table} <= known
    assert len({row.name for row in table}) == len(table)


@pytest.mark.parametrize("name", OWNERS)
def test_a_place_is_followed_by_its_velocity_three_rows_down(name):
    """Prediction and encoding read position and velocity from rows 1 to 6."""
    table = OWNERS[name][0]

    assert [row.name for row in table[1:7]] == [f"{v}.{a}" for v in ("pos", "vel") for a in "xyz"]
    assert [i for i, row in enumerate(table) if row.kind == PLACE] == [1, 2, 3]


@pytest.mark.parametrize("name", OWNERS)
def test_a_small_difference_is_shorter_than_the_value(name):
    """Else the small form would never pay."""
    assert all(row.small <= row.bits for row in OWNERS[name][0])


@given(st.randoms(use_true_random=False), st.sampled_from(["PLAYER", "OWN", "PROJECTILE"]))
def test_values_in_range_survive_within_a_step(dice, name):
    """Each value that travels is its field times the scale, rounded down, unless out of range."""
    table, owner = OWNERS[name]
    world = World(LEVEL, 1)
    thing = world.players[3] if owner == "Player" else world.projectiles[3]
    if owner == "Player":
        randomise(thing, dice, 2000.0)
        values = fields.player_values(thing) if name == "PLAYER" else fields.own_values(thing)
    else:
        thing.owner = 7
        thing.pos = tuple(dice.uniform(-2000, 2000) for _ in range(3))
        thing.vel = tuple(dice.uniform(-2000, 2000) for _ in range(3))
        values = fields.projectile_values(thing)

    for row, value in zip(table, fields.numbers(values), strict=True):
        low, high = bounds(row)
        assert value == min(max(floor(value_of(thing, row.name) * row.scale), low), high)


@given(st.floats(-1e7, 1e7), st.sampled_from([row for t in (PLAYER, OWN, PROJECTILE) for row in t]))
def test_steps_rounds_down_and_clamps(value, row):
    """Every float becomes a number that fits the row's bits."""
    found = fields.steps(value, row.scale, row.bits)

    limit = 1 << (row.bits - 1)
    assert found == min(max(floor(value * row.scale), -limit), limit - 1)


@pytest.mark.parametrize("table", [PLAYER, OWN, PROJECTILE])
def test_the_prediction_is_the_velocity_of_a_tick(table):
    """The factor in 65536ths of a step is that of one tick, to 1 in 1000."""
    place, speed = table[1], table[4]
    base = [0] * len(table)
    base[4] = 2000

    step = predicted(place, fields.packed(base), 1, 60)

    exact = 2000 / speed.scale * place.scale * 60 / TICK_RATE
    assert abs(step - exact) <= exact / 1000 + 1


def test_an_empty_slot_is_not_seen():
    """A player who is GONE is told to nobody."""
    player = Player(0)

    assert player.life == GONE
    assert not fields.seen(player)


def test_every_event_kind_has_known_letters():
    """Kinds are 1 to 15 and letters are those of EVENT_BITS."""
    assert all(1 <= kind <= 15 for kind in fields.EVENT)
    assert set("".join(fields.EVENT.values())) <= set(fields.EVENT_BITS)


def test_yaw_alone_wraps():
    """The only ANGLE is the yaw of PLAYER."""
    assert [row.name for t in (PLAYER, OWN, PROJECTILE) for row in t if row.kind == ANGLE] == [
        "yaw"
    ]
