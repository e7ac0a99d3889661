"""What tests ask of a store beside its own API: every row of every table.

How often a board or a name was changed is left out: it is the same whatever way led there.
"""

import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from sqlalchemy import delete, select

from tremble import ledger
from tremble.result import MatchResult
from tremble.store import board_entries, past, ratings, stats
from tremble.store.board_entries import Entry
from tremble.store.engine import Store, Transaction
from tremble.store.scores import ScoreBoard
from tremble.store.sql import Row, Statement
from tremble.store.tables import board_entry, metadata


@cache
def empty() -> bytes:
    """The file of an empty store: migrated once, since that is most of the time to open one."""
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "tremble.db"
        Store(path).close()
        return path.read_bytes()


def fresh(path: Path) -> Store:
    """Return a new store at *path*."""
    path.write_bytes(empty())
    return Store(path)


#: Columns that say how often, or in which commit.
COUNTERS = ("version", "changed")
TABLES = [table for table in metadata.sorted_tables if table.name not in ("health", "board_log")]


def dump(store: Store) -> dict[str, list[Row]]:
    """Return all rows of all tables, sorted by their keys."""
    return store.read(_dump)


def wipe(store: Store) -> None:
    """Delete all rows of all tables."""
    store.write(_wipe).result()


def _wipe(tx: Transaction) -> None:
    for table in reversed(metadata.sorted_tables):
        tx.run(Statement(delete(table)))


def _dump(tx: Transaction) -> dict[str, list[Row]]:
    return {
        table.name: tx.rows(
            Statement(
                select(*[column for column in table.c if column.name not in COUNTERS]).order_by(
                    *table.primary_key.columns
                )
            )
        )
        for table in TABLES
    }


def post_all(store: Store, results: Iterable[MatchResult]) -> None:
    """Post *results* in that order, in one transaction."""

    def record(tx: Transaction) -> None:
        for result in results:
            ledger.record(tx, result)

    store.write(record).result()


def settle(store: Store) -> None:
    """Rate and count again whatever is due."""
    while store.write(ratings.settle, 1000).result():
        pass
    while stats.settle(store):
        pass


def ratings_of(store: Store) -> dict[str, list[Row]]:
    """Return all rows that hold ratings, with matches by id in place of their order of arrival."""
    rows = dump(store)
    ids = {row[0]: row[1] for row in rows["match"]}
    column = list(board_entry.c.keys()).index("last_match_seq")
    entries = [(*row[:column], ids[row[column]], *row[column + 1 :]) for row in rows["board_entry"]]
    names = ("board", "board_season", "rating_history", "rating_due")
    return {"board_entry": entries} | {name: rows[name] for name in names}


def make_board(store: Store, new: ScoreBoard) -> bool:
    """Make a score board with all that was played; False if the name is taken."""
    made = store.write(past.create, new).result()
    count_past(store)
    return made


def count_past(store: Store, limit: int = 3) -> None:
    """Let boards count what was played before they were made, so many matches at a time."""
    while store.write(past.catch_up, limit).result():
        pass


class FarAway:
    """A store behind a network, which answers always the same."""

    remote = True

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.asked = 0

    def read(self, job: object, *args: object) -> object:
        self.asked += 1
        return self.answer

    def follow(self, told: object) -> None:
        """Nothing is ever committed."""


def shown(store: Store, name: str) -> list[Entry]:
    """Return the first ten of a board."""
    board = store.read(board_entries.top, name, 10)
    return [] if board is None else board.entries
