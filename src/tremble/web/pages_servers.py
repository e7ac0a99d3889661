"""The page of the master list: where to play now, fullest first."""

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get
from msgspec import structs

from tremble.web import directory
from tremble.web.api_servers import (
    WANTED,
    Cursor,
    RegistryDependency,
    WantedDependency,
    read_place,
    seen,
    shown,
    write,
)
from tremble.web.directory import Wanted
from tremble.web.pages import page
from tremble.web.problems import Asked

#: Servers on a page.
LISTED = 100


@get("/servers", include_in_schema=False, dependencies=WANTED)
async def servers_page(
    request: Asked, registry: RegistryDependency, wanted: WantedDependency, cursor: Cursor = None
) -> Response[str]:
    """The servers of the list; what they are to be stands in the address, as in the API's."""
    listed = await seen(request, registry)
    found = directory.page(listed, wanted, "players", read_place(cursor), LISTED)
    given = query_of(wanted)
    return page(
        "servers.html",
        servers=[shown(server) for server in found.servers],
        total=found.total,
        conditions=[
            (name, value, address({k: v for k, v in given.items() if k != name}))
            for name, value in given.items()
        ],
        narrowed=lambda name, value: address({**given, name: value}),
        first=address(given) if cursor is not None else None,
        next=address({**given, "cursor": write(found.last)}) if found.last else None,
    )


def query_of(wanted: Wanted) -> dict[str, str]:
    """Return *wanted* as the query of an address."""
    given: dict[str, Any] = structs.asdict(wanted)
    kept = {name: value for name, value in given.items() if value not in (None, False)}
    if wanted.password is False:
        kept["password"] = False
    return {
        name: str(value).lower() if value in (True, False) else value
        for name, value in kept.items()
    }


def address(query: dict[str, Any]) -> str:
    """Return the address of a list."""
    return "/servers?" + urlencode(query) if query else "/servers"


HANDLERS: list[Any] = [servers_page]
