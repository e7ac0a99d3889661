"""What a bot wants: what it lacks most, near rather than far, and nothing that is gone."""

import pytest
from rooms import arena

from tremble.client.goals import best_item, worth
from tremble.client.navigation import build
from tremble.client.view import Own
from tremble.sim import level

ALL = (1 << 64) - 1


def own(health=100, armour=0, weapons=1, ammo=(100, 0, 0)) -> Own:
    return Own([1, 0, 0, 0, 0, 0, 0, health, armour, 0, weapons, *ammo, 0, 0, 1, 0])


def test_health_is_worth_more_to_the_wounded():
    """Health is worth nothing at 100, and more the less there is."""
    values = [worth(level.HEALTH, own(health=h)) for h in (100, 80, 40, 10)]

    assert values[0] == 0.0
    assert values == sorted(values)


def test_a_new_weapon_is_worth_more_than_any_ammunition():
    """The rocket launcher comes before its rockets; who holds it wants rockets the fewer the more."""
    assert worth(level.WEAPON_ROCKET_LAUNCHER, own()) > worth(level.AMMO_ROCKET_LAUNCHER, own())
    few = worth(level.AMMO_ROCKET_LAUNCHER, own(weapons=5, ammo=(100, 0, 1)))
    many = worth(level.AMMO_ROCKET_LAUNCHER, own(weapons=5, ammo=(100, 0, 15)))
    assert few > many > 0.0
    assert worth(level.AMMO_ROCKET_LAUNCHER, own(weapons=5, ammo=(100, 0, 25))) == 0.0


@pytest.mark.parametrize("kind", range(len(level.ITEM_NAMES)))
def test_nothing_is_wanted_by_who_has_it_all(kind):
    """Who is full of everything wants nothing, and no worth is ever negative."""
    full = own(health=200, armour=200, weapons=7, ammo=(200, 200, 200))

    assert worth(kind, full) == 0.0
    assert worth(kind, own(health=-40)) >= 0.0


def test_what_is_gone_or_shunned_is_not_gone_for():
    """Without the best item the next best is chosen, and none when nothing lies there."""
    place = arena()
    graph = build(place)
    start = graph.spawns[0]

    best, value = best_item(place, graph, start, own(), ALL, set())
    taken, less = best_item(place, graph, start, own(), ALL & ~(1 << best), set())
    shunned, _ = best_item(place, graph, start, own(), ALL, {best})

    assert best >= 0
    assert taken == shunned != best
    assert less <= value
    assert best_item(place, graph, start, own(), 0, set()) == (-1, 0.0)
