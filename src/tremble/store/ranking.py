"""Rankings: the order of each board in memory, which follows the store and is never ahead of it.

    start ─► load all places, at one version ─► Order (order.py), then again with the names
    read  ─► apply the versions in the log since ─► answer, all in one snapshot of the store

Any process may write the board: a ranking sees its log. Until a ranking is loaded, the store answers
by itself: the same, slower. Of each board the season in which it was last played is kept, and of those
before the last few that someone asked for, if they are small.
"""

from collections.abc import Callable, Iterator
from threading import Lock, Thread
from typing import Concatenate, ParamSpec, TypeVar

from tremble.errors import StoreError
from tremble.log import logger
from tremble.names import fold
from tremble.order import Chunk, Order
from tremble.store import board_entries, boards, past, places, players, rankkey, versions
from tremble.store.board_entries import Board, Entry
from tremble.store.boards import BoardStats, Head
from tremble.store.engine import Store, Transaction

P = ParamSpec("P")
T = TypeVar("T")

#: A board of so many players or fewer is loaded while who asks waits: within a tenth of a second.
QUICK = 20_000
#: Seasons of one board that are kept.
SEASONS = 4


class Ranking:
    """One board in one season: the order at *version*."""

    def __init__(self, order: Order, at: Head, scored: bool, points: float) -> None:
        """*points*: the sum of all ratings, or of all scores on a board that is *scored*."""
        self.order = order
        self.season = at.season
        self.version = at.version
        self.scored = scored
        self.points = points

    def follow(self, tx: Transaction, at: Head) -> bool:
        """Apply what changed up to *at*; False if too much did, and it must be loaded anew."""
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
            if key is None:
                self.order.remove(player)
                continue
            self.points += rankkey.points(key, self.scored)
            found = players.find(tx, player_id) if self.order.named else None
            self.order.put(player, key, b"" if found is None else fold(found.username).encode())


class Rankings:
    """The rankings of all boards, and what is asked of them. Safe to use from several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._loading: set[str] = set()
        #: By name and season.
        self._rankings: dict[tuple[str, int], Ranking] = {}
        #: Answers as they were sent, with their ETag, by URL; kept by who answers.
        self.kept: dict[str, tuple[str, bytes]] = {}

    def load(self, name: str) -> None:
        """Load the ranking of board *name*, if there is such a board. Raises StoreError.

        A large one is of use before its names are there, which take several times as long.
        """

        def read(tx: Transaction, named: bool) -> Ranking | None:
            at = boards.head(tx, name)
            return None if at is None else read_ranking(tx, at, named)

        for named in (False, True):
            ranking = self._store.read(read, named)
            with self._lock:
                if ranking is not None:
                    self._keep(name, ranking)
        with self._lock:
            self._loading.discard(name)

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

    def _keep(self, name: str, ranking: Ranking) -> None:
        """Keep *ranking* of board *name*, and let go of old seasons."""
        self._rankings[name, ranking.season] = ranking
        seasons = sorted(season for board, season in self._rankings if board == name)
        for season in seasons[:-1]:
            large = len(self._rankings[name, season].order) > QUICK
            if large or season in seasons[:-SEASONS]:
                del self._rankings[name, season]

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
            return question(tx, past.told(tx, at), self._present(tx, at), *args, **kwargs)

        with self._lock:
            return self._store.read(answer)

    def of_player(self, player: str) -> dict[str, Entry]:
        """Return a player's entry on each board played on, in the season it was last played in."""

        def read(tx: Transaction) -> dict[str, Entry]:
            found: dict[str, Entry] = {}
            for name in boards.names(tx):
                at = boards.head(tx, name)
                if at is None or board_entries.place(tx, at, player) is None:
                    continue
                entry = entry_of(tx, at, self._present(tx, at), player)
                if entry is not None:
                    found[name] = entry
            return found

        with self._lock:
            return self._store.read(read)

    def _present(self, tx: Transaction, at: Head) -> Ranking | None:
        """Return the ranking as *tx* has it; None if it is not loaded, which then begins."""
        ranking = self._rankings.get((at.name, at.season))
        if ranking is not None and ranking.follow(tx, at):
            return ranking
        self._rankings.pop((at.name, at.season), None)
        if at.total <= QUICK:
            loaded = read_ranking(tx, at, False)
            self._keep(at.name, loaded)
            return loaded
        if at.name not in self._loading and at.season == boards.season(tx, at.name):
            self._loading.add(at.name)
            self.load_behind(at.name)
        return None


def read_ranking(tx: Transaction, at: Head, named: bool) -> Ranking:
    """Return the ranking of a board as the store has it; with the names if that is wanted."""
    scored = boards.kind(tx, at.name) not in (boards.RATING, boards.BY_HAND)
    points = 0.0

    def summed() -> Iterator[Chunk]:
        nonlocal points
        for chunk in places.every(tx, at, named):
            points += rankkey.total_points(chunk[0], scored)
            yield chunk

    order = Order(summed(), at.total, named)
    return Ranking(order, at, scored, points)


def player_id(player: int) -> str:
    return f"{player:016x}"


def rank_of(tx: Transaction, at: Head, ranking: Ranking | None, player: str) -> int | None:
    """Return the rank of a player, None if not on the board."""
    if ranking is not None:
        return ranking.order.rank(int(player, 16))
    own = board_entries.place(tx, at, player)
    return None if own is None else board_entries.count_ahead(tx, at, own) + 1


def in_range(tx: Transaction, at: Head, ranking: Ranking | None, first: int, last: int) -> Board:
    """Return the entries of ranks *first* to *last*, as far as they exist."""
    first = max(first, 1)
    if last < first:
        return board_entries.shown(at, [])
    if ranking is None:
        start = board_entries.nth(tx, at, first)
    else:
        found = ranking.order.slice(first, first)
        start = (found[0][0], player_id(found[0][1])) if found else None
    if start is None:
        return board_entries.shown(at, [])
    return board_entries.shown(at, board_entries.from_place(tx, at, start, first, last - first + 1))


def around(
    tx: Transaction, at: Head, ranking: Ranking | None, player: str, radius: int
) -> Board | None:
    """Return a player's entry and *radius* on either side; None if not on the board."""
    rank = rank_of(tx, at, ranking, player)
    if rank is None:
        return None
    return in_range(tx, at, ranking, rank - radius, rank + radius)


def entry_of(tx: Transaction, at: Head, ranking: Ranking | None, player: str) -> Entry | None:
    """Return the entry of a player, None if not on the board."""
    rank = rank_of(tx, at, ranking, player)
    return None if rank is None else board_entries.entry_of(tx, at, player, rank)


def among(tx: Transaction, at: Head, ranking: Ranking | None, friends: list[str]) -> Board:
    """Return the entries of those *friends* who are on the board, the best first."""
    found = [entry_of(tx, at, ranking, friend) for friend in dict.fromkeys(friends)]
    entries = [entry for entry in found if entry is not None]
    entries.sort(key=lambda entry: entry.rank)
    return board_entries.shown(at, entries)


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
    if ranking is None or not (ranking.order.named or at.total <= QUICK):
        return None
    if not ranking.order.named:
        ranking.order = read_ranking(tx, at, True).order
    found = ranking.order.find(fold(text).encode(), after, limit + 1)
    entries: list[Entry] = []
    for rank, _, player in found[:limit]:
        entry = board_entries.entry_of(tx, at, player_id(player), rank)
        assert entry is not None
        entries.append(entry)
    return entries, found[limit - 1][1:] if len(found) > limit else None


def stats(tx: Transaction, at: Head, ranking: Ranking | None) -> BoardStats:
    """Return the figures of a board."""
    if ranking is None or not len(ranking.order):
        return boards.stats(tx, at, boards.average(tx, at))
    return boards.stats(tx, at, ranking.points / len(ranking.order))
