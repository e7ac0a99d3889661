"""The API of the feed: what happened, page by page, and what happens, as it happens."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import Parameter, SkipValidation
from litestar.response import ServerSentEvent, ServerSentEventMessage
from msgspec import Struct

from tremble.errors import StoreError
from tremble.store import feed
from tremble.store.engine import Store
from tremble.store.feed import Item
from tremble.web import limits
from tremble.web.api import Cursor, StoreDependency, read_cursor, write_cursor
from tremble.web.envelope import EVENT_STREAM
from tremble.web.problems import Asked, Problem
from tremble.web.signed_in import reading
from tremble.web.tail import PAGE, Tail

TailDependency = NamedDependency[SkipValidation[Tail]]
#: A comment so often keeps proxies from closing a quiet stream; most do after 60 s.
KEEP_ALIVE_S = 15.0
#: What a client should wait before it comes again, in milliseconds.
RETRY_MS = 2000


class FeedPage(Struct, frozen=True):
    """A page of the feed, newest first; *next_cursor* is null on the last page."""

    items: list[Item]
    next_cursor: str | None


@get("/v1/feed", sync_to_thread=False, tags=["feed"], operation_id="GetFeed")
def get_feed(
    store: StoreDependency,
    cursor: Cursor = None,
    limit: Annotated[int, Parameter(ge=1, le=100, description="How many items")] = 20,
) -> FeedPage:
    """What happened, newest first: matches that were posted, and who took the lead of a board."""
    before = feed.NEWEST if cursor is None else read_cursor(cursor)
    found = store.read(feed.latest, limit + 1, before)
    page = found[:limit]
    return FeedPage(page, write_cursor(page[-1].seq) if len(found) > limit else None)


@get(
    "/v1/feed/stream",
    tags=["feed"],
    operation_id="StreamFeed",
    media_type=EVENT_STREAM,
    opt={"gives": EVENT_STREAM},
)
async def stream_feed(
    request: Asked,
    store: StoreDependency,
    tail: TailDependency,
    after: Annotated[
        int | None,
        Parameter(
            ge=0,
            le=2**53,
            description="The `seq` seen last; without it from now on",
            schema_extra={"minimum": 0},  # of a bound of 0 the framework says nothing
        ),
    ] = None,
) -> ServerSentEvent:
    """What happens, as server-sent events: `id` is the `seq` of an item, `event` its `kind`.

    Who was cut off comes again with Last-Event-ID, as browsers do by themselves, or with *after*, and
    misses nothing.
    """
    seen = read_last_event_id(request, after)
    address = limits.address(request)
    tail.check(address)
    # Said before the stream begins, if the store cannot be read now.
    await reading(store, feed.last)
    events = tell(store, tail, address, seen)
    return ServerSentEvent(events, headers={"X-Accel-Buffering": "no"})


async def tell(
    store: Store, tail: Tail, address: str, seen: int | None
) -> AsyncIterator[ServerSentEventMessage]:
    """Yield what was missed since *seen*, then what happens."""
    yield ServerSentEventMessage(None, comment="what happens", retry=RETRY_MS)
    # Whatever cannot be told any more ends the stream; the client comes again and is told why.
    with suppress(StoreError, Problem):
        async with tail.listen(address) as listener:
            async for item in missed(store, seen, listener.start):
                yield event(item)
            while (heard := await listener.next(KEEP_ALIVE_S)) is not None:
                yield event(heard) if heard else ServerSentEventMessage(None, comment="still here")


async def missed(store: Store, seen: int | None, end: int) -> AsyncIterator[Item]:
    """Yield what happened after number *seen* up to number *end*."""
    items = [] if seen is None else await reading(store, feed.after, seen, PAGE)
    while items:
        for item in items:
            if item.seq > end:
                return
            yield item
        items = await reading(store, feed.after, items[-1].seq, PAGE)


def event(item: Item) -> ServerSentEventMessage:
    data = msgspec.json.encode(item).decode()
    return ServerSentEventMessage(data, event=item.kind, id=item.seq)


def read_last_event_id(request: Asked, after: int | None) -> int | None:
    """Return the number of what was seen last; raises Problem if that is no number of ours."""
    shown = request.headers.get("last-event-id", "")
    if not shown:
        return after
    if not shown.isascii() or not shown.isdigit() or len(shown) > 18:
        raise Problem(400, "invalid_request", "Last-Event-ID was not given by us")
    return int(shown)


HANDLERS = [get_feed, stream_feed]
