"""The people of an arena: who plays, who waits for a slot, who only watches.

A match comes and goes; the people stay. Slots are given in the order of the queue; after a match with
somebody waiting, all but the winner go to the end of the queue.
"""

from tremble.match.modes import Mode
from tremble.match.tally import Who


class Member:
    """One person here; *number* is how the server tells its sessions apart. *slot* -1: none."""

    def __init__(self, number: int, who: Who, watching: bool) -> None:
        self.number = number
        self.who = who
        self.watching = watching
        self.slot = -1


class PlayerManager:
    """All members of an arena and the queue for its slots."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.members: dict[int, Member] = {}
        self.queue: list[int] = []

    def add(self, member: Member) -> None:
        """Let *member* in; unless it only watches it queues for a slot."""
        self.members[member.number] = member
        if not member.watching:
            self.queue.append(member.number)

    def remove(self, number: int) -> Member | None:
        """Forget the member *number* and return it; None if there is none."""
        if number in self.queue:
            self.queue.remove(number)
        return self.members.pop(number, None)

    def watch(self, number: int, on: bool) -> None:
        """The member gives up its slot or its place in the queue, or asks for one."""
        member = self.members[number]
        if member.watching == on:
            return
        member.watching = on
        if on:
            member.slot = -1
            if number in self.queue:
                self.queue.remove(number)
        elif member.slot < 0:
            self.queue.append(number)

    def free_slots(self) -> list[int]:
        """Return the slots that nobody has, lowest first."""
        taken = {member.slot for member in self.members.values()}
        return [slot for slot in range(self.mode.slots) if slot not in taken]

    def fill(self) -> list[Member]:
        """Give free slots to those who wait longest; return who got one."""
        seated = []
        for slot in self.free_slots():
            if not self.queue:
                break
            member = self.members[self.queue.pop(0)]
            member.slot = slot
            seated.append(member)
        return seated

    def rotate(self, winner: int | None) -> list[Member]:
        """After a match: all but the *winner* make room if somebody waits; return who did."""
        losers = [
            member for member in self.members.values() if member.slot >= 0 and member.slot != winner
        ]
        making_room = losers[: len(self.queue)]
        for member in making_room:
            member.slot = -1
            self.queue.append(member.number)
        return making_room

    def in_slot(self, slot: int) -> Member | None:
        """Return who has *slot*."""
        for member in self.members.values():
            if member.slot == slot:
                return member
        return None

    def queue_place(self, number: int) -> int:
        """Return the member's place in the queue, from 1; 0 if it does not wait."""
        return self.queue.index(number) + 1 if number in self.queue else 0
