"""What operators do, over HTTP or at the command line: each act and its entry in the audit, as one."""

from typing import Literal

from sqlalchemy import bindparam, select

from tremble.store import (
    accounts,
    api_keys,
    audit,
    bans,
    past,
    players,
    seasons,
    server_keys,
    sign_ins,
)
from tremble.store.accounts import Account, Refusal
from tremble.store.audit import By
from tremble.store.bans import Ban
from tremble.store.engine import Transaction
from tremble.store.scores import ScoreBoard
from tremble.store.server_keys import ServerKey
from tremble.store.sql import Statement
from tremble.store.tables import api_key
from tremble.token import server_id

KEY = Statement(
    select(api_key.c.name, api_key.c.scopes).where(
        api_key.c.id == bindparam("id"), api_key.c.revoked_at.is_(None)
    )
)


def ban(tx: Transaction, by: By, new: Ban) -> None:
    """Ban a player, in place of a ban there was."""
    before = bans.find(tx, new.player_id, by.at)
    bans.add(tx, new)
    audit.note(tx, by, "ban", new.player_id, before, new)


def unban(tx: Transaction, by: By, player_id: str) -> bool:
    """Take a ban back; False if there is none."""
    before = bans.find(tx, player_id, by.at)
    if not bans.remove(tx, player_id):
        return False
    audit.note(tx, by, "unban", player_id, before)
    return True


def sign_out(tx: Transaction, by: By, player_id: str) -> None:
    """Sign a player out on all devices."""
    before = {"devices": sign_ins.count(tx, player_id)}
    sign_ins.end_all(tx, player_id)
    audit.note(tx, by, "sign-out", player_id, before, {"devices": 0})


def create_user(tx: Transaction, by: By, new: Account) -> Refusal | None:
    """Make an account with a login; or return what hinders it."""
    refusal = accounts.create(tx, new)
    if refusal is None:
        audit.note(tx, by, "create-user", new.player_id, None, {"username": new.username})
    return refusal


def erase(tx: Transaction, by: By, player_id: str) -> bool:
    """Erase a player's account and names, as the player could; False if never seen."""
    if accounts.find(tx, player_id) is None and players.find(tx, player_id) is None:
        return False
    accounts.erase(tx, player_id, by.at)
    audit.note(tx, by, "erase", player_id)
    return True


def note_export(tx: Transaction, by: By, player_id: str) -> None:
    """Note that all that is kept of a player was handed out."""
    audit.note(tx, by, "export", player_id)


def add_key(tx: Transaction, by: By, ident: str, digest: str, name: str, scopes: list[str]) -> None:
    """Store a new API key by the *digest* of its token."""
    api_keys.add(tx, ident, digest, name, scopes, by.at)
    audit.note(tx, by, "token", ident, None, {"name": name, "scopes": scopes})


def revoke_key(tx: Transaction, by: By, ident: str) -> bool:
    """Refuse an API key from now on; False if it is unknown or was revoked before."""
    row = tx.row(KEY, id=ident)
    if row is None or not api_keys.revoke(tx, ident, by.at):
        return False
    audit.note(tx, by, "revoke-token", ident, {"name": row[0], "scopes": row[1].split()})
    return True


def create_board(tx: Transaction, by: By, new: ScoreBoard) -> bool:
    """Make a score board, which has yet to count what was played; False if there is one of that name."""
    if not past.create(tx, new):
        return False
    audit.note(tx, by, "create-board", new.name, None, new)
    return True


def begin_season(tx: Transaction, by: By) -> int | None:
    """Begin a season now; None, and no change, if the newest was played in already."""
    number = seasons.begin(tx, by.at)
    if number is not None:
        audit.note(tx, by, "begin-season", str(number))
    return number


def enrol_server(tx: Transaction, by: By, public: bytes, name: str) -> bool:
    """Trust the owner of the 32 bytes *public*; False if the key is known."""
    if not server_keys.enrol(tx, public, name, by.at, None):
        return False
    ident = server_id(public)
    audit.note(tx, by, "enrol-server", ident, None, server_keys.find(tx, ident))
    return True


def rotate_server(
    tx: Transaction, by: By, server: str, public: bytes, until: int
) -> ServerKey | Literal["unknown", "known"]:
    """Enrol the new key *public* of *server*, whose old one counts *until* then; return the new one.

    Changes nothing if the server is unknown or the key known.
    """
    old = server_keys.find(tx, server)
    if old is None:
        return "unknown"
    if not server_keys.enrol(tx, public, old.name, by.at, None):
        return "known"
    server_keys.revoke(tx, server, until)
    new = server_keys.find(tx, server_id(public))
    assert new is not None
    audit.note(tx, by, "rotate-server", server, old, new)
    return new


def revoke_server(tx: Transaction, by: By, server: str) -> bool:
    """Refuse the results of a server from now on; False if it was never enrolled."""
    old = server_keys.find(tx, server)
    if old is None:
        return False
    server_keys.revoke(tx, server, by.at)
    audit.note(tx, by, "revoke-server", server, old, server_keys.find(tx, server))
    return True
