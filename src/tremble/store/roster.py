"""Roster: the names of all players in memory, for who looks for one by a part of it.

    first search ─► load all names (order.py, everybody at the same place)
    each search  ─► follow the players whose names are new ─► look ─► read who was found from the store

Any process may write: a roster sees the numbers of the changes. What it finds is read again, and so is
never the name of before. A large record is loaded beside the searches, which the database answers meanwhile.
"""

from array import array
from collections.abc import Iterator
from threading import Lock, Thread

from sqlalchemy import bindparam, func, select

from tremble.errors import StoreError
from tremble.log import logger
from tremble.names import fold, fold_lines
from tremble.order import Chunk, Order
from tremble.store import players, search
from tremble.store.engine import Store, Transaction
from tremble.store.places import unpacked
from tremble.store.players import Player
from tremble.store.sql import Statement
from tremble.store.tables import player

#: So many are loaded while who asks waits: within a tenth of a second.
QUICK = 20_000
#: Players read at once.
PIECE = 50_000
#: Hits that are read and put in order. Of more, those are found that were seen lately and some others.
MOST = 1000

_some = (
    select(player.c.id, player.c.name)
    .where(player.c.id > bindparam("after"))
    .order_by(player.c.id)
    .limit(bindparam("limit"))
    .subquery()
)
SOME = Statement(
    select(
        func.string_agg(_some.c.id, ""),
        func.string_agg(func.replace(_some.c.name, "\n", " "), "\n"),
    )
)
COUNT = Statement(select(func.count()).select_from(player))
NTH = Statement(select(player.c.id).order_by(player.c.id).limit(1).offset(bindparam("skip")))
CHANGED = Statement(
    select(player.c.id, player.c.name, player.c.changed)
    .where(player.c.changed > bindparam("since"))
    .order_by(player.c.changed)
)


class Roster:
    """The names in *store*. Safe to use from several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._order: Order | None = None
        self._changed = 0
        self._loading = False

    def players_named(self, tx: Transaction, word: str, limit: int) -> list[Player]:
        """Return at most *limit* players of that id, or whose name holds *word*; all for an empty one.

        Case, accents and width make no difference. Whoever was seen last stands first.
        """
        by_id = search.of_id(tx, word)
        if by_id is not None:
            return [by_id]
        part = fold(word).encode()
        if not part:
            return search.last_seen(tx, limit) if not word else []
        with self._lock:
            order = self._present(tx)
            found = None if order is None else order.find(part, None, MOST)
        if found is None:
            return search.players_named(tx, word, limit)
        return self._read(tx, fold(word), [f"{number:016x}" for _, _, number in found])[:limit]

    def _read(self, tx: Transaction, part: str, player_ids: list[str]) -> list[Player]:
        """Return those of them, and of those seen lately, whose name holds *part* in *tx*."""
        rows = tx.rows_each(players.FIND, [{"id": player_id} for player_id in player_ids])
        some = [players.read(row) for [row] in filter(None, rows)]
        if len(player_ids) == MOST:
            some += search.recent(tx)
        named = {one.player_id: one for one in some if part in fold(one.username)}
        by_id = sorted(named.values(), key=lambda one: one.player_id)
        return sorted(by_id, key=lambda one: one.last_seen_at, reverse=True)

    def _present(self, tx: Transaction) -> Order | None:
        """Return all names, those of *tx* too; None if they are not loaded, which then begins."""
        if self._order is None and not self._loading:
            if tx.row(NTH, skip=QUICK) is None:
                self._order, self._changed = load(tx)
            else:
                self._loading = True
                Thread(target=self._load, name="roster", daemon=True).start()
        if self._order is not None:
            for player_id, name, changed in tx.rows(CHANGED, since=self._changed):
                self._order.put(int(player_id, 16), 0, fold(name).encode())
                self._changed = changed
        return self._order

    def _load(self) -> None:
        """Load all names, in a thread of its own."""
        try:
            loaded = self._store.read(load)
            with self._lock:
                self._order, self._changed = loaded
        except StoreError as error:
            logger("store").warning("names not loaded", reason=str(error))
        finally:
            self._loading = False


def load(tx: Transaction) -> tuple[Order, int]:
    """Return all names, and the number of the last change among them."""
    changed = players.next_change(tx) - 1
    [(count,)] = tx.rows(COUNT)
    return Order(every(tx), count, named=True), changed


def every(tx: Transaction) -> Iterator[Chunk]:
    """Yield all players in order, with their folded names."""
    after = ""
    while True:
        row = tx.row(SOME, after=after, limit=PIECE)
        if row is None or not row[0]:
            return
        numbers = unpacked("Q", row[0])
        yield array("q", bytes(8 * len(numbers))), numbers, fold_lines(row[1])
        after = row[0][-16:]
