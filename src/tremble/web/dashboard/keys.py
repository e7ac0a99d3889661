"""API keys, for programs of the operator: made, shown once, revoked."""

from secrets import token_hex
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import PathParameter

from tremble import token
from tremble.store import api_keys, operators
from tremble.store.api_keys import SCOPES
from tremble.store.engine import Store
from tremble.web.api import StoreDependency
from tremble.web.dashboard.matches import back
from tremble.web.dashboard.session import Session, require
from tremble.web.dashboard.shell import page
from tremble.web.problems import Asked, Problem
from tremble.web.signed_in import reading, writing

PATH = "/dashboard/keys"
LONGEST = 64
#: What each scope lets a program do.
MEANINGS = {
    "players:ban": "ban players, and lift bans",
    "players:export": "read all that is kept of a player",
    "players:erase": "erase players for good",
    "audit:read": "read the audit",
    "matches:review": "read what was seen of fair play",
    "analytics:read": "read the analytics",
}
KeyId = Annotated[str, PathParameter(pattern="^[0-9a-f]{32}$")]


@get(PATH, include_in_schema=False)
async def keys_page(request: Asked, store: StoreDependency) -> Response[str]:
    """All keys."""
    return await shown(await require(request, store, "admin"), store)


@post(PATH, include_in_schema=False, status_code=200)
async def make_key(request: Asked, store: StoreDependency) -> Response[str]:
    """Make a key; the answer alone shows it."""
    session = await require(request, store, "admin")
    form = await request.form()
    name = str(form.get("name", "")).strip()
    scopes = [scope for scope in SCOPES if form.get(scope)]
    if not 1 <= len(name) <= LONGEST or not name.isprintable():
        raise Problem(400, "invalid_request", f"a key has a name of 1 to {LONGEST} characters")
    if not scopes:
        raise Problem(400, "invalid_request", "choose what the key is for")
    ident = token_hex(16)
    fresh = token.new_token(token.API_KEY, ident)
    digest = token.digest(fresh)
    await writing(store, operators.add_key, session.by(), ident, digest, name, scopes)
    return await shown(session, store, fresh)


@post(PATH + "/{ident:str}/revoke", include_in_schema=False, status_code=200)
async def revoke_key(request: Asked, store: StoreDependency, ident: KeyId) -> Response[str]:
    """Refuse a key from now on."""
    session = await require(request, store, "admin")
    if not await writing(store, operators.revoke_key, session.by(), ident):
        raise Problem(404, "unknown_key", "there is no such key, or it was revoked before")
    return back(PATH, "revoke")


async def shown(session: Session, store: Store, fresh: str = "") -> Response[str]:
    """Return the page; *fresh* is a key that was made just now."""
    keys = await reading(store, api_keys.every)
    keys.sort(key=lambda key: key.revoked_at is not None)
    return page(session, "dashboard/keys.html", PATH, keys=keys, fresh=fresh, meanings=MEANINGS)


HANDLERS: list[Any] = [keys_page, make_key, revoke_key]
