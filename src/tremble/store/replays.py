"""Which matches have a replay. The replays themselves are files: see web/api_replays.py."""

from msgspec import Struct
from sqlalchemy import bindparam, select

from tremble.store.engine import Transaction
from tremble.store.sql import Statement, binds, insert
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


def add(tx: Transaction, seq: int, digest: str) -> None:
    """Note the replay of match *seq*, which has none yet."""
    tx.run(ADD, match_seq=seq, digest=digest)


def find(tx: Transaction, match_id: str) -> Replay | None:
    """Return what is known of the replay of *match_id*; None if it has none."""
    row = tx.row(FIND, id=match_id)
    return None if row is None else Replay(*row)
