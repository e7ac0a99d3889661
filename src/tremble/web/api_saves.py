"""The API under /v1/saves: a player's own documents and free slots, version by version.

The version stands in the ETag. `If-None-Match: *` begins a save, `If-Match: "7"` adds to that very
version, neither merges into whatever is there.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import Parameter, SkipValidation
from msgspec import Struct

from tremble.store import saves as table
from tremble.store.engine import Store
from tremble.store.saves import Info
from tremble.web import limits, saves
from tremble.web.api import QuotaDependency
from tremble.web.problems import Problem
from tremble.web.saves import MAX_SLOT_BYTES, Stored, Upload, etag
from tremble.web.signed_in import reading, signed_in, writing, writing_as

Asked = Request[Any, Any, Any]
#: Returns the player who asks; raises Problem 401 if nobody is signed in.
Who = Callable[[Asked, Store], Awaitable[str]]

StoreDependency = NamedDependency[SkipValidation[Store]]
WhoDependency = NamedDependency[SkipValidation[Who]]
SaveType = Annotated[
    str,
    Parameter(
        pattern="^(player_stats|settings|leaderboard|match_history|terminal_state|performance_data"
        "|slot-[a-z0-9_-]{1,32})$",
        description="One of the six documents, or `slot-` and a name",
    ),
]
VersionNumber = Annotated[int, Parameter(ge=1, le=2**53, description="A version that is kept")]

DEVICE_HEADER = "Tremble-Device"
KEY_HEADER = "Idempotency-Key"
DEVICE = re.compile("[0-9a-f]{32}")
KEY = re.compile("[A-Za-z0-9_-]{16,64}")
VERSION = re.compile('(?:W/)?"([1-9][0-9]{0,15})"')


class SaveList(Struct, frozen=True):
    """The present version of each save, or the versions that are kept of one, newest first."""

    saves: list[Info]


async def signed_in_player(request: Asked, store: Store) -> str:
    """Return the player who is signed in; raises Problem 401 or 403."""
    return (await signed_in(request, store)).account.player_id


@get("/v1/saves", tags=["saves"], operation_id="ListSaves")
async def list_saves(request: Asked, store: StoreDependency, who: WhoDependency) -> SaveList:
    """What the player has saved."""
    player_id = await who(request, store)
    return SaveList(await reading(store, table.present, player_id))


@get("/v1/saves/{kind:str}", tags=["saves"], operation_id="GetSave")
async def get_save(
    request: Asked, store: StoreDependency, who: WhoDependency, kind: SaveType
) -> Response[Stored]:
    """The present version of a save; 304 if it is the one in If-None-Match."""
    found = await reading(store, table.latest, await who(request, store), kind)
    if found is None:
        raise Problem(404, "unknown_save", f"nothing was saved as {kind!r} yet")
    tag = etag(found.info.version)
    if tag in request.headers.get("if-none-match", "").replace("W/", "").split(", "):
        return Response(content=None, status_code=304, headers={"ETag": tag})  # type: ignore[arg-type]
    return Response(saves.stored(found), headers={"ETag": tag})


@put(
    "/v1/saves/{kind:str}",
    tags=["saves"],
    operation_id="PutSave",
    request_max_body_size=MAX_SLOT_BYTES,
)
async def put_save(
    request: Asked,
    store: StoreDependency,
    quota: QuotaDependency,
    who: WhoDependency,
    kind: SaveType,
) -> Response[Stored]:
    """Merge a save into what is there; the answer is what both come to, and is on the disk.

    201 for the first version. The same Idempotency-Key again changes nothing. 412 if If-Match names
    another version than the present one, which then stands in the ETag.
    """
    player_id = await who(request, store)
    await quota.check(limits.SAVES, player_id, request)
    device = header(request, DEVICE_HEADER, DEVICE, "32 hex digits")
    key = header(request, KEY_HEADER, KEY, "16 to 64 of A-Z a-z 0-9 _ -")
    base = read_base(request)
    body = await request.body()
    upload = Upload(saves.read_save(body, kind), saves.digest(body), device, key, base)
    if device not in upload.save.tips:
        raise Problem(400, "invalid_save", f"`tips` lacks the device {device!r} that uploads")
    at = datetime.now(UTC)
    kept, first = await writing_as(player_id, store, saves.put, player_id, upload, at)
    status = 201 if first else 200
    return Response(kept, status_code=status, headers={"ETag": etag(kept.version)})


@get("/v1/saves/{kind:str}/history", tags=["saves"], operation_id="GetSaveHistory")
async def get_history(
    request: Asked, store: StoreDependency, who: WhoDependency, kind: SaveType
) -> SaveList:
    """The versions that are kept: the newest 30, and the last of each of the past 30 days."""
    player_id = await who(request, store)
    return SaveList(await reading(store, table.history, player_id, kind))


@get("/v1/saves/{kind:str}/history/{version:int}", tags=["saves"], operation_id="GetSaveVersion")
async def get_version(
    request: Asked,
    store: StoreDependency,
    who: WhoDependency,
    kind: SaveType,
    version: VersionNumber,
) -> Stored:
    """An older version of a save."""
    found = await reading(store, table.find, await who(request, store), kind, version)
    if found is None:
        raise unknown_version(kind, version)
    return saves.stored(found)


@post("/v1/saves/{kind:str}/restore", status_code=200, tags=["saves"], operation_id="RestoreSave")
async def restore(
    request: Asked,
    store: StoreDependency,
    quota: QuotaDependency,
    who: WhoDependency,
    kind: SaveType,
    version: VersionNumber,
) -> Response[Stored]:
    """Bring back what an older version held, as a new version; counters and achievements stay."""
    player_id = await who(request, store)
    await quota.check(limits.SAVES, player_id, request)
    kept = await writing(store, saves.restore, player_id, kind, version, datetime.now(UTC))
    if kept is None:
        raise unknown_version(kind, version)
    return Response(kept, headers={"ETag": etag(kept.version)})


def unknown_version(kind: str, version: int) -> Problem:
    return Problem(404, "unknown_version", f"version {version} of {kind!r} is not kept")


def header(request: Asked, name: str, pattern: re.Pattern[str], form: str) -> str:
    """Return the header *name*; raises Problem unless it is there in that form."""
    value = request.headers.get(name, "")
    if not pattern.fullmatch(value):
        raise Problem(400, "invalid_request", f"the header {name} must be {form}")
    return value


def read_base(request: Asked) -> int | None:
    """Return the version that the upload must meet: 0 for none, None for any."""
    match = request.headers.get("if-match")
    none_match = request.headers.get("if-none-match")
    if match is not None and none_match is not None:
        raise Problem(400, "invalid_request", "send If-Match or If-None-Match, not both")
    if none_match is not None:
        if none_match != "*":
            raise Problem(400, "invalid_request", "If-None-Match of an upload can only be *")
        return 0
    if match is None:
        return None
    found = VERSION.fullmatch(match)
    if found is None:
        raise Problem(400, "invalid_request", 'If-Match must be one version, such as "7"')
    return int(found.group(1))


HANDLERS: list[Any] = [list_saves, get_save, put_save, get_history, get_version, restore]
