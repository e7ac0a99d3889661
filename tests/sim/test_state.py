"""The world, its one field table, pack, unpack and state_hash."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rooms import arena, commands, room, world_with

from tremble.sim import state, step
from tremble.sim.state import FIELDS, Item, Player, Projectile, Usercmd, World

LEVEL = arena()
PARTS = {"level", "players", "projectiles", "items"}


def fields_of(thing):
    return set(getattr(type(thing), "__mypyc_attrs__", ())) or set(vars(thing))


@pytest.mark.parametrize("thing", [Player(0), Projectile(), Item(), World(LEVEL, 1)])
def test_a_field_that_is_not_in_the_table_does_not_exist(thing):
    """Every attribute of an instance has its row, and every row its attribute."""
    rows = {name for owner, name, _, _ in FIELDS if owner == type(thing).__name__}

    assert fields_of(thing) - PARTS == rows


def busy_world(ticks, seed):
    dice = random.Random(seed)
    world = step.new_world(LEVEL, seed)
    for slot in range(6):
        step.join(world, slot)
    for _ in range(ticks):
        step.step(world, [random_cmd(dice) for _ in range(16)])
    return world


def random_cmd(dice):
    return Usercmd(
        forward=dice.choice((-127, 0, 127, 127)),
        side=dice.choice((-127, 0, 127)),
        yaw=dice.randrange(65536),
        pitch=dice.randrange(-16384, 16385),
        buttons=dice.randrange(4),
        weapon=dice.randrange(3),
    )


def test_a_world_comes_back_from_its_bytes_and_goes_on_the_same():
    """Heavy mode: after every tick, unpack(pack(world)) takes the world's place unnoticed."""
    dice = random.Random(5)
    plain = busy_world(60, 3)
    saved = state.unpack(state.pack(plain), LEVEL)
    for _ in range(200):
        cmds = [random_cmd(dice) for _ in range(16)]
        step.step(plain, cmds)
        step.step(saved, cmds)
        saved = state.unpack(state.pack(saved), LEVEL)

        assert state.state_hash(saved) == state.state_hash(plain)


@pytest.mark.parametrize("row", FIELDS, ids=lambda row: f"{row[0]}.{row[1]}")
def test_the_hash_sees_every_field(row):
    """Changing any one field of a world changes its hash."""
    owner, name, kind, _ = row
    world = busy_world(30, 1)
    world.projectiles[0].active = True
    things = {"World": world, "Player": world.players[0], "Projectile": world.projectiles[0]}
    thing = things.get(owner, world.items[0])
    before = state.state_hash(world)
    value = getattr(thing, name)
    changed = {"int": lambda: value + 1, "bool": lambda: not value}
    setattr(thing, name, changed[kind]() if kind != "vec" else (value[0], value[1], value[2] + 1))

    assert state.state_hash(world) != before


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_bytes_are_refused_or_say_what_they_pack_to(data):
    """Any bytes at all: a ValueError, or a world whose pack is those very bytes."""
    good = bytearray(PACKED)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(good) - 1))
        good[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, 3))
    damaged = bytes(good[: len(good) - cut])
    try:
        world = state.unpack(damaged, LEVEL)
    except ValueError:
        return

    assert state.pack(world) == damaged


PACKED = state.pack(busy_world(40, 2))


def test_a_packed_world_of_another_level_is_refused():
    """The digest of the level is part of the bytes."""
    other = world_with(room(), (0.0, 0.0, 24.0))

    with pytest.raises(ValueError, match="not a packed world of arena_01"):
        state.unpack(state.pack(other), LEVEL)


def test_a_cut_or_padded_world_is_refused():
    """Too few and too many bytes are told apart in the error."""
    with pytest.raises(ValueError, match="cut short"):
        state.unpack(PACKED[:-5], LEVEL)
    with pytest.raises(ValueError, match="1 bytes too many"):
        state.unpack(PACKED + b"\0", LEVEL)


def test_numbers_that_are_not_finite_are_refused():
    """A NaN in a position would poison every later tick."""
    world = busy_world(3, 2)
    world.players[0].pos = (float("nan"), 0.0, 0.0)

    with pytest.raises(ValueError, match="nan"):
        state.unpack(state.pack(world), LEVEL)


def test_a_dead_generator_is_refused():
    """From 0 the random numbers would never move again."""
    world = busy_world(3, 2)
    world.rng = 0

    with pytest.raises(ValueError, match="random numbers"):
        state.unpack(state.pack(world), LEVEL)


def test_draws_cover_their_range_evenly():
    """In 60,000 draws below 6, each face comes up within five standard deviations of 10,000."""
    world = World(LEVEL, 7)
    counts = [0] * 6
    for _ in range(60_000):
        counts[world.draw(6)] += 1

    assert all(abs(count - 10_000) < 5 * 92 for count in counts)


def test_any_seed_gives_a_working_generator():
    """No seed leads to the state 0, from which the generator never comes back."""
    for seed in (0, -1, 2147483646, 2147483647, 2**80):
        world = World(LEVEL, seed)

        assert 1 <= world.rng <= 2147483646
        assert len({world.draw(65536) for _ in range(50)}) > 40


def test_unused_commands_do_not_matter():
    """Commands of slots that are not in the world leave it as it is."""
    one, two = busy_world(5, 4), busy_world(5, 4)
    step.step(one, commands())
    step.step(two, commands(p15=Usercmd(forward=127, buttons=3)))

    assert state.state_hash(one) == state.state_hash(two)
