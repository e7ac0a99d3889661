"""server/fairness.py: what was seen of people goes with their lines, of bots nothing does."""

from msgspec import UNSET
from results import line, player_id, result

from tremble.match.tally import Tally, Who
from tremble.server.fairness import Fairness, with_fair_play
from tremble.sim.state import EV_HIT, MACHINEGUN, Event, Usercmd


def snapping(slot: int) -> Fairness:
    """A match in which *slot* hits in the tick of each turn."""
    found = Fairness()
    for tick in range(40):
        commands: list[Usercmd | None] = [None] * 16
        commands[slot] = Usercmd(tick, yaw=tick % 2 * 9000)
        hit = Event(EV_HIT, slot, 5, value=1, means=MACHINEGUN)
        found.see(tick, commands, [hit] if tick % 2 else [])
    return found


def tally(number: int, bot: bool = False) -> Tally:
    return Tally(Who(player_id(number), f"player {number}", bot))


def test_lines_have_what_was_seen() -> None:
    """Score and ticks stand on the line of that player alone."""
    found = snapping(0).judge("m", {0: tally(1), 1: tally(2)})
    first, second = with_fair_play(result(1), found).players

    assert first.fair_play is not UNSET
    assert (first.fair_play.score, first.fair_play.ticks[:3]) == (1.0, [1, 3, 5])
    assert second == line(2, 2)


def test_leaving_does_not_help() -> None:
    """Who gives the slot up is judged too, and whoever takes it starts with nothing."""
    match = snapping(0)
    match.leave(0, tally(1))

    assert list(match.judge("m", {0: tally(3)})) == [player_id(1)]


def test_bots_are_not_judged() -> None:
    """Here or gone."""
    match = snapping(0)
    assert match.judge("m", {0: tally(1, bot=True)}) == {}

    match.leave(0, tally(1, bot=True))
    assert match.judge("m", {}) == {}
