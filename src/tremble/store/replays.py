"""Which matches have a replay. The replays themselves are files: see web/api_replays.py."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import bindparam, select

from tremble.store.engine import Transaction
from tremble.store.matches import Posted
from tremble.store.sql import Statement, Value, binds, insert
from tremble.store.tables import match, replay


class Replay(Struct, frozen=True):
    """The *digest* (SHA-256 in hex) of a match's replay, and which server recorded it."""

    server_id: str
    digest: str


ADD = Statement(insert(replay).values(binds(list(replay.c))))
FIND = Statement(
    select(match.c.server_id, replay.c.digest)
    .join(replay, replay.c.match_seq == match.c.seq)
    .where(match.c.id == bindparam("id"))
)


def add(tx: Transaction, posted: Sequence[Posted]) -> None:
    """Note the replays of those of *posted* that have one."""
    rows: list[dict[str, Value]] = [
        {"match_seq": one.seq, "digest": one.result.replay}
        for one in posted
        if one.result.replay is not None
    ]
    if rows:
        tx.run_many(ADD, rows)


def find(tx: Transaction, match_id: str) -> Replay | None:
    """Return what is known of the replay of *match_id*; None if it has none."""
    row = tx.row(FIND, id=match_id)
    return None if row is None else Replay(*row)
