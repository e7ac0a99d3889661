"""Names: those of one block of an order, searched for any part, case and accents aside. Pure.

    text    the folded names in the order of their players, "anna\\nbert\\n..." in UTF-8
    marks   a bit for each one, two and three letters in the text, by hash           says where not to look
    waiting names that came and went since; the text is written anew where somebody finds something

About 15 bytes a player: the name, its line end, and 4 bytes of marks.
"""

from unicodedata import combining, normalize

from librt.vecs import vec
from mypy_extensions import i64, u8

#: Bits of a block's marks. A thousand names of arena players set about one in seven.
MARKS = 1 << 15
#: Knuth's multiplicative hash: the upper 24 of 32 bits.
FACTOR, SHIFT = 0x9E3779B1, 8
#: So many changes wait before the text is written anew, at 40 microseconds for a thousand names.
MAX_WAITING = 64
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
    """Return *name* without case, accents and the width of its letters, and in one line."""
    if name.isascii():
        return name.lower().replace("\n", " ")
    apart = normalize("NFKD", normalize("NFKD", name).casefold())
    bare = "".join([letter for letter in apart if not combining(letter)])
    return bare.translate(PLAIN).replace("\n", " ")


def fold_lines(text: str) -> list[bytes]:
    """Return the folded names that stand in *text*, one a line."""
    if text.isascii():
        return text.lower().encode().split(b"\n")
    return [fold(name).encode() for name in text.split("\n")]


class Names:
    """The folded names of the players of one block, by place."""

    def __init__(self, lines: list[bytes], marks: bytes = b"") -> None:
        """Take *lines*, and *marks* that hold all of theirs; without them they are made."""
        self._text = joined(lines)
        self._marks = marks or marked(self._text)
        self._waiting: list[tuple[int, bytes | None]] = []
        self._come = b""

    def insert(self, place: int, name: bytes) -> None:
        """Put the folded *name* before what is at *place*."""
        self._waiting.append((place, name))
        self._come += name + b"\n"
        if len(self._waiting) > MAX_WAITING:
            self._write()

    def remove(self, place: int) -> None:
        """Take out the name at *place*."""
        self._waiting.append((place, None))
        if len(self._waiting) > MAX_WAITING:
            self._write()

    def lines(self) -> list[bytes]:
        """Return all names in order."""
        self._write()
        return self._text.split(b"\n")[:-1]

    def part(self, first: int, last: int) -> "Names":
        """Return the names from place *first* up to *last*; the marks of the others stay on them."""
        return Names(self.lines()[first:last], self._marks)

    def joined(self, other: "Names") -> "Names":
        """Return these names and then those of *other*."""
        lines = self.lines() + other.lines()
        return Names(lines, either(self._marks, other._marks))

    def find(self, word: bytes, bits: list[int], first: int, limit: int) -> list[int]:
        """Return the places of at most *limit* names that hold *word*, from place *first* on.

        *bits* are the `hashes` of *word*.
        """
        found: list[int] = []
        if not self._hold(word, bits):
            return found
        self._write()
        text = self._text
        begin, place = 0, 0
        at = text.find(word)
        while at >= 0 and len(found) < limit:
            place += text.count(b"\n", begin, at)
            if place >= first:
                found.append(place)
            begin = text.find(b"\n", at)
            at = text.find(word, begin)
        return found

    def _hold(self, word: bytes, bits: list[int]) -> bool:
        """Say whether *word* is in a name, or was in one that went."""
        if word in self._come:
            return True
        for number in bits:
            if not self._marks[number >> 3] >> (number & 7) & 1:
                return False
        return word in self._text

    def _write(self) -> None:
        """Bring the text up to date."""
        if not self._waiting:
            return
        lines = self._text.split(b"\n")[:-1]
        for place, name in self._waiting:
            if name is None:
                del lines[place]
            else:
                lines.insert(place, name)
        self._text = joined(lines)
        if self._come:
            self._marks = either(self._marks, marked(self._come))
        self._waiting = []
        self._come = b""


def joined(lines: list[bytes]) -> bytes:
    return b"\n".join([*lines, b""])


def either(some: bytes, others: bytes) -> bytes:
    """Return marks with the bits of both."""
    bits = int.from_bytes(some, "little") | int.from_bytes(others, "little")
    return bits.to_bytes(MARKS // 8, "little")


def hashes(word: bytes) -> list[int]:
    """Return the bits of the letters of *word*: all threes, or what there is in a shorter word."""
    length = min(len(word), 3)
    parts = [word[i : i + length] for i in range(len(word) - length + 1)]
    if length == 1:
        return list(word)
    return [bit(int.from_bytes(letters, "big")) for letters in parts]


def bit(letters: i64) -> i64:
    """Return which of the MARKS stands for two or three *letters*; the first are for single ones."""
    return 256 + ((letters * FACTOR & 0xFFFFFFFF) >> SHIFT) % (MARKS - 256)


def marked(text: bytes) -> bytes:
    """Return the marks of *text*: a set bit for each one, two and three letters of one line."""
    marks = vec[u8](bytes(MARKS // 8))
    letters: i64 = 0
    length: i64 = 0
    for i in range(len(text)):
        letter: i64 = text[i]
        if letter == 10:
            length = 0
            continue
        length += 1
        letters = (letters << 8 | letter) & 0xFFFFFF
        marks[letter >> 3] |= u8(1 << (letter & 7))
        if length > 1:
            pair = bit(letters & 0xFFFF)
            marks[pair >> 3] |= u8(1 << (pair & 7))
        if length > 2:
            triple = bit(letters)
            marks[triple >> 3] |= u8(1 << (triple & 7))
    return bytes(marks)
