"""The API under /v1/auth: make an account, sign in to it, renew tokens, sign out."""

import re
from typing import Annotated, Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, Parameter, SkipValidation
from msgspec import Meta, Struct, structs

from tremble import token
from tremble.log import logger
from tremble.result import Name
from tremble.store import accounts, instant, sign_ins
from tremble.store.accounts import Account
from tremble.store.engine import Store
from tremble.store.sign_ins import Pair
from tremble.web import limits
from tremble.web.api import QuotaDependency, StoreDependency
from tremble.web.passwords import Passwords
from tremble.web.problems import Asked, FieldError, Problem
from tremble.web.signed_in import BEARER, check_ban, now, reading, signed_in, writing

PasswordsDependency = NamedDependency[SkipValidation[Passwords]]

USERNAME = re.compile("[A-Za-z0-9][A-Za-z0-9_.-]{2,31}")
#: In Python `$` alone would let a last line feed through.
Username = Annotated[
    str,
    Meta(pattern=rf"^{USERNAME.pattern}(?!\n)$", description="3 to 32 of A-Z a-z 0-9 _ . -"),
]
Password = Annotated[str, Meta(min_length=8, max_length=128)]
DeviceKey = Annotated[
    str, Meta(pattern="^[0-9a-f]{32}$", description="The key with which the guest plays, in hex")
]
NO_STORE = {"cache-control": "no-store"}
DEFAULT_NAME = "guest"


class DeviceBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A guest: *key* is the 16-byte secret that its game sends on joining; *name* is for a new player."""

    key: DeviceKey
    name: Name = DEFAULT_NAME


class RegisterBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A new account; with *key* it has the matches of the guest who holds that key."""

    username: Username
    password: Password
    key: DeviceKey | None = None


class LoginBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Username and password of an account."""

    username: Annotated[str, Meta(max_length=64)]
    password: Annotated[str, Meta(max_length=128)]


class RecoverBody(Struct, frozen=True, forbid_unknown_fields=True):
    """One of the account's recovery codes, and the password that it is good for."""

    username: Annotated[str, Meta(max_length=64)]
    code: Annotated[str, Meta(max_length=32)]
    new_password: Password


class RefreshBody(Struct, frozen=True, forbid_unknown_fields=True):
    """The refresh token that was given last."""

    refresh_token: Annotated[str, Meta(max_length=128)]


class Tokens(Struct, frozen=True):
    """Who is signed in, and the tokens for it; how many seconds each holds."""

    player_id: str
    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int
    token_type: str = "Bearer"


def tokens(player_id: str, ident: str) -> tuple[Tokens, Pair]:
    """Return fresh tokens for the sign-in *ident*, and what is kept of them."""
    access = token.new_token(token.ACCESS, ident)
    refresh = token.new_token(token.REFRESH, ident)
    lives = (sign_ins.ACCESS_LIFE // sign_ins.SECOND, sign_ins.REFRESH_LIFE // sign_ins.SECOND)
    shown = Tokens(player_id, access, lives[0], refresh, lives[1])
    return shown, Pair(token.digest(access), token.digest(refresh))


async def begin(
    store: Store, player_id: str, password: str | None, status: int
) -> Response[Tokens]:
    """Sign a device in to an account, whose hash *password* fits what was shown; None for a guest.

    Raises Problem if its player is banned, or the account was changed or erased meanwhile.
    """
    await check_ban(store, player_id)
    ident = token.new_id(16)
    shown, pair = tokens(player_id, ident)
    if not await writing(store, accounts.sign_in, ident, player_id, password, pair, now()):
        detail = "the account was changed at this moment; sign in as it is now"
        raise Problem(401, "bad_login", detail, headers=BEARER)
    return Response(shown, status_code=status, headers=NO_STORE)


@post("/v1/auth/device", tags=["accounts"], operation_id="SignInGuest")
async def sign_in_guest(
    request: Asked, store: StoreDependency, quota: QuotaDependency, data: JSONBody[DeviceBody]
) -> Response[Tokens]:
    """Sign a guest in by the key with which it plays; its account is made if there is none (201).

    Once the account has a login, the key opens it no more.
    """
    await quota.check_address(limits.SIGN_INS, request)
    key = bytes.fromhex(data.key)
    player_id, device = token.player_id(key), token.device_digest(key)
    known = await reading(store, accounts.find, player_id)
    if known is None:
        known = await writing(store, accounts.create_guest, player_id, device, data.name, now())
        status = 201
    else:
        status = 200
    if known.device != device:
        raise Problem(401, "unknown_key", "this key opens no account", headers=BEARER)
    if known.username is not None:
        raise Problem(
            401, "login_required", "this account has a login: sign in with it", headers=BEARER
        )
    return await begin(store, player_id, None, status)


@post("/v1/auth/register", tags=["accounts"], operation_id="Register")
async def register(
    request: Asked,
    store: StoreDependency,
    quota: QuotaDependency,
    passwords: PasswordsDependency,
    data: JSONBody[RegisterBody],
) -> Response[Tokens]:
    """Make an account with a username and a password, and sign in to it."""
    await quota.check_address(limits.PASSWORDS, request)
    check_password(data.username, data.password)
    if data.key is None:
        player_id, device = token.new_id(8), None
    else:
        key = bytes.fromhex(data.key)
        player_id, device = token.player_id(key), token.device_digest(key)
    kept = await passwords.hash(data.password)
    new = Account(player_id, device, data.username, kept, instant.from_store(now()))
    code = await writing(store, accounts.create, new)
    if code == "username_taken":
        raise Problem(409, code, f"the username {data.username!r} is taken")
    if code is not None:
        raise Problem(409, code, "this key has an account already: sign in and link a login to it")
    return await begin(store, player_id, kept, 201)


@post("/v1/auth/login", status_code=200, tags=["accounts"], operation_id="SignIn")
async def sign_in(
    request: Asked,
    store: StoreDependency,
    quota: QuotaDependency,
    passwords: PasswordsDependency,
    data: JSONBody[LoginBody],
) -> Response[Tokens]:
    """Sign in with username and password. Whether the username exists does not show."""
    await quota.check_address(limits.PASSWORDS, request)
    login = accounts.folded(data.username)
    await quota.check(limits.GUESSES, login, request)
    found = await reading(store, accounts.by_username, data.username)
    fits = await passwords.check(None if found is None else found.password, data.password)
    if found is None or not fits:
        raise Problem(401, "bad_login", "username or password is wrong", headers=BEARER)
    await quota.forgive(limits.GUESSES, login)
    return await begin(store, found.player_id, found.password, 200)


@post("/v1/auth/recover", status_code=200, tags=["accounts"], operation_id="Recover")
async def recover(
    request: Asked,
    store: StoreDependency,
    quota: QuotaDependency,
    passwords: PasswordsDependency,
    data: JSONBody[RecoverBody],
) -> Response[Tokens]:
    """Use up a recovery code for another password. All devices are signed out but this one."""
    await quota.check_address(limits.PASSWORDS, request)
    check_password(data.username, data.new_password, "new_password")
    login = accounts.folded(data.username)
    await quota.check(limits.GUESSES, login, request)
    # Hashed before the code is looked at: unknown users and wrong codes take as long as right ones.
    kept = await passwords.hash(data.new_password)
    code = token.digest(data.code.strip().lower())
    player_id = await writing(store, accounts.recover, data.username, code, kept)
    if player_id is None:
        raise Problem(401, "bad_code", "username or recovery code is wrong", headers=BEARER)
    await quota.forgive(limits.GUESSES, login)
    return await begin(store, player_id, kept, 200)


@post("/v1/auth/refresh", status_code=200, tags=["accounts"], operation_id="Refresh")
async def refresh(
    request: Asked, store: StoreDependency, quota: QuotaDependency, data: JSONBody[RefreshBody]
) -> Response[Tokens]:
    """Give up a refresh token for a new pair of tokens. Both old ones hold no more.

    One that was given up already signs the device out, since two have it: 401 `reused_token`. Only
    within 10 s it may be shown again, for an answer that was lost.
    """
    await quota.check_address(limits.SIGN_INS, request)
    ident = token.token_row(token.REFRESH, data.refresh_token)
    if ident is None:
        raise Problem(401, "invalid_token", "this is no refresh token", headers=BEARER)
    shown = token.digest(data.refresh_token)
    fresh, pair = tokens("", ident)
    outcome, player_id = await writing(store, sign_ins.rotate, ident, shown, pair, now())
    if outcome == "reused":
        logger("web").warning("refresh token used twice; signed out", player_id=player_id)
        detail = "this token was used before, so this device was signed out; sign in again"
        raise Problem(401, "reused_token", detail, headers=BEARER)
    if player_id is None or outcome != "rotated":
        detail = "this refresh token does not hold (any more); sign in again"
        raise Problem(401, "invalid_token", detail, headers=BEARER)
    await check_ban(store, player_id)
    return Response(structs.replace(fresh, player_id=player_id), status_code=200, headers=NO_STORE)


@post("/v1/auth/logout", status_code=204, tags=["accounts"], operation_id="SignOut")
async def sign_out(
    request: Asked,
    store: StoreDependency,
    everywhere: Annotated[bool, Parameter(description="All devices, not this one alone")] = False,
) -> None:
    """Sign this device out; its tokens hold no more. Needs an access token."""
    who = await signed_in(request, store)
    if everywhere:
        await writing(store, sign_ins.end_all, who.account.player_id)
    else:
        await writing(store, sign_ins.end, who.sign_in)


def check_password(username: str, password: str, path: str = "password") -> None:
    """Raise Problem if *password*, at *path* of the body, is the first that anybody would try."""
    if password.lower() == username.lower():
        field = FieldError(path, "must not be the username")
        raise Problem(400, "invalid_request", "the password is too easy to guess", [field])


HANDLERS: list[Any] = [sign_in_guest, register, sign_in, recover, refresh, sign_out]
