"""The stream of an open page: the server's state, its events, and frames of one arena."""

from collections.abc import AsyncIterator
from time import monotonic
from typing import Annotated, Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import Parameter, SkipValidation
from litestar.response import Stream

from tremble.errors import StoreError
from tremble.store.engine import Store
from tremble.web.api import StoreDependency
from tremble.web.dashboard.hub import MAX_SEATS, Hub
from tremble.web.dashboard.session import find, require
from tremble.web.envelope import EVENT_STREAM
from tremble.web.problems import Asked, Problem

HubDependency = NamedDependency[SkipValidation[Hub]]
#: An event so often keeps proxies from closing a quiet stream, and lets the page know a dead one from a
#: quiet one (stream.js); and then the session is looked up again.
KEEP_ALIVE_S = 15.0
STILL_HERE = b"event: still\ndata: {}\n\n"
#: What a browser should wait before it comes again, in milliseconds.
RETRY = b"retry: 2000\n\n"


@get("/dashboard/live", include_in_schema=False, media_type=EVENT_STREAM)
async def stream(
    request: Asked,
    store: StoreDependency,
    hub: HubDependency,
    arena: Annotated[int | None, Parameter(ge=0, le=255)] = None,
) -> Stream:
    """Events: `server`, `news`, and `arena` if one is named. It ends with the session."""
    await require(request, store)
    if len(hub.seats) >= MAX_SEATS:
        raise Problem(503, "busy", f"{MAX_SEATS} pages are open already; close some")
    return Stream(
        tell(request, store, hub, arena),
        media_type=EVENT_STREAM,
        headers={"X-Accel-Buffering": "no", "cache-control": "no-store"},
    )


async def tell(
    request: Asked, store: Store, hub: Hub, arena: int | None
) -> AsyncIterator[bytes | str]:
    """Yield what the page is told, as long as its session holds."""
    yield RETRY
    with hub.seat(arena) as seat:
        looked_at = monotonic()
        while (found := await seat.take(KEEP_ALIVE_S)) is not None:
            yield found or STILL_HERE
            if monotonic() - looked_at >= KEEP_ALIVE_S:
                looked_at = monotonic()
                if not await holds(request, store):
                    return


async def holds(request: Asked, store: Store) -> bool:
    """Say whether the session still holds; while the store cannot be read, it does."""
    try:
        return await find(request, store) is not None
    except StoreError:
        return True


HANDLERS: list[Any] = [stream]
