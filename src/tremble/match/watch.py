"""Fair play: what in a player's match looks like a program's work. It suspects; it never judges.

  signal    what                                                        0 at        1 at
  --------------------------------------------------------------------------------------------
  snap      share of hitscan hits whose aim turned 20 degrees or more
            within the very tick of the shot, of 10 hits or more        0.2         0.6
  railgun   share of shots that hit, of 20 shots or more                0.75        0.95
  machinegun  the same, of 150 shots or more                            0.60        0.85

The score is 1 - (1 - snap)(1 - railgun)(1 - machinegun). Good players have some of it, so nobody is put
out for it: it says which replay to look at, and at which ticks.
"""

from typing import Final

from tremble.sim.state import EV_FIRE, EV_HIT, MACHINEGUN, RAILGUN, Event, Usercmd

#: Turn within one tick that counts as a snap, in 16-bit turns: 20 degrees, 1,200 degrees a second.
SNAP: Final = 3641
#: Ticks kept as evidence.
EVIDENCE: Final = 16
#: From this score on a player is reported.
SUSPECT: Final = 0.5
MIN_HITS: Final = 10
MIN_RAILGUN: Final = 20
MIN_MACHINEGUN: Final = 150


class Suspicion:
    """What is known of one player: counts, and the *ticks* of the snaps."""

    def __init__(self) -> None:
        self.yaw = -1  # none seen yet
        self.pitch = 0
        self.turned = 0
        self.hits = [0, 0]
        self.shots = [0, 0]
        self.snaps = 0
        self.ticks: list[int] = []

    def look(self, command: Usercmd) -> None:
        """Note how far the aim turns with *command*."""
        if self.yaw >= 0:
            across = abs((command.yaw - self.yaw + 32768) % 65536 - 32768)
            self.turned = max(across, abs(command.pitch - self.pitch))
        self.yaw = command.yaw
        self.pitch = command.pitch

    def hit(self, weapon: int, tick: int) -> None:
        """A hitscan shot of this tick has hit somebody."""
        self.hits[weapon] += 1
        if self.turned >= SNAP:
            self.snaps += 1
            if len(self.ticks) < EVIDENCE:
                self.ticks.append(tick)

    def signals(self) -> dict[str, float]:
        """Return each signal, 0.0 to 1.0."""
        hits = self.hits[MACHINEGUN] + self.hits[RAILGUN]
        return {
            "snap": signal(self.snaps, hits, MIN_HITS, 0.2, 0.6),
            "railgun": signal(self.hits[RAILGUN], self.shots[RAILGUN], MIN_RAILGUN, 0.75, 0.95),
            "machinegun": signal(
                self.hits[MACHINEGUN], self.shots[MACHINEGUN], MIN_MACHINEGUN, 0.6, 0.85
            ),
        }

    def score(self) -> float:
        """Return how much all signals together suggest a program, 0.0 to 1.0."""
        fair = 1.0
        found = self.signals()
        for name in found:
            fair *= 1.0 - found[name]
        return 1.0 - fair


class Watch:
    """All players of one match, by slot."""

    def __init__(self) -> None:
        self.players: dict[int, Suspicion] = {}

    def see(self, tick: int, commands: list[Usercmd | None], events: list[Event]) -> None:
        """Take one tick: what was asked for, and what came of it."""
        for slot in range(len(commands)):
            command = commands[slot]
            if command is not None:
                if slot not in self.players:
                    self.players[slot] = Suspicion()
                self.players[slot].look(command)
        for event in events:
            found = self.players.get(event.a)
            if found is None:
                continue
            if event.kind == EV_FIRE and event.value in (MACHINEGUN, RAILGUN):
                found.shots[event.value] += 1
            elif (
                event.kind == EV_HIT and event.a != event.b and event.means in (MACHINEGUN, RAILGUN)
            ):
                found.hit(event.means, tick)

    def forget(self, slot: int) -> None:
        """Somebody else has *slot* from now on."""
        self.players.pop(slot, None)


def signal(count: int, of: int, least: int, zero: float, one: float) -> float:
    """Return where the share *count* / *of* lies between *zero* and *one*; 0.0 below *least* of them."""
    if of < least:
        return 0.0
    return max(0.0, min(1.0, (count / of - zero) / (one - zero)))
