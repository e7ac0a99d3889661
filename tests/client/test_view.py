"""What a client is told comes out in the units that the world has."""

import pytest
from rooms import room, world_with

from tremble.client import view
from tremble.net import snapshot
from tremble.net.snapshot import Decoder, Encoder, Frame
from tremble.sim import step
from tremble.sim.state import MACHINEGUN, RAILGUN, ROCKET_LAUNCHER


def told(world, slot: int) -> Frame:
    """The frame that the client in *slot* is told."""
    encoder = Encoder()
    encoder.add(snapshot.view(world, []))
    found = Decoder().decode(encoder.encode(slot, 0, 0, 0, 0)[0])
    assert found is not None
    return found.frame


def test_own_player_is_read_in_units():
    """Own place is right to 1/64 unit, velocity to 1/16, and all else exactly."""
    world = world_with(room(), (100.3, -50.7, 24.125))
    player = world.players[0]
    player.vel = (10.5, -320.0, 0.0)
    player.health, player.armour, player.weapons = 55, 120, 0b101
    player.ammo_machinegun, player.ammo_rocket_launcher = 33, 7

    own = view.own(told(world, 0), 0)

    assert own is not None
    assert own.pos == pytest.approx(player.pos, abs=1 / 64)
    assert own.vel == pytest.approx(player.vel, abs=1 / 16)
    assert (own.health, own.armour, own.ammo) == (55, 120, (33, 0, 7))
    assert own.eyes[2] == pytest.approx(own.pos[2] + 26.0)
    assert [own.has(w) for w in (MACHINEGUN, RAILGUN, ROCKET_LAUNCHER)] == [True, False, True]


def test_others_are_those_alive_and_not_oneself():
    """Others holds the living but for the client itself, within 1/8 unit."""
    world = world_with(room(), (0.0, 0.0, 24.125), (200.0, 10.0, 24.125), (300.0, 0.0, 24.125))
    world.players[2].life = 2
    world.players[1].weapon = RAILGUN

    others = view.others(told(world, 0), 0)

    assert [other.slot for other in others] == [1]
    assert others[0].pos == pytest.approx((200.0, 10.0, 24.125), abs=1 / 8)
    assert others[0].weapon == RAILGUN
    assert others[0].on_ground


def test_rockets_of_others_are_seen():
    """Rockets tells of everybody's rockets but one's own."""
    world = world_with(room(), (0.0, 0.0, 24.125), (200.0, 0.0, 24.125))
    for owner in (0, 1):
        rocket = world.projectiles[owner]
        rocket.active, rocket.owner = True, owner
        rocket.pos, rocket.vel = (50.0, 60.0, 70.0), (0.0, 900.0, 0.0)

    rockets = view.rockets(told(world, 0), 0)

    assert [rocket.owner for rocket in rockets] == [1]
    assert rockets[0].pos == pytest.approx((50.0, 60.0, 70.0), abs=1 / 8)
    assert rockets[0].vel == (0.0, 900.0, 0.0)


def test_who_watches_has_no_own_player():
    """A client without a slot is told of no own player."""
    world = step.new_world(room(), 1)

    assert view.own(told(world, -1), -1) is None
    assert view.own(told(world, 0), 0) is None
