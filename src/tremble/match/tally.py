"""What one player did in one match, gathered from the world's events."""

from typing import Final

from tremble.result import PlayerLine, WeaponLine
from tremble.sim.state import (
    EV_FIRE,
    EV_FRAG,
    EV_HIT,
    EV_PICKUP,
    MOD_SPLASH,
    ROCKET_LAUNCHER,
    WEAPON_NAMES,
    Event,
)

#: A rocket's blast counts for the launcher; what no weapon did has no line.
WEAPON_OF: Final = {0: 0, 1: 1, 2: 2, MOD_SPLASH: ROCKET_LAUNCHER}


class Who:
    """The person in a slot, as far as a match must know."""

    def __init__(self, player_id: str, name: str, bot: bool) -> None:
        self.player_id = player_id
        self.name = name
        self.bot = bot


class Tally:
    """The growing line of one player; `left` once the slot was given up before the end."""

    def __init__(self, who: Who) -> None:
        self.who = who
        self.score = 0
        self.kills = 0
        self.deaths = 0
        self.suicides = 0
        self.damage_given = 0
        self.damage_taken = 0
        self.shots = [0] * len(WEAPON_NAMES)
        self.hits = [0] * len(WEAPON_NAMES)
        self.damage = [0] * len(WEAPON_NAMES)
        self.weapon_kills = [0] * len(WEAPON_NAMES)
        self.items: dict[str, int] = {}
        self.ticks = 0
        self.left = False

    def line(self, place: int, won: bool, tick_rate: int) -> PlayerLine:
        """Return the final line."""
        weapons: dict[str, WeaponLine] = {}
        for i in range(len(WEAPON_NAMES)):
            if self.shots[i] or self.damage[i] or self.weapon_kills[i]:
                weapons[WEAPON_NAMES[i]] = WeaponLine(
                    self.shots[i], self.hits[i], self.damage[i], self.weapon_kills[i]
                )
        return PlayerLine(
            player_id=self.who.player_id,
            name=self.who.name,
            bot=self.who.bot,
            place=place,
            won=won,
            score=self.score,
            kills=self.kills,
            deaths=self.deaths,
            suicides=self.suicides,
            damage_given=self.damage_given,
            damage_taken=self.damage_taken,
            weapons=weapons,
            items=self.items,
            playtime_s=self.ticks / tick_rate,
            left=self.left,
        )


def count(tallies: dict[int, Tally], item_names: list[str], events: list[Event]) -> None:
    """Add *events* to *tallies* (by slot); *item_names* are those of the level's items."""
    for event in events:
        if event.kind == EV_FIRE:
            firer = tallies.get(event.a)
            if firer is not None:
                firer.shots[event.value] += 1
        elif event.kind == EV_HIT:
            count_hit(tallies.get(event.a), tallies.get(event.b), event)
        elif event.kind == EV_FRAG:
            count_frag(tallies.get(event.a), tallies.get(event.b), event)
        elif event.kind == EV_PICKUP:
            taker = tallies.get(event.a)
            if taker is not None:
                name = item_names[event.b]
                taker.items[name] = taker.items.get(name, 0) + 1


def count_hit(attacker: Tally | None, victim: Tally | None, event: Event) -> None:
    """Count damage; what players do to themselves is damage taken, not given."""
    if victim is not None:
        victim.damage_taken += event.value
    if attacker is None or attacker is victim:
        return
    attacker.damage_given += event.value
    weapon = WEAPON_OF.get(event.means, -1)
    if weapon >= 0:
        attacker.hits[weapon] += 1
        attacker.damage[weapon] += event.value


def count_frag(attacker: Tally | None, victim: Tally | None, event: Event) -> None:
    """Count a death: a point for the attacker, or one less for who died without one."""
    if victim is not None:
        victim.deaths += 1
        if attacker is None or attacker is victim:
            victim.suicides += 1
            victim.score -= 1
    if attacker is None or attacker is victim:
        return
    attacker.kills += 1
    attacker.score += 1
    weapon = WEAPON_OF.get(event.means, -1)
    if weapon >= 0:
        attacker.weapon_kills[weapon] += 1
