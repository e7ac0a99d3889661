"""The API under /v1/me: one's own account: name, login, password, codes; all of it to take or erase."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

from litestar import Response, get, patch, post, put
from litestar.params import JSONBody
from msgspec import Meta, Struct

from tremble import token
from tremble.result import Name
from tremble.store import accounts, board_entries, friends, players, sign_ins
from tremble.store.accounts import Account, FormerName
from tremble.store.board_entries import Entry
from tremble.store.engine import Transaction
from tremble.store.friends import Friend
from tremble.store.matches import Summary
from tremble.web import exports, limits
from tremble.web.api import QuotaDependency, StoreDependency
from tremble.web.api_auth import (
    NO_STORE,
    USERNAME,
    Password,
    PasswordsDependency,
    Username,
    check_password,
)
from tremble.web.limits import Limits
from tremble.web.passwords import Passwords
from tremble.web.problems import Asked, FieldError, Problem
from tremble.web.saves import Stored
from tremble.web.signed_in import BEARER, now, reading, signed_in, writing, writing_as

#: Recovery codes given at once.
CODES = 10


class Me(Struct, frozen=True):
    """One's own account; *username* is null for a guest, *devices* counts who is signed in."""

    player_id: str
    name: str
    username: str | None
    created_at: datetime
    devices: int


class Export(Struct, frozen=True):
    """All that is kept of an account but digests, all matches of its player, newest first, and the
    present version of each save."""

    account: Me
    former_names: list[FormerName]
    friends: list[Friend]
    boards: dict[str, Entry]
    matches: list[Summary]
    saves: list[Stored]


class NameBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Another name; of an account with a login it is the username too."""

    name: Name


class NewLoginBody(Struct, frozen=True, forbid_unknown_fields=True):
    """The login that a guest shall have."""

    username: Username
    password: Password


class PasswordBody(Struct, frozen=True, forbid_unknown_fields=True):
    """The password so far, and the one to come."""

    password: Annotated[str, Meta(max_length=128)]
    new_password: Password


class ConfirmBody(Struct, frozen=True, forbid_unknown_fields=True):
    """The password once more; a guest, who has none, says null."""

    password: Annotated[str, Meta(max_length=128)] | None


class Codes(Struct, frozen=True):
    """Recovery codes, shown this once; each is good for one new password."""

    codes: list[str]


def me(tx: Transaction, player_id: str) -> Me:
    """Return what the owner of an account is shown. Raises Problem if it is gone."""
    account, player = accounts.find(tx, player_id), players.find(tx, player_id)
    if account is None or player is None:
        raise Problem(401, "invalid_token", "this account was erased", headers=BEARER)
    devices = sign_ins.count(tx, player_id)
    return Me(player_id, player.username, account.username, account.created_at, devices)


def export(tx: Transaction, player_id: str) -> Export:
    """Return all that is kept of an account."""
    return Export(
        me(tx, player_id),
        accounts.former(tx, player_id),
        friends.every(tx, player_id),
        board_entries.of_player(tx, player_id),
        exports.matches_of(tx, player_id),
        exports.saves_of(tx, player_id),
    )


async def confirm(
    quota: Limits, passwords: Passwords, account: Account, password: str | None
) -> None:
    """Raise Problem unless *password* is the account's; a guest has none."""
    if account.username is None and password is None:
        return
    login = accounts.folded(account.username or account.player_id)
    await quota.check(limits.GUESSES, login)
    if password is None or not await passwords.check(account.password, password):
        raise Problem(401, "wrong_password", "the password is wrong", headers=BEARER)
    await quota.forgive(limits.GUESSES, login)


@get("/v1/me", tags=["accounts"])
async def get_me(request: Asked, store: StoreDependency) -> Me:
    """One's own account. Needs an access token."""
    who = await signed_in(request, store)
    return await reading(store, me, who.account.player_id)


@patch("/v1/me", tags=["accounts"], operation_id="Rename")
async def rename(request: Asked, store: StoreDependency, data: JSONBody[NameBody]) -> Me:
    """Take another name. The one before stays one's own for 30 days. Needs an access token."""
    who = await signed_in(request, store)
    if who.account.username is not None and not USERNAME.fullmatch(data.name):
        field = FieldError("name", "must have 3 to 32 of A-Z a-z 0-9 _ . -")
        raise Problem(400, "invalid_request", "this name cannot be a username", [field])
    player_id = who.account.player_id
    code = await writing_as(player_id, store, accounts.rename, player_id, data.name, now())
    if code is not None:
        raise Problem(409, code, f"the username {data.name!r} is taken")
    return await reading(store, me, player_id)


@post("/v1/me/login", status_code=201, tags=["accounts"], operation_id="LinkLogin")
async def link_login(
    request: Asked,
    store: StoreDependency,
    quota: QuotaDependency,
    passwords: PasswordsDependency,
    data: JSONBody[NewLoginBody],
) -> Me:
    """Give a guest a username and a password; its matches stay its own. Needs an access token."""
    who = await signed_in(request, store)
    await quota.check_address(limits.PASSWORDS, request)
    check_password(data.username, data.password)
    kept = await passwords.hash(data.password)
    player_id = who.account.player_id
    code = await writing(store, accounts.link, player_id, data.username, kept, now())
    if code is not None:
        raise Problem(409, code, REFUSALS[code])
    return await reading(store, me, player_id)


@put("/v1/me/password", status_code=204, tags=["accounts"], operation_id="ChangePassword")
async def change_password(
    request: Asked,
    store: StoreDependency,
    quota: QuotaDependency,
    passwords: PasswordsDependency,
    data: JSONBody[PasswordBody],
) -> None:
    """Change the password; all devices are signed out. Needs an access token."""
    account = (await signed_in(request, store)).account
    await confirm(quota, passwords, account, data.password)
    check_password(account.username or "", data.new_password, "new_password")
    kept = await passwords.hash(data.new_password)
    await writing(store, accounts.set_password, account.player_id, kept)


@post("/v1/me/recovery-codes", status_code=201, tags=["accounts"], operation_id="MakeCodes")
async def make_codes(
    request: Asked,
    store: StoreDependency,
    quota: QuotaDependency,
    passwords: PasswordsDependency,
    data: JSONBody[ConfirmBody],
) -> Response[Codes]:
    """Make new recovery codes; those before hold no more. Needs an access token and a login."""
    account = (await signed_in(request, store)).account
    if account.username is None:
        raise Problem(401, "login_required", "a guest has no password to recover", headers=BEARER)
    await confirm(quota, passwords, account, data.password)
    codes = [token.new_code() for _ in range(CODES)]
    digests = [token.digest(code) for code in codes]
    player_id = account.player_id
    await writing_as(player_id, store, accounts.set_codes, player_id, digests)
    return Response(Codes(codes), status_code=201, headers=NO_STORE)


@get("/v1/me/export", tags=["accounts"], operation_id="ExportMe")
async def export_me(request: Asked, store: StoreDependency) -> Response[Export]:
    """All that is kept of one's account and its matches. Needs an access token."""
    who = await signed_in(request, store)
    # Of a long history it takes longer than others should wait, wherever the store is.
    found = await asyncio.to_thread(store.read, export, who.account.player_id)
    return Response(found, status_code=200, headers=NO_STORE)


@post("/v1/me/erase", status_code=204, tags=["accounts"], operation_id="EraseMe")
async def erase_me(
    request: Asked,
    store: StoreDependency,
    quota: QuotaDependency,
    passwords: PasswordsDependency,
    data: JSONBody[ConfirmBody],
) -> None:
    """Erase the account and one's names for good; matches stay, without them. Needs an access token."""
    account = (await signed_in(request, store)).account
    await confirm(quota, passwords, account, data.password)
    await writing(store, accounts.erase, account.player_id, now())


REFUSALS = {
    "already_linked": "this account has a login already",
    "username_taken": "this username is taken",
}
HANDLERS: list[Any] = [
    get_me,
    rename,
    link_login,
    change_password,
    make_codes,
    export_me,
    erase_me,
]
