"""Order: the players of one board in memory, by rank key and then player id. Pure.

    heads   keys array('q'), players array('Q')                      each block's first, bisected
    counts  Fenwick tree over the blocks' lengths                    how many are ahead
    blocks  keys array('q'), players array('Q'), perhaps names.py    sorted, MIN_BLOCK to MAX_BLOCK each
    pages   player -> key, 16-byte records hashed by the id's last bits

Smaller keys are ahead; equal keys in order of player id. All but a split of a block (one in a thousand
updates) is logarithmic or bounded; 32 bytes a player plus what arrays and pages keep in reserve. Names
stand in the order of the board too, so that who looks for one reads from the top until there are enough.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from struct import Struct, iter_unpack
from typing import TypeAlias

from librt.vecs import vec
from mypy_extensions import i64

from tremble.names import Names, hashes

#: A longer block is split, a shorter one joined with a neighbour.
MAX_BLOCK, MIN_BLOCK = 2048, 256
#: Length of the blocks that a sorted load makes: room for as many again.
LOADED_BLOCK = 1024
#: Records of 16 bytes that a page holds on average before one more page is opened.
PAGE_RECORDS = 32
RECORD = 16
KEY = Struct("<q")
#: Parts in which a load is gathered first: few enough that their ends stay in the cache.
LOADING = 256

#: 64-bit numbers in a row (array has no [] at run time before Python 3.12).
Ints: TypeAlias = "array[int]"
#: Keys, the players they are of, and their folded names (none in an order without names).
Chunk = tuple[Sequence[int], Sequence[int], Sequence[bytes]]


class Pages:
    """player id -> key, both 64 bits, in 18 to 22 bytes each: linear hashing over small pages."""

    def __init__(self, expected: int = 0) -> None:
        """Be ready for *expected* players."""
        self._mask = 1 << max(expected // PAGE_RECORDS, 1).bit_length() - 1
        self._pages = [bytearray() for _ in range(self._mask)]
        self._split = 0
        self.count = 0
        parts = min(self._mask, LOADING)
        # All the room at once: growing would leave holes that nobody fills.
        room = expected // parts * 33 // 32 + PAGE_RECORDS
        self._loading = [bytearray(RECORD * room) for _ in range(parts)]
        self._ends = [0] * parts

    def load(self, keys: Ints, players: Ints) -> None:
        """Take many new players at once; `loaded` must follow before anything else."""
        records = array("q", bytes(RECORD * len(keys)))
        records[0::2] = array("q", players.tobytes())
        records[1::2] = keys
        last_bits = len(self._loading) - 1
        for (record,), player in zip(iter_unpack("16s", records), players, strict=True):
            part = player & last_bits
            end = self._ends[part]
            self._ends[part] = end + RECORD
            self._loading[part][end : end + RECORD] = record
        self.count += len(keys)

    def loaded(self) -> None:
        """Put what was loaded into its pages: those of one part together stay in the cache."""
        parts, last_bits = len(self._loading), self._mask - 1
        for part in range(parts):
            records = bytes(self._loading[part][: self._ends[part]])
            self._loading[part] = bytearray()
            pages: list[list[bytes]] = [[] for _ in range(self._mask // parts)]
            players = array("Q", records)[0::2]
            for (record,), player in zip(iter_unpack("16s", records), players, strict=True):
                pages[(player & last_bits) // parts].append(record)
            for number, page in enumerate(pages):
                self._pages[number * parts + part] = bytearray(b"".join(page))

    def get(self, player: int) -> int | None:
        """Return the key of *player*, None if absent."""
        page = self._pages[self._number(player)]
        place = find(page, player.to_bytes(8, "little"))
        if place < 0:
            return None
        key: int = KEY.unpack_from(page, place + 8)[0]
        return key

    def put(self, player: int, key: int) -> int | None:
        """Set the key of *player*; return the one before, None if new."""
        name = player.to_bytes(8, "little")
        page = self._pages[self._number(player)]
        place = find(page, name)
        new = key.to_bytes(8, "little", signed=True)
        if place < 0:
            page += name + new
            self.count += 1
            if self.count > PAGE_RECORDS * len(self._pages):
                self._grow()
            return None
        before: int = KEY.unpack_from(page, place + 8)[0]
        page[place + 8 : place + RECORD] = new
        return before

    def pop(self, player: int) -> int | None:
        """Forget *player*; return the key, None if absent."""
        page = self._pages[self._number(player)]
        place = find(page, player.to_bytes(8, "little"))
        if place < 0:
            return None
        before: int = KEY.unpack_from(page, place + 8)[0]
        page[place : place + RECORD] = page[-RECORD:]
        del page[-RECORD:]
        self.count -= 1
        return before

    def _number(self, player: int) -> int:
        number = player & (self._mask - 1)
        return player & (2 * self._mask - 1) if number < self._split else number

    def _grow(self) -> None:
        """Share one page's records with a new page."""
        page = self._pages[self._split]
        stay, move = bytearray(), bytearray()
        for place in range(0, len(page), RECORD):
            record = page[place : place + RECORD]
            if int.from_bytes(record[:8], "little") & self._mask:
                move += record
            else:
                stay += record
        self._pages[self._split] = stay
        self._pages.append(move)
        self._split += 1
        if self._split == self._mask:
            self._mask *= 2
            self._split = 0


def find(page: bytearray, name: bytes) -> int:
    """Return where the record that begins with *name* begins, -1 if there is none."""
    place = page.find(name)
    while place >= 0 and place % RECORD:
        place = page.find(name, place + 1)
    return place


class Order:
    """Players with their keys, in order: rank of a player, players of a range of ranks, or by name."""

    def __init__(
        self, chunks: Iterable[Chunk] = (), expected: int = 0, named: bool = False
    ) -> None:
        """Take *chunks*: in order, nobody twice, *expected* players in all or so.

        Only if it is *named* can players be found by name.
        """
        self.named = named
        self._table = Pages(expected)
        self._head_keys: Ints = array("q")
        self._head_players: Ints = array("Q")
        self._keys: list[Ints] = []
        self._players: list[Ints] = []
        self._names: list[Names] = []
        self._tree = vec[i64]()
        for all_keys, all_players, all_names in chunks:
            for i in range(0, len(all_keys), LOADED_BLOCK):
                keys = array("q", all_keys[i : i + LOADED_BLOCK])
                players = array("Q", all_players[i : i + LOADED_BLOCK])
                self._table.load(keys, players)
                self._append(keys, players, list(all_names[i : i + LOADED_BLOCK]))
        self._table.loaded()
        if not self._keys:
            self._append(array("q"), array("Q"), [])
        self._count_blocks()

    def __len__(self) -> int:
        return self._table.count

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """All (key, player), in order."""
        for keys, players in zip(self._keys, self._players, strict=True):
            yield from zip(keys, players, strict=True)

    def key(self, player: int) -> int | None:
        """Return the key of *player*, None if absent."""
        return self._table.get(player)

    def rank(self, player: int) -> int | None:
        """Return the rank of *player*, 1 is the best; None if absent."""
        key = self._table.get(player)
        return None if key is None else self.ahead(key, player) + 1

    def ahead(self, key: int, player: int) -> int:
        """Count who is ahead of the place (*key*, *player*), whether it is taken or not."""
        block, ahead = self._find(key, player)
        return ahead + self._before(block)

    def put(self, player: int, key: int, name: bytes = b"") -> None:
        """Add *player*, or move to the place of the new *key*; *name* is the folded name."""
        before = self._table.put(player, key)
        if before == key and not self.named:
            return
        if before is not None:
            self._take(before, player)
        block, place = self._find(key, player)
        keys, players = self._keys[block], self._players[block]
        keys.insert(place, key)
        players.insert(place, player)
        if self.named:
            self._names[block].insert(place, name)
        if place == 0:
            self._set_head(block)
        self._add(block, 1)
        if len(keys) > MAX_BLOCK:
            self._split(block)

    def remove(self, player: int) -> bool:
        """Take *player* out; False if absent."""
        key = self._table.pop(player)
        if key is None:
            return False
        self._take(key, player)
        return True

    def slice(self, first: int, last: int) -> list[tuple[int, int]]:
        """Return (key, player) of ranks *first* to *last*, as far as they exist."""
        first = max(first, 1)
        missing = min(last, len(self)) - first + 1
        found: list[tuple[int, int]] = []
        if missing <= 0:
            return found
        block, place = self._select(first - 1)
        while missing > 0:
            keys = self._keys[block][place : place + missing]
            found += zip(keys, self._players[block][place : place + missing], strict=True)
            missing -= len(keys)
            block += 1
            place = 0
        return found

    def find(
        self, word: bytes, after: tuple[int, int] | None, limit: int
    ) -> list[tuple[int, int, int]]:
        """Return (rank, key, player) of the first *limit* whose folded name holds *word*.

        In order, after the place *after* (key, player). The order must be named.
        """
        found: list[tuple[int, int, int]] = []
        block, first = (0, 0) if after is None else self._find(after[0], after[1] + 1)
        bits = hashes(word)
        ahead = self._before(block)
        for number in range(block, len(self._keys)):
            keys, players = self._keys[number], self._players[number]
            for place in self._names[number].find(word, bits, first, limit - len(found)):
                found.append((ahead + place + 1, keys[place], players[place]))
            if len(found) >= limit:
                break
            ahead += len(keys)
            first = 0
        return found

    def _append(self, keys: Ints, players: Ints, names: list[bytes]) -> None:
        if self.named:
            self._names.append(Names(names))
        # An array keeps the room that it took to grow: the first insertions need not move it.
        for numbers in (keys, players):
            numbers.append(0)
            numbers.pop()
        self._keys.append(keys)
        self._players.append(players)
        self._head_keys.append(keys[0] if keys else 0)
        self._head_players.append(players[0] if keys else 0)

    def _set_head(self, block: int) -> None:
        self._head_keys[block] = self._keys[block][0]
        self._head_players[block] = self._players[block][0]

    def _find(self, key: int, player: int) -> tuple[int, int]:
        """Return the block of (*key*, *player*) and the place in it: where it is, or belongs."""
        heads = self._head_keys
        high = bisect_left(heads, key)
        if high < len(heads) and heads[high] == key:
            equal = bisect_right(heads, key, high)
            high = bisect_right(self._head_players, player, high, equal)
        block = high - 1 if high > 0 else 0
        keys, players = self._keys[block], self._players[block]
        low = bisect_left(keys, key)
        if low < len(keys) and keys[low] == key and players[low] < player:
            low = bisect_left(players, player, low, bisect_right(keys, key, low))
        return block, low

    def _before(self, block: int) -> int:
        """Count who is in the blocks before *block*."""
        tree = self._tree
        ahead: i64 = 0
        i: i64 = block
        while i > 0:
            ahead += tree[i]
            i &= i - 1
        return ahead

    def _select(self, ahead: int) -> tuple[int, int]:
        """Return the block and place with exactly *ahead* entries before."""
        tree = self._tree
        block: i64 = 0
        left: i64 = ahead
        step: i64 = 1 << int(len(tree) - 1).bit_length()
        while step:
            if block + step < len(tree) and tree[block + step] <= left:
                block += step
                left -= tree[block]
            step >>= 1
        return block, left

    def _take(self, key: int, player: int) -> None:
        block, place = self._find(key, player)
        keys, players = self._keys[block], self._players[block]
        del keys[place]
        del players[place]
        if self.named:
            self._names[block].remove(place)
        self._add(block, -1)
        if len(keys) < MIN_BLOCK and len(self._keys) > 1:
            self._join(block)
        elif place == 0 and keys:
            self._set_head(block)

    def _split(self, block: int) -> None:
        keys, players = self._keys[block], self._players[block]
        half = len(keys) // 2
        self._keys[block : block + 1] = [keys[:half], keys[half:]]
        self._players[block : block + 1] = [players[:half], players[half:]]
        if self.named:
            names = self._names[block]
            self._names[block : block + 1] = [names.part(0, half), names.part(half, len(keys))]
        self._head_keys.insert(block + 1, keys[half])
        self._head_players.insert(block + 1, players[half])
        self._count_blocks()

    def _join(self, block: int) -> None:
        """Put a short block together with a neighbour, and split again what is too long."""
        first = max(block - 1, 0)
        keys = self._keys[first] + self._keys[first + 1]
        players = self._players[first] + self._players[first + 1]
        self._keys[first : first + 2] = [keys]
        self._players[first : first + 2] = [players]
        if self.named:
            names = self._names[first].joined(self._names[first + 1])
            self._names[first : first + 2] = [names]
        del self._head_keys[first + 1]
        del self._head_players[first + 1]
        self._set_head(first)
        if len(keys) > MAX_BLOCK:
            self._split(first)
        else:
            self._count_blocks()

    def _count_blocks(self) -> None:
        """Build the tree anew: node i holds the entries of the (i & -i) blocks up to block i."""
        tree = [0, *map(len, self._keys)]
        for i in range(1, len(tree)):
            parent = i + (i & -i)
            if parent < len(tree):
                tree[parent] += tree[i]
        self._tree = vec[i64](tree)

    def _add(self, block: int, change: int) -> None:
        tree = self._tree
        i: i64 = block + 1
        by: i64 = change
        while i < len(tree):
            tree[i] += by
            i += i & -i
