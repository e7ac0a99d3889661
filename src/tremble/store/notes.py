"""Notes: what moderators wrote of a player, for each other; gone when the player is erased.

What is written and taken away stands in the audit, without the text.
"""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import bindparam, delete, select

from tremble.store import audit, instant
from tremble.store.audit import By
from tremble.store.engine import Transaction
from tremble.store.sql import Statement, binds, insert, next_number
from tremble.store.tables import note

#: Characters of a note.
LONGEST = 2000


class Note(Struct, frozen=True):
    """A row of the table `note`."""

    seq: int
    player_id: str
    at: datetime
    author: str
    text: str


column = note.c
ADD = Statement(
    insert(note)
    .values({**binds(list(column)), "seq": next_number(column.seq)})
    .returning(column.seq)
)
OF_PLAYER = Statement(
    select(note).where(column.player_id == bindparam("player_id")).order_by(column.seq.desc())
)
REMOVE = Statement(
    delete(note)
    .where(column.seq == bindparam("seq"), column.player_id == bindparam("player_id"))
    .returning(column.author)
)
FORGET = Statement(delete(note).where(column.player_id == bindparam("player_id")))


def add(tx: Transaction, by: By, player_id: str, author: str, text: str) -> int:
    """Keep what *author* wrote; return the note's number."""
    row = tx.row(ADD, player_id=player_id, at=by.at, author=author, text=text)
    assert row is not None
    audit.note(tx, by, "note", player_id, None, {"note": row[0]})
    return int(row[0])


def of_player(tx: Transaction, player_id: str) -> list[Note]:
    """Return the notes on a player, newest first."""
    return [
        Note(seq, who, instant.from_store(at), author, text)
        for seq, who, at, author, text in tx.rows(OF_PLAYER, player_id=player_id)
    ]


def remove(tx: Transaction, by: By, player_id: str, seq: int) -> bool:
    """Take a note on a player away; False if there is none of that number."""
    row = tx.row(REMOVE, seq=seq, player_id=player_id)
    if row is None:
        return False
    audit.note(tx, by, "remove-note", player_id, {"note": seq, "author": row[0]})
    return True


def erase(tx: Transaction, player_id: str) -> None:
    """Forget all notes on a player."""
    tx.run(FORGET, player_id=player_id)
