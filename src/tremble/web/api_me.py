"""The API under /v1/me: one's own account."""

from datetime import datetime
from typing import Any

from litestar import get
from msgspec import Struct

from tremble.store import players, sign_ins
from tremble.store.accounts import Account
from tremble.store.engine import Transaction
from tremble.web.api import StoreDependency
from tremble.web.problems import Asked
from tremble.web.signed_in import reading, signed_in


class Me(Struct, frozen=True):
    """One's own account; *username* is null for a guest, *devices* counts who is signed in."""

    player_id: str
    name: str
    username: str | None
    created_at: datetime
    devices: int


def me(tx: Transaction, account: Account) -> Me:
    """Return what the owner of *account* is shown."""
    player = players.find(tx, account.player_id)
    name = "" if player is None else player.username
    devices = sign_ins.count(tx, account.player_id)
    return Me(account.player_id, name, account.username, account.created_at, devices)


@get("/v1/me", tags=["accounts"])
async def get_me(request: Asked, store: StoreDependency) -> Me:
    """One's own account. Needs an access token."""
    who = await signed_in(request, store)
    return await reading(store, me, who.account)


HANDLERS: list[Any] = [get_me]
