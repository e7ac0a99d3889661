"""The audit: what operators did, found by who, what and on whom."""

import asyncio
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get
from litestar.params import QueryParameter

from tremble.store import audit
from tremble.store.audit import NEWEST, AuditEntry
from tremble.web.api import StoreDependency
from tremble.web.dashboard.session import require
from tremble.web.dashboard.shell import page
from tremble.web.problems import Asked

PATH = "/dashboard/audit"
LISTED = 50
#: Letters of a state that are shown.
SHOWN = 2000


def word(name: str) -> Any:
    """Return what the parameter *name* is like."""
    return QueryParameter(name=name, max_length=64)


@get(PATH, include_in_schema=False)
async def audit_page(
    request: Asked,
    store: StoreDependency,
    actor: Annotated[str, word("actor")] = "",
    action: Annotated[str, word("action")] = "",
    target: Annotated[str, word("target")] = "",
    before: Annotated[int, QueryParameter(name="before", ge=1, le=NEWEST)] = NEWEST,
) -> Response[str]:
    """The entries whose columns hold these words, newest first."""
    session = await require(request, store)
    given = {"actor": actor.strip(), "action": action.strip(), "target": target.strip()}
    entries, go_on = await asyncio.to_thread(
        lambda: store.read(audit.found, LISTED, before, **given)
    )
    kept = {name: value for name, value in given.items() if value}
    return page(
        session,
        "dashboard/audit.html",
        PATH,
        given=given,
        entries=[
            (entry, place_of(entry), state(entry.before), state(entry.after)) for entry in entries
        ],
        first=f"{PATH}?{urlencode(kept)}" if before != NEWEST else None,
        next=f"{PATH}?{urlencode({**kept, 'before': go_on})}" if go_on else None,
    )


def state(held: dict[str, Any] | None) -> str:
    """Return a state as text."""
    if held is None:
        return ""
    return msgspec.json.format(msgspec.json.encode(held), indent=2).decode()[:SHOWN]


def place_of(entry: AuditEntry) -> str | None:
    """Return the page of what an entry was done to, None if it has none."""
    if entry.action in ("void", "restore") and len(entry.target) == 32:
        return f"/dashboard/matches/{entry.target}"
    if len(entry.target) == 16 and "server" not in entry.action:
        return f"/dashboard/players/{entry.target}"
    return None


HANDLERS: list[Any] = [audit_page]
