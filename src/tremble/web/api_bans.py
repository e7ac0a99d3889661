"""Bans for game servers under /v1: what has changed, told as soon as it has.

The request has no body, so its signature is of what it asks for: see token.bans_request.
"""

from typing import Annotated, Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import Parameter, SkipValidation
from msgspec import Struct

from tremble import token
from tremble.store import bans
from tremble.store.bans import BanChange
from tremble.web.api import QuotaDependency, StoreDependency, TrustDependency, signer
from tremble.web.api_auth import NO_STORE
from tremble.web.bell import Bell
from tremble.web.problems import Asked, Problem
from tremble.web.signed_in import moment, reading

BellDependency = NamedDependency[SkipValidation[Bell]]

#: Longest wait; proxies give up after 60 s or, some of them, 30.
MAX_WAIT_S = 25
#: Changes in one answer.
PAGE = 1000
#: Seconds by which the clock of a game server may differ, and for which its request can be repeated.
SKEW_S = 120


class BanChanges(Struct, frozen=True):
    """Changes, the oldest first. Ask again with *since* = *last*, at once if there are *more*.

    *afresh*: what was known before counts no more.
    """

    changes: list[BanChange]
    last: int
    more: bool
    afresh: bool


@get("/v1/server/bans", tags=["server"], operation_id="GetBanChanges")
async def get_ban_changes(
    request: Asked,
    store: StoreDependency,
    trust: TrustDependency,
    quota: QuotaDependency,
    bell: BellDependency,
    since: Annotated[int, Parameter(ge=0, le=2**53, description="Number of the last change known")],
    at: Annotated[int, Parameter(ge=0, le=2**53, description="Now, in seconds since 1970")],
    wait: Annotated[int, Parameter(ge=0, le=MAX_WAIT_S, description="Seconds to wait for one")] = 0,
) -> Response[BanChanges]:
    """Whose bans have changed since, for game servers; waits for a change if there is none."""
    await signer(request, store, trust, quota, token.bans_request(since, wait, at))
    if abs(moment().timestamp() - at) > SKEW_S:
        detail = f"`at` is more than {SKEW_S} s off: set the clock of the game server"
        raise Problem(403, "stale_request", detail)
    if wait:
        await bell.wait(since, wait)
    afresh = since == 0 or await reading(store, bans.last) < since
    found = await reading(store, bans.changes, 0 if afresh else since, PAGE + 1)
    page = found[:PAGE]
    last = page[-1].seq if page else (0 if afresh else since)
    answer = BanChanges(page, last, len(found) > PAGE, afresh)
    return Response(answer, status_code=200, headers=NO_STORE)


HANDLERS: list[Any] = [get_ban_changes]
