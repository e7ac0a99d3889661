"""Accounts: who can sign in. The id of an account is the player id of its matches.

key of 16 bytes ─► guest: id and digest follow from the key        signs in with it
username, password ─► account with a login: a random id            signs in with them
guest + username, password ─► the guest's id keeps its matches     the key opens it no more
"""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import bindparam, select

from tremble.store import instant, players
from tremble.store.engine import Transaction
from tremble.store.sql import Statement, binds, insert
from tremble.store.tables import account


class Account(Struct, frozen=True):
    """A row of the table `account`; *username* and *password* (a hash) are null for a guest."""

    player_id: str
    device: str | None
    username: str | None
    password: str | None
    created_at: datetime


column = account.c
_all = select(column.id, column.device, column.username, column.password, column.created_at)
FIND = Statement(_all.where(column.id == bindparam("id")))
BY_LOGIN = Statement(_all.where(column.login == bindparam("login")))
CREATE = Statement(insert(account).values(binds(list(column))))


def folded(username: str) -> str:
    """Return what two usernames must not share: `Anna` and `anna` are one login."""
    return username.lower()


def find(tx: Transaction, player_id: str) -> Account | None:
    """Return the account of that player, None if there is none."""
    row = tx.row(FIND, id=player_id)
    return None if row is None else read(row)


def by_username(tx: Transaction, username: str) -> Account | None:
    """Return the account that signs in as *username*, None if there is none."""
    row = tx.row(BY_LOGIN, login=folded(username))
    return None if row is None else read(row)


def read(row: tuple[str, str | None, str | None, str | None, int]) -> Account:
    ident, device, username, password, created_at = row
    return Account(ident, device, username, password, instant.from_store(created_at))


def create_guest(tx: Transaction, player_id: str, device: str, name: str, now: int) -> Account:
    """Return the guest's account, made if there is none yet; *name* is for a new player alone."""
    known = find(tx, player_id)
    if known is not None:
        return known
    add(tx, Account(player_id, device, None, None, instant.from_store(now)))
    if players.find(tx, player_id) is None:
        players.name(tx, player_id, name, now)
    return Account(player_id, device, None, None, instant.from_store(now))


def create(tx: Transaction, new: Account) -> bool:
    """Make the account *new* with a login; False, and no change, if its username is taken."""
    assert new.username is not None
    if by_username(tx, new.username) is not None:
        return False
    add(tx, new)
    players.name(tx, new.player_id, new.username, instant.to_store(new.created_at))
    return True


def add(tx: Transaction, new: Account) -> None:
    tx.run(
        CREATE,
        id=new.player_id,
        device=new.device,
        login=None if new.username is None else folded(new.username),
        username=new.username,
        password=new.password,
        created_at=instant.to_store(new.created_at),
    )
