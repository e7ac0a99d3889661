"""Rankings: the order of each board in memory, which follows the store and is never ahead of it.

    start ─► load all places, at one version ─► Order (order.py)
    read  ─► apply the versions in the log since ─► answer, all in one snapshot of the store

Any process may write the board: a ranking sees its log. Until a ranking is loaded, the store answers
by itself: the same, slower. Of each board the season in which it was last played is kept.
"""

from collections.abc import Callable, Iterator
from heapq import nsmallest
from threading import Lock, Thread
from typing import Concatenate, ParamSpec, TypeVar

from tremble.errors import StoreError
from tremble.log import logger
from tremble.names import Names, fold
from tremble.order import Chunk, Order
from tremble.store import boards, players, rankkey, versions
from tremble.store.boards import Board, BoardStats, Entry, Head
from tremble.store.engine import Store, Transaction

P = ParamSpec("P")
T = TypeVar("T")

#: Places read at once while loading.
CHUNK = 20_000
#: A board of so many players or fewer is loaded while who asks waits: within a tenth of a second.
QUICK = 20_000
#: Microseconds, measured: to look at one name of one player; to search one name among all; to put one
#: player who was found in order. They decide how to look for a word.
LOOK, FIND, SORT = 2.0, 0.01, 1.5
#: How many names are looked at before it is seen whether enough was found.
WALK = 512


class Ranking:
    """One board in one season: the order at *version*, and the names once they were asked for."""

    def __init__(self, order: Order, at: Head, scored: bool, points: float) -> None:
        """*points*: the sum of all ratings, or of all scores on a board that is *scored*."""
        self.order = order
        self.season = at.season
        self.version = at.version
        self.scored = scored
        self.points = points
        self.names: Names | None = None

    def follow(self, tx: Transaction, at: Head) -> bool:
        """Apply what changed up to *at*; False if too much did, and it must be loaded anew."""
        if at.season != self.season:
            return False
        if at.version == self.version:
            return True
        for version, changes in versions.changes(tx, at.name, at.season, self.version):
            if version != self.version + 1 or changes is None:
                return False
            self._apply(tx, changes)
            self.version = version
        return self.version == at.version

    def _apply(self, tx: Transaction, changes: dict[str, int | None]) -> None:
        for player_id, key in changes.items():
            player = int(player_id, 16)
            before = self.order.key(player)
            if before is not None:
                self.points -= rankkey.points(before, self.scored)
            if key is not None:
                self.points += rankkey.points(key, self.scored)
            if key is None:
                self.order.remove(player)
            else:
                self.order.put(player, key)
            if self.names is not None:
                found = players.find(tx, player_id) if key is not None else None
                self.names.put(player, "" if found is None else found.username)


class Rankings:
    """The rankings of all boards, and what is asked of them. Safe to use from several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._loading: set[str] = set()
        self._rankings: dict[str, Ranking] = {}
        #: Answers as they were sent, with their ETag, by URL; kept by who answers.
        self.kept: dict[str, tuple[str, bytes]] = {}

    def load(self, name: str) -> None:
        """Load the ranking of board *name*, if there is such a board. Raises StoreError."""

        def read(tx: Transaction) -> Ranking | None:
            at = boards.head(tx, name)
            if at is None:
                return None
            ranking = read_ranking(tx, at)
            ranking.names = read_names(tx, at)
            return ranking

        ranking = self._store.read(read)
        with self._lock:
            self._loading.discard(name)
            if ranking is not None:
                self._rankings[name] = ranking

    def load_all(self) -> None:
        """Load the rankings of all boards. Raises StoreError."""
        for name in self._store.read(boards.names):
            self.load(name)

    def load_behind(self, name: str | None = None) -> None:
        """Load one ranking, or all, in a thread; the store answers until then."""
        Thread(target=self._load_quietly, args=(name,), name="rankings", daemon=True).start()

    def _load_quietly(self, name: str | None) -> None:
        try:
            if name is None:
                self.load_all()
            else:
                self.load(name)
        except StoreError as error:
            self._loading.clear()
            logger("store").warning("ranking not loaded", board=name, reason=str(error))

    def ask(
        self,
        question: Callable[Concatenate[Transaction, Head, Ranking | None, P], T],
        name: str,
        season: int | None = None,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T | None:
        """Return *question(tx, head, ranking, ...)* on a board, None if there is no such board.

        The ranking is as the snapshot of *tx* has it; None while it is not loaded.
        """

        def answer(tx: Transaction) -> T | None:
            at = boards.head(tx, name, season)
            if at is None:
                return None
            return question(tx, at, self._present(tx, at), *args, **kwargs)

        with self._lock:
            return self._store.read(answer)

    def _present(self, tx: Transaction, at: Head) -> Ranking | None:
        ranking = self._rankings.get(at.name)
        if ranking is not None and ranking.follow(tx, at):
            return ranking
        if ranking is not None and ranking.season > at.season:
            return None
        self._rankings.pop(at.name, None)
        if at.total <= QUICK:
            self._rankings[at.name] = loaded = read_ranking(tx, at)
            return loaded
        if at.name not in self._loading:
            self._loading.add(at.name)
            self.load_behind(at.name)
        return None


def read_ranking(tx: Transaction, at: Head) -> Ranking:
    """Return the ranking of a board as the store has it."""
    scored = boards.kind(tx, at.name) not in (boards.RATING, boards.BY_HAND)
    points = boards.average(tx, at) * at.total
    return Ranking(Order(chunks(tx, at), at.total), at, scored, points)


def read_names(tx: Transaction, at: Head) -> Names:
    """Return the names of all on a board."""
    return Names(((int(player, 16), name) for player, name in boards.usernames(tx, at)), at.total)


def chunks(tx: Transaction, at: Head) -> Iterator[Chunk]:
    """Yield keys and players of all places of a board, in order."""
    last: tuple[int, str] | None = None
    while found := boards.places(tx, at, last, CHUNK):
        last = found[-1]
        yield [key for key, _ in found], [int(player_id, 16) for _, player_id in found]


def player_id(player: int) -> str:
    return f"{player:016x}"


def rank_of(tx: Transaction, at: Head, ranking: Ranking | None, player: str) -> int | None:
    """Return the rank of a player, None if not on the board."""
    if ranking is not None:
        return ranking.order.rank(int(player, 16))
    own = boards.place(tx, at, player)
    return None if own is None else boards.count_ahead(tx, at, own) + 1


def in_range(tx: Transaction, at: Head, ranking: Ranking | None, first: int, last: int) -> Board:
    """Return the entries of ranks *first* to *last*, as far as they exist."""
    first = max(first, 1)
    if last < first:
        return at.board([])
    if ranking is None:
        start = boards.nth(tx, at, first)
    else:
        found = ranking.order.slice(first, first)
        start = (found[0][0], player_id(found[0][1])) if found else None
    if start is None:
        return at.board([])
    return at.board(boards.entries_from(tx, at, start, first, last - first + 1))


def around(
    tx: Transaction, at: Head, ranking: Ranking | None, player: str, radius: int
) -> Board | None:
    """Return a player's entry and *radius* on either side; None if not on the board."""
    rank = rank_of(tx, at, ranking, player)
    if rank is None:
        return None
    return in_range(tx, at, ranking, rank - radius, rank + radius)


def among(tx: Transaction, at: Head, ranking: Ranking | None, friends: list[str]) -> Board:
    """Return the entries of those *friends* who are on the board, the best first."""
    found: list[Entry] = []
    for friend in dict.fromkeys(friends):
        rank = rank_of(tx, at, ranking, friend)
        entry = None if rank is None else boards.entry_of(tx, at, friend, rank)
        if entry is not None:
            found.append(entry)
    found.sort(key=lambda entry: entry.rank)
    return at.board(found)


def search(
    tx: Transaction,
    at: Head,
    ranking: Ranking | None,
    text: str,
    after: tuple[int, int] | None,
    limit: int,
) -> tuple[list[Entry], tuple[int, int] | None] | None:
    """Return who has *text* in the name, in order of rank from the place *after* on.

    Also the place (rank key, player) to go on from, None at the end. None in all if the names are
    not loaded yet.
    """
    if ranking is None:
        return None
    if ranking.names is None:
        ranking.names = read_names(tx, at)
    word = fold(text).encode()
    if walks(ranking.names.share(word), limit, at.total):
        found = walk(ranking, ranking.names, word, after, limit + 1)
    else:
        found = sift(ranking, ranking.names, word, after, limit + 1)
    entries: list[Entry] = []
    for _, player in found[:limit]:
        rank = ranking.order.rank(player)
        entry = None if rank is None else boards.entry_of(tx, at, player_id(player), rank)
        assert entry is not None
        entries.append(entry)
    return entries, found[limit - 1] if len(found) > limit else None


def walks(share: float, limit: int, total: int) -> bool:
    """Say whether to look at the names from the top of the board on until *limit* have the word.

    *share* is the guess of how many names have it; the other way is to find and sort all of those.
    """
    return share > 0 and LOOK * limit / share < total * (FIND + SORT * share)


def walk(
    ranking: Ranking, names: Names, word: bytes, after: tuple[int, int] | None, limit: int
) -> list[tuple[int, int]]:
    """Return the places of *limit* who have *word* in the name, looking at one name after another."""
    found: list[tuple[int, int]] = []
    first = 1 if after is None else ranking.order.ahead(after[0], after[1] + 1) + 1
    while len(found) < limit:
        some = ranking.order.slice(first, first + WALK - 1)
        found += [place for place in some if word in (names.get(place[1]) or b"")]
        first += WALK
        if len(some) < WALK:
            break
    return found[:limit]


def sift(
    ranking: Ranking, names: Names, word: bytes, after: tuple[int, int] | None, limit: int
) -> list[tuple[int, int]]:
    """Return the places of *limit* who have *word* in the name, out of all who have it."""
    found: list[tuple[int, int]] = []
    for player in names.find(word):
        key = ranking.order.key(player)
        if key is not None and (after is None or (key, player) > after):
            found.append((key, player))
    return nsmallest(limit, found)


def stats(tx: Transaction, at: Head, ranking: Ranking | None) -> BoardStats:
    """Return the figures of a board."""
    if ranking is None or not len(ranking.order):
        return boards.stats(tx, at, boards.average(tx, at))
    return boards.stats(tx, at, ranking.points / len(ranking.order))
