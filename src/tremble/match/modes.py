"""The modes: what ends a match, and how many play. One row each."""

from typing import Final

from tremble.sim.state import MAX_PLAYERS


class Mode:
    """*slots*: how many play at once; *needed*: how many it takes to begin; *what*: one line."""

    def __init__(self, name: str, slots: int, needed: int, what: str) -> None:
        self.name = name
        self.slots = slots
        self.needed = needed
        self.what = what


MODES: Final = {
    "duel": Mode("duel", 2, 2, "one against one; the winner stays, the next in the queue plays"),
    "ffa": Mode("ffa", MAX_PLAYERS, 2, "everybody against everybody"),
}
