"""match/tally.py: events become lines."""

from tremble.match.tally import Tally, Who, count
from tremble.sim.state import (
    EV_FIRE,
    EV_FRAG,
    EV_HIT,
    EV_PICKUP,
    MOD_FALLING,
    MOD_SPLASH,
    RAILGUN,
    ROCKET_LAUNCHER,
    Event,
)


def tallies() -> dict[int, Tally]:
    return {slot: Tally(Who(f"{slot:016x}", f"p{slot}", False)) for slot in (0, 1)}


def test_shots_hits_and_damage_by_weapon() -> None:
    """A rocket's blast counts for the launcher; each weapon has its own line."""
    found = tallies()
    events = [
        Event(EV_FIRE, 0, value=ROCKET_LAUNCHER),
        Event(EV_FIRE, 0, value=RAILGUN),
        Event(EV_HIT, 0, 1, value=60, means=MOD_SPLASH),
        Event(EV_HIT, 0, 1, value=100, means=RAILGUN),
    ]

    count(found, [], events)

    weapons = found[0].line(1, True, 60).weapons
    assert (weapons["rocket_launcher"].shots, weapons["rocket_launcher"].hits) == (1, 1)
    assert weapons["railgun"].damage == 100
    assert "machinegun" not in weapons
    assert found[0].damage_given == found[1].damage_taken == 160


def test_own_damage_is_taken_not_given() -> None:
    """A rocket jump hurts, and makes nobody look good."""
    found = tallies()

    count(found, [], [Event(EV_HIT, 0, 0, value=50, means=MOD_SPLASH)])

    assert (found[0].damage_taken, found[0].damage_given) == (50, 0)
    assert found[0].hits == [0, 0, 0]


def test_world_damage_has_no_giver() -> None:
    """Falling hurts without an attacker."""
    found = tallies()

    count(found, [], [Event(EV_HIT, -1, 0, value=10, means=MOD_FALLING)])

    assert found[0].damage_taken == 10


def test_items_by_name() -> None:
    """Items are counted under the names of the level."""
    found = tallies()

    count(found, ["health_mega", "armour_body"], [Event(EV_PICKUP, 0, 1)] * 2)

    assert found[0].items == {"armour_body": 2}


def test_kills_by_weapon() -> None:
    """A frag counts for the weapon that made it."""
    found = tallies()

    count(found, [], [Event(EV_FRAG, 0, 1, means=MOD_SPLASH), Event(EV_FRAG, 0, 1, means=RAILGUN)])

    assert found[0].weapon_kills == [0, 1, 1]
    assert found[1].deaths == 2


def test_events_of_strangers_are_ignored() -> None:
    """Slots that are not in the match change nothing."""
    found = tallies()

    count(found, [], [Event(EV_FRAG, 5, 6), Event(EV_FIRE, 7, value=0), Event(EV_HIT, 8, 9)])

    assert [t.score for t in found.values()] == [0, 0]
