"""Accounts: who can sign in. The id of an account is the player id of its matches.

key of 16 bytes ─► guest: id and digest follow from the key        signs in with it
username, password ─► account with a login: a random id            signs in with them
guest + username, password ─► the guest's id keeps its matches     the key opens it no more
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct
from sqlalchemy import bindparam, delete, select, update

from tremble.store import audit, erasures, friends, instant, notes, players, saves, sign_ins
from tremble.store.engine import Transaction
from tremble.store.sign_ins import Pair
from tremble.store.sql import Statement, binds, insert
from tremble.store.tables import account, match_line, name_history, recovery_code

#: For so long a username that was given up is nobody else's, in microseconds.
RESERVED = 30 * instant.DAY

Refusal = Literal["already_registered", "already_linked", "username_taken"]


class Account(Struct, frozen=True):
    """A row of the table `account`; *username* and *password* (a hash) are null for a guest."""

    player_id: str
    device: str | None
    username: str | None
    password: str | None
    created_at: datetime


class FormerName(Struct, frozen=True):
    """A name, and until when it was the player's."""

    name: str
    until: datetime


column = account.c
_all = select(column.id, column.device, column.username, column.password, column.created_at)
FIND = Statement(_all.where(column.id == bindparam("id")))
BY_LOGIN = Statement(_all.where(column.login == bindparam("login")))
CREATE = Statement(insert(account).values(binds(list(column))))
_change = update(account).where(column.id == bindparam("id"))
_renamed = _change.values(login=bindparam("login"), username=bindparam("username"))
RENAME = Statement(_renamed)
LINK = Statement(_renamed.values(password=bindparam("password")))
SET_PASSWORD = Statement(_change.values(password=bindparam("password")))
ERASE = Statement(delete(account).where(column.id == bindparam("id")))
ERASE_LINES = Statement(
    update(match_line)
    .where(match_line.c.player_id == bindparam("player_id"))
    .values(name=bindparam("name"))
)
name = name_history.c
NOTE = Statement(
    insert(name_history)
    .values(binds(list(name)))
    .on_conflict_do_nothing(index_elements=["player_id", "until"])
)
FORMER = Statement(
    select(name.name, name.until)
    .where(name.player_id == bindparam("player_id"))
    .order_by(name.until.desc())
)
RESERVED_BY = Statement(
    select(name.player_id)
    .where(
        name.login == bindparam("login"),
        name.until > bindparam("since"),
        name.player_id != bindparam("id"),
    )
    .limit(1)
)
FORGET_NAMES = Statement(delete(name_history).where(name.player_id == bindparam("player_id")))
code_of = recovery_code.c
ADD_CODE = Statement(insert(recovery_code).values(binds(list(code_of))))
USE_CODE = Statement(
    delete(recovery_code)
    .where(code_of.account_id == bindparam("account_id"), code_of.code == bindparam("code"))
    .returning(code_of.code)
)
FORGET_CODES = Statement(delete(recovery_code).where(code_of.account_id == bindparam("account_id")))


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


def create(tx: Transaction, new: Account) -> Refusal | None:
    """Make the account *new* with a login; or return what hinders it."""
    assert new.username is not None
    now = instant.to_store(new.created_at)
    if find(tx, new.player_id) is not None:
        return "already_registered"
    if taken(tx, new.username, new.player_id, now):
        return "username_taken"
    if players.find(tx, new.player_id) is None:
        players.name(tx, new.player_id, new.username, now)
    else:
        players.rename(tx, new.player_id, new.username)
    add(tx, new)
    return None


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


def taken(tx: Transaction, username: str, player_id: str, now: int) -> bool:
    """Say whether *username* is another's than *player_id*'s, or was until lately."""
    owner = by_username(tx, username)
    if owner is not None:
        return owner.player_id != player_id
    since = now - RESERVED
    return tx.row(RESERVED_BY, login=folded(username), since=since, id=player_id) is not None


def link(tx: Transaction, player_id: str, username: str, password: str, now: int) -> Refusal | None:
    """Give a guest a login, and its name; or return what hinders it."""
    known = find(tx, player_id)
    if known is None or known.username is not None:
        return "already_linked"
    if taken(tx, username, player_id, now):
        return "username_taken"
    note(tx, known, now)
    tx.run(LINK, id=player_id, login=folded(username), username=username, password=password)
    players.rename(tx, player_id, username)
    return None


def rename(tx: Transaction, player_id: str, name: str, now: int) -> Refusal | None:
    """Give the player another name, and an account with a login that username.

    Returns what hinders it. The name before is kept in the history, and for RESERVED to its owner.
    """
    known = find(tx, player_id)
    if known is not None and known.username is not None:
        if taken(tx, name, player_id, now):
            return "username_taken"
        note(tx, known, now)
        tx.run(RENAME, id=player_id, login=folded(name), username=name)
    elif known is not None:
        note(tx, known, now)
    players.rename(tx, player_id, name)
    return None


def note(tx: Transaction, known: Account, now: int) -> None:
    """Keep the name that a player had until now."""
    player = players.find(tx, known.player_id)
    if player is not None:
        login = None if known.username is None else folded(known.username)
        tx.run(NOTE, player_id=known.player_id, until=now, name=player.username, login=login)


def former(tx: Transaction, player_id: str) -> list[FormerName]:
    """Return the names that a player gave up, the last one first."""
    rows = tx.rows(FORMER, player_id=player_id)
    return [FormerName(name, instant.from_store(until)) for name, until in rows]


def set_password(tx: Transaction, player_id: str, password: str) -> None:
    """Put another hash in the place of the one of the account; all its devices are signed out."""
    tx.run(SET_PASSWORD, id=player_id, password=password)
    sign_ins.end_all(tx, player_id)


def sign_in(
    tx: Transaction, ident: str, player_id: str, password: str | None, pair: Pair, now: int
) -> bool:
    """Sign a device in, if the account has still the hash *password* that was shown to fit; None: no login.

    False if it was erased or changed meanwhile: all devices were signed out then, and this one comes late.
    """
    known = find(tx, player_id)
    if known is None or known.password != password:
        return False
    sign_ins.begin(tx, ident, player_id, pair, now)
    return True


def set_codes(tx: Transaction, player_id: str, codes: list[str]) -> None:
    """Put these digests of recovery codes in the place of those there were."""
    tx.run(FORGET_CODES, account_id=player_id)
    tx.run_many(ADD_CODE, [{"account_id": player_id, "code": code} for code in codes])


def recover(tx: Transaction, username: str, code: str, password: str) -> str | None:
    """Use up the code of that digest for another password; return whose it is, None if it is wrong."""
    known = by_username(tx, username)
    if known is None or tx.row(USE_CODE, account_id=known.player_id, code=code) is None:
        return None
    set_password(tx, known.player_id, password)
    return known.player_id


def erase(tx: Transaction, player_id: str, now: int) -> None:
    """Take away the account, saves and every name of its player; the matches stay, under ERASED.

    So do those that are still to come: see erasures.py.
    """
    erasures.mark(tx, player_id, now)
    audit.forget(tx, player_id)
    sign_ins.end_all(tx, player_id)
    tx.run(FORGET_CODES, account_id=player_id)
    tx.run(FORGET_NAMES, player_id=player_id)
    tx.run(ERASE, id=player_id)
    saves.erase(tx, player_id)
    friends.erase(tx, player_id)
    notes.erase(tx, player_id)
    tx.run(ERASE_LINES, player_id=player_id, name=erasures.ERASED)
    players.rename(tx, player_id, erasures.ERASED)
