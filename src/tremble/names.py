"""Names: find players by any part of their name, case and accents aside. Pure.

    blocks   256 folded names each, as "\\nanna\\nbert\\n..." in UTF-8     searched by bytes.find
    slots    player -> number of the name: block * 256 + line             order.Pages

About 11 bytes a player beside the folded names. A rare word is looked for in all blocks, a common one
by walking the board from the top (ranking.py), as `share` tells them apart.
"""

from array import array
from collections.abc import Iterable, Iterator
from unicodedata import combining, normalize

from tremble.order import Ints, Pages

#: Names in a block: few enough to cut one out of it in microseconds.
BLOCK = 256
#: Blocks that are looked into to guess how common a word is.
SAMPLE = 200
#: Letters that people type without what Unicode does not take for an accent.
PLAIN = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ħ": "h",
        "\u0131": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ð": "d",
    }
)


def fold(name: str) -> str:
    """Return *name* without case, accents and the width of its letters."""
    if name.isascii():
        return name.lower().replace("\n", " ")
    apart = normalize("NFKD", normalize("NFKD", name).casefold())
    bare = "".join([letter for letter in apart if not combining(letter)])
    return bare.translate(PLAIN).replace("\n", " ")


class Names:
    """The folded names of many players."""

    def __init__(self, named: Iterable[tuple[int, str]] = (), expected: int = 0) -> None:
        """Take *named* (player, name), nobody twice, *expected* in all or so."""
        self._slots = Pages(expected)
        self._players: Ints = array("Q")
        self._blocks: list[bytes] = []
        waiting: list[str] = []
        for player, name in named:
            self._slots.put(player, len(self._players))
            self._players.append(player)
            waiting.append(fold(name))
            if len(waiting) == BLOCK:
                self._blocks.append(joined(waiting))
                waiting = []
        if waiting:
            self._blocks.append(joined(waiting))

    def __len__(self) -> int:
        return len(self._players)

    def get(self, player: int) -> bytes | None:
        """Return the folded name of *player*, None if unknown."""
        slot = self._slots.get(player)
        if slot is None:
            return None
        return self._blocks[slot // BLOCK].split(b"\n", slot % BLOCK + 2)[slot % BLOCK + 1]

    def put(self, player: int, name: str) -> None:
        """Set the name of *player*."""
        folded = fold(name).encode()
        slot = self._slots.get(player)
        if slot is None:
            self._slots.put(player, len(self._players))
            if len(self._players) % BLOCK == 0:
                self._blocks.append(b"\n")
            self._players.append(player)
            self._blocks[-1] += folded + b"\n"
            return
        lines = self._blocks[slot // BLOCK].split(b"\n")
        if lines[slot % BLOCK + 1] != folded:
            lines[slot % BLOCK + 1] = folded
            self._blocks[slot // BLOCK] = b"\n".join(lines)

    def share(self, word: bytes) -> float:
        """Guess which share of all names holds *word*."""
        step = max(len(self._blocks) // SAMPLE, 1)
        sample = self._blocks[::step]
        seen = sum([block.count(word) for block in sample])
        return seen / (len(sample) * BLOCK) if sample else 0.0

    def find(self, word: bytes) -> Iterator[int]:
        """Yield all players whose folded name holds *word*, once each."""
        for number, block in enumerate(self._blocks):
            place = block.find(word)
            line = 0
            counted = 0
            while place >= 0:
                line += block.count(b"\n", counted, place)
                counted = place
                yield self._players[number * BLOCK + line - 1]
                end = block.find(b"\n", place)
                place = block.find(word, end)


def joined(names: list[str]) -> bytes:
    return ("\n" + "\n".join(names) + "\n").encode()
