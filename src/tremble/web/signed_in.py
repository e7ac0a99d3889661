"""Who asks: the account whose access token stands in `Authorization: Bearer ...`.

The token is looked up in the store at each request, so what was signed out, revoked or banned is
refused at once, on every node.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Concatenate, ParamSpec, TypeVar

from msgspec import Struct

from tremble import token
from tremble.store import accounts, api_keys, bans, erasures, instant, sign_ins
from tremble.store.accounts import Account
from tremble.store.audit import By
from tremble.store.engine import Store, Transaction
from tremble.web.problems import Asked, Problem

P = ParamSpec("P")
T = TypeVar("T")

BEARER = {"WWW-Authenticate": "Bearer"}


class SignedIn(Struct, frozen=True):
    """An account, and the id of the sign-in by which it asks."""

    account: Account
    sign_in: str


def moment() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


def now() -> int:
    """Return the present instant, as the store keeps it."""
    return instant.to_store(moment())


async def reading(
    store: Store, job: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Return `store.read(job, ...)`, in a thread if the store is behind a network."""
    if store.remote:
        return await asyncio.to_thread(lambda: store.read(job, *args, **kwargs))
    return store.read(job, *args, **kwargs)


async def writing(
    store: Store, job: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Return what `store.write(job, ...)` comes to, once it is on the disk."""
    return await asyncio.wrap_future(store.write(job, *args, **kwargs))


async def writing_as(
    player_id: str,
    store: Store,
    job: Callable[Concatenate[Transaction, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Return what `writing` does of something that *player_id* wants to keep, who was signed in just now.

    Raises Problem 401 if the player was erased since: nothing of theirs is to be there after that.
    """

    def unless_erased(tx: Transaction) -> T:
        if erasures.gone(tx, player_id):
            raise Problem(401, "invalid_token", "this account was erased", headers=BEARER)
        return job(tx, *args, **kwargs)

    return await writing(store, unless_erased)


async def signed_in(request: Asked, store: Store) -> SignedIn:
    """Return who asks; raises Problem: 401 if nobody does, 403 if a banned player does."""
    shown = bearer(request)
    ident = token.token_row(token.ACCESS, shown)
    account: Account | None = None
    if ident is not None:
        account = await reading(store, holder, ident, token.digest(shown), now())
    if ident is None or account is None:
        detail = "this access token does not hold (any more); refresh it, or sign in again"
        raise Problem(401, "invalid_token", detail, headers=BEARER)
    await check_ban(store, account.player_id)
    return SignedIn(account, ident)


async def check_ban(store: Store, player_id: str) -> None:
    """Raise Problem 403 if the player is banned."""
    ban = await reading(store, bans.find, player_id, now())
    if ban is not None:
        end = "for good" if ban.until is None else f"until {ban.until:%Y-%m-%d %H:%M} UTC"
        raise Problem(403, "banned", f"banned {end}: {ban.reason}")


async def require(request: Asked, store: Store, scope: str) -> By:
    """Return who asks, for the audit; raises Problem unless it is an API key with that *scope*."""
    shown = bearer(request)
    ident = token.token_row(token.API_KEY, shown)
    scopes: list[str] | None = None
    if ident is not None:
        scopes = await reading(store, api_keys.scopes, ident, token.digest(shown))
    if ident is None or scopes is None:
        detail = "this needs an API key that holds: `tremble admin token` makes one"
        raise Problem(401, "invalid_token", detail, headers=BEARER)
    if scope not in scopes:
        raise Problem(403, "missing_scope", f"this API key lacks the scope {scope}")
    return By(f"key:{ident}", request.client.host if request.client else "", now())


def bearer(request: Asked) -> str:
    """Return the token that stands in the request; raises Problem 401 if there is none."""
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        detail = "sign in first, and send the access token as `Authorization: Bearer ...`"
        raise Problem(401, "not_signed_in", detail, headers=BEARER)
    return shown


def holder(tx: Transaction, ident: str, shown: str, at: int) -> Account | None:
    """Return the account whose access token has the digest *shown*, None if it does not hold."""
    player_id = sign_ins.holder(tx, ident, shown, at)
    return None if player_id is None else accounts.find(tx, player_id)
