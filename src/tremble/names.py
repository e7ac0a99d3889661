"""Names: find players by any part of their name, case and accents aside. Pure.

    blocks   256 folded names each, as "\\nanna\\nbert\\n..." in UTF-8     searched by bytes.find
    slots    player -> number of the name: block * 256 + line             order.Pages

About 11 bytes a player beside the folded names. A rare word is looked for in all blocks, a common one
by walking the board from the top (ranking.py), as `share` tells them apart.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
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
        self._starts: list[Ints] = []
        waiting: list[bytes] = []
        for player, name in named:
            self._slots.put(player, len(self._players))
            self._players.append(player)
            waiting.append(fold(name).encode())
            if len(waiting) == BLOCK:
                self._append(waiting)
                waiting = []
        if waiting:
            self._append(waiting)

    def __len__(self) -> int:
        return len(self._players)

    def get(self, player: int) -> bytes | None:
        """Return the folded name of *player*, None if unknown."""
        slot = self._slots.get(player)
        if slot is None:
            return None
        return self._line(slot)

    def put(self, player: int, name: str) -> None:
        """Set the name of *player*."""
        folded = fold(name).encode()
        slot = self._slots.get(player)
        if slot is None:
            self._slots.put(player, len(self._players))
            self._players.append(player)
            if (len(self._players) - 1) % BLOCK == 0:
                self._append([folded])
                return
            self._starts[-1].append(len(self._blocks[-1]))
            self._blocks[-1] += folded + b"\n"
        elif self._line(slot) != folded:
            number, line = divmod(slot, BLOCK)
            lines = self._blocks[number].split(b"\n")[:-1]
            lines[line] = folded
            self._blocks[number] = joined(lines)
            self._starts[number] = starts(lines)

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
            while place >= 0:
                line = bisect_right(self._starts[number], place) - 1
                yield self._players[number * BLOCK + line]
                place = block.find(word, block.find(b"\n", place))

    def _append(self, lines: list[bytes]) -> None:
        self._blocks.append(joined(lines))
        self._starts.append(starts(lines))

    def _line(self, slot: int) -> bytes:
        number, line = divmod(slot, BLOCK)
        begin = self._starts[number][line]
        block = self._blocks[number]
        return block[begin : block.find(b"\n", begin)]


def joined(lines: list[bytes]) -> bytes:
    return b"\n".join(lines) + b"\n"


def starts(lines: list[bytes]) -> Ints:
    """Return where each of *lines* begins when they are joined."""
    return array("H", accumulate([len(line) + 1 for line in lines[:-1]], initial=0))
