"""Search: players by a part of their name, for operators; whoever was seen last stands first.

Here the database looks at all of them: enough for some ten thousand. For more see roster.py.
"""

from sqlalchemy import bindparam, func, or_, select

from tremble.store import players
from tremble.store.engine import Transaction
from tremble.store.players import SHOWN, Player
from tremble.store.sql import Statement, holds
from tremble.store.tables import match, match_line, player

#: Who played in the last so many matches, and as many who are new, were surely seen lately.
LATELY = 300

column = player.c
_last_first = select(*SHOWN).order_by(column.last_seen_at.desc(), column.id)
NAMED = Statement(
    _last_first.where(
        # SQLite knows the case of ASCII alone: other letters are found as they are written.
        or_(
            func.lower(column.name).like(bindparam("pattern"), escape="\\"),
            column.name.like(bindparam("written"), escape="\\"),
        )
    ).limit(bindparam("limit"))
)
ALL = Statement(_last_first.limit(bindparam("limit")))
_matches = (
    select(match.c.seq)
    .order_by(match.c.ended_at.desc(), match.c.seq.desc())
    .limit(bindparam("lately"))
)
_new = select(column.id).order_by(column.changed.desc()).limit(bindparam("lately"))
RECENT = Statement(
    _last_first.where(
        column.id.in_(
            select(match_line.c.player_id)
            .where(match_line.c.match_seq.in_(_matches.subquery().select()))
            .union(_new.subquery().select())
        )
    )
)


def players_named(tx: Transaction, word: str, limit: int) -> list[Player]:
    """Return at most *limit* players of that id, or whose name holds *word*; all for an empty one."""
    by_id = of_id(tx, word)
    if by_id is not None:
        return [by_id]
    patterns = {"pattern": holds(word.lower()), "written": holds(word)}
    return [players.read(row) for row in tx.rows(NAMED, limit=limit, **patterns)]


def of_id(tx: Transaction, word: str) -> Player | None:
    """Return the player whose id *word* is, None if there is none."""
    return players.find(tx, word) if len(word) == 16 else None


def recent(tx: Transaction) -> list[Player]:
    """Return players who were seen lately, whoever was seen last first."""
    return [players.read(row) for row in tx.rows(RECENT, lately=LATELY)]


def last_seen(tx: Transaction, limit: int) -> list[Player]:
    """Return the *limit* players who were seen last."""
    found = recent(tx)
    if len(found) >= limit:
        return found[:limit]
    return [players.read(row) for row in tx.rows(ALL, limit=limit)]
