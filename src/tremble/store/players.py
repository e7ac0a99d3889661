"""Players: who was ever seen, under the name last used."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import and_, bindparam, case, exists, literal_column, select, update

from tremble.result import MatchResult
from tremble.store import boards, instant
from tremble.store.engine import Transaction
from tremble.store.sql import Row, Statement, Value, binds, greatest, insert, least, next_number
from tremble.store.tables import account, player


class Player(Struct, frozen=True):
    """A row of the table `player`."""

    player_id: str
    username: str
    bot: bool
    first_seen_at: datetime
    last_seen_at: datetime


_new = insert(player).values(binds(list(player.c)))
_later = _new.excluded.last_seen_at >= player.c.last_seen_at
_named = and_(
    _later,
    # As text: SQLAlchemy would look for the row in a second `player`, not in the one that is updated.
    ~exists(
        select(account.c.id).where(
            account.c.id == literal_column("player.id"), account.c.login.is_not(None)
        )
    ),
)
#: Whatever order results arrive in, the name is the one of the match that ended last; but who has a
#: login chose a name there.
SEE = Statement(
    _new.on_conflict_do_update(
        index_elements=["id"],
        set_={
            "name": case((_named, _new.excluded.name), else_=player.c.name),
            "bot": case((_later, _new.excluded.bot), else_=player.c.bot),
            "first_seen_at": least(player.c.first_seen_at, _new.excluded.first_seen_at),
            "last_seen_at": greatest(player.c.last_seen_at, _new.excluded.last_seen_at),
            "changed": case(
                (and_(_named, _new.excluded.name != player.c.name), _new.excluded.changed),
                else_=player.c.changed,
            ),
        },
    )
)
#: The next number of a change. Writers take turns; all that one transaction changes may have the same.
NEXT = Statement(select(next_number(player.c.changed)))
RENAME = Statement(
    update(player)
    .where(player.c.id == bindparam("id"))
    .values(name=bindparam("name"), changed=bindparam("changed"))
)
SHOWN = [column for column in player.c if column.name != "changed"]
FIND = Statement(select(*SHOWN).where(player.c.id == bindparam("id")))


def see(tx: Transaction, results: Sequence[MatchResult]) -> None:
    """Note that the players of *results* were there, and their names."""
    seen: dict[str, dict[str, Value]] = {}
    spans: dict[str, tuple[int, int]] = {}
    for result in results:
        began, ended = instant.to_store(result.started_at), instant.to_store(result.ended_at)
        for line in result.players:
            first, last = spans.get(line.player_id, (began, ended))
            if ended >= last:
                seen[line.player_id] = {"id": line.player_id, "name": line.name, "bot": line.bot}
            spans[line.player_id] = (min(first, began), max(last, ended))
    change = next_change(tx)
    tx.run_many(
        SEE,
        [
            {
                **who,
                "first_seen_at": spans[ident][0],
                "last_seen_at": spans[ident][1],
                "changed": change,
            }
            for ident, who in seen.items()
        ],
    )


def next_change(tx: Transaction) -> int:
    """Return the number of a change that is made now."""
    [(number,)] = tx.rows(NEXT)
    return int(number)


def name(tx: Transaction, player_id: str, username: str, at: int) -> None:
    """Note that a player goes by *username* at that time, without a match."""
    seen: dict[str, Value] = {"first_seen_at": at, "last_seen_at": at}
    tx.run(SEE, id=player_id, name=username, bot=False, changed=next_change(tx), **seen)


def rename(tx: Transaction, player_id: str, username: str) -> None:
    """Give a player that was seen another name, on the boards too."""
    tx.run(RENAME, id=player_id, name=username, changed=next_change(tx))
    boards.renamed(tx, player_id)


def find(tx: Transaction, player_id: str) -> Player | None:
    """Return the player of that id, None if never seen."""
    row = tx.row(FIND, id=player_id)
    if row is None:
        return None
    return read(row)


def read(row: Row) -> Player:
    """Return a row of SHOWN."""
    ident, name, bot, first, last = row
    return Player(ident, name, bool(bot), instant.from_store(first), instant.from_store(last))
