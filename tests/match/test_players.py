"""match/players.py: slots and the queue."""

from hypothesis import given
from hypothesis import strategies as st

from tremble.match.modes import MODES
from tremble.match.players import Member, PlayerManager
from tremble.match.tally import Who


def manager(count: int, watching: tuple[int, ...] = ()) -> PlayerManager:
    found = PlayerManager(MODES["duel"])
    for number in range(count):
        who = Who(f"{number:016x}", f"p{number}", False)
        found.add(Member(number, who, number in watching))
    return found


def test_slots_go_to_those_who_wait_longest() -> None:
    """Two play a duel, the third waits."""
    found = manager(3)

    seated = found.fill()

    assert [(m.number, m.slot) for m in seated] == [(0, 0), (1, 1)]
    assert found.queue_place(2) == 1


def test_watchers_get_no_slot() -> None:
    """Who only watches is passed over."""
    found = manager(3, watching=(0,))

    assert [m.number for m in found.fill()] == [1, 2]


def test_winner_stays() -> None:
    """After a match the loser makes room for who waits."""
    found = manager(3)
    found.fill()

    losers = found.rotate(winner=1)
    seated = found.fill()

    assert [m.number for m in losers] == [0]
    assert [(m.number, m.slot) for m in seated] == [(2, 0)]
    assert found.queue == [0]


def test_nobody_makes_room_for_nobody() -> None:
    """With an empty queue both stay, and so they do after a draw with one waiting but one."""
    found = manager(2)
    found.fill()

    assert found.rotate(winner=0) == []
    found.add(Member(9, Who("9" * 16, "p9", False), False))
    assert len(found.rotate(winner=None)) == 1


def test_watching_gives_up_slot_and_queue() -> None:
    """To watch is to leave slot or queue; to play again is to queue."""
    found = manager(3)
    found.fill()

    found.watch(0, True)
    found.watch(2, True)
    found.watch(0, False)

    assert found.free_slots() == [0]
    assert found.queue == [0]


@given(st.lists(st.tuples(st.sampled_from("afrwW-"), st.integers(0, 5)), max_size=60))
def test_slots_are_never_shared(steps: list[tuple[str, int]]) -> None:
    """Whatever people do: a slot has one holder, nobody queues twice or while seated."""
    found = manager(0)
    for what, number in steps:
        known = number in found.members
        if what == "a" and not known:
            found.add(Member(number, Who("0" * 16, "x", False), False))
        elif what == "f":
            found.fill()
        elif what == "r":
            found.rotate(number if number < 2 else None)
        elif what in "wW" and known:
            found.watch(number, what == "w")
        elif what == "-":
            found.remove(number)

        slots = [m.slot for m in found.members.values() if m.slot >= 0]
        assert len(slots) == len(set(slots))
        assert len(found.queue) == len(set(found.queue))
        assert all(found.members[n].slot < 0 for n in found.queue)
        assert not any(m.watching for m in found.members.values() if m.slot >= 0)
