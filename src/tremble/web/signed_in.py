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
from tremble.store import accounts, instant, sign_ins
from tremble.store.accounts import Account
from tremble.store.engine import Store, Transaction
from tremble.web.problems import Asked, Problem

P = ParamSpec("P")
T = TypeVar("T")

BEARER = {"WWW-Authenticate": "Bearer"}


class SignedIn(Struct, frozen=True):
    """An account, and the id of the sign-in by which it asks."""

    account: Account
    sign_in: str


def now() -> int:
    """Return the present instant, as the store keeps it."""
    return instant.to_store(datetime.now(UTC))


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


async def signed_in(request: Asked, store: Store) -> SignedIn:
    """Return who asks; raises Problem 401 if nobody does."""
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        detail = "sign in first, and send the access token as `Authorization: Bearer ...`"
        raise Problem(401, "not_signed_in", detail, headers=BEARER)
    ident = token.token_row(token.ACCESS, shown)
    account: Account | None = None
    if ident is not None:
        account = await reading(store, holder, ident, token.digest(shown), now())
    if ident is None or account is None:
        detail = "this access token does not hold (any more); refresh it, or sign in again"
        raise Problem(401, "invalid_token", detail, headers=BEARER)
    return SignedIn(account, ident)


def holder(tx: Transaction, ident: str, shown: str, at: int) -> Account | None:
    """Return the account whose access token has the digest *shown*, None if it does not hold."""
    player_id = sign_ins.holder(tx, ident, shown, at)
    return None if player_id is None else accounts.find(tx, player_id)
