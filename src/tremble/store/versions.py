"""Versions: each change of a board gives it the next one, and stands in the log of the last many."""

from msgspec import json
from sqlalchemy import bindparam, delete, select, update

from tremble.store.engine import Transaction
from tremble.store.sql import Statement, binds, insert
from tremble.store.tables import board_log, board_season

#: Versions of a board that the log keeps; who is further behind loads the board anew.
LOG_LENGTH = 100_000

of_season = board_season.c
HERE = (of_season.board == bindparam("board"), of_season.season == bindparam("season"))
NEXT_VERSION = Statement(
    update(board_season)
    .where(*HERE)
    .values(total=of_season.total + bindparam("newcomers"), version=of_season.version + 1)
    .returning(of_season.version)
)
log = board_log.c
IN_LOG = (log.board == bindparam("board"), log.season == bindparam("season"))
LOG = Statement(insert(board_log).values(binds(list(log))))
FORGET = Statement(delete(board_log).where(*IN_LOG, log.version == bindparam("version")))
CHANGES = Statement(
    select(log.version, log.changes)
    .where(*IN_LOG, log.version > bindparam("version"))
    .order_by(log.version)
)


def note(
    tx: Transaction,
    name: str,
    number: int,
    changes: dict[str, int | None] | None,
    newcomers: int = 0,
) -> None:
    """Give the board its next version. *changes*: new keys (None: gone); None: load it anew."""
    row = tx.row(NEXT_VERSION, board=name, season=number, newcomers=newcomers)
    assert row is not None
    version = int(row[0])
    written = None if changes is None else json.encode(changes).decode()
    tx.run(LOG, board=name, season=number, version=version, changes=written)
    tx.run(FORGET, board=name, season=number, version=version - LOG_LENGTH)


def changes(
    tx: Transaction, name: str, number: int, version: int
) -> list[tuple[int, dict[str, int | None] | None]]:
    """Return the versions after *version* that are still in the log, and what changed with each."""
    return [
        (number, None if written is None else json.decode(written))
        for number, written in tx.rows(CHANGES, board=name, season=number, version=version)
    ]
