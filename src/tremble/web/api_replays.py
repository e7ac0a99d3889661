"""Replays under /v1: put there by the game server that recorded them, read by everybody.

PUT  signed; taken if its SHA-256 is the one in the recorded result    201, or 200 if it is here
GET  the same bytes for ever: cached by whoever likes
"""

import asyncio
import hashlib
import time
import zlib
from collections.abc import AsyncIterator
from typing import Any

from litestar import Request, Response, get, put
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.response import Stream
from msgspec import Struct

from tremble.shelf import Shelf
from tremble.store import replays
from tremble.store.engine import Store
from tremble.store.replays import Replay
from tremble.token import SERVER_HEADER, SIGNATURE_HEADER
from tremble.web import ranges
from tremble.web.api import MatchId, StoreDependency, TrustDependency
from tremble.web.envelope import matches
from tremble.web.films import Films
from tremble.web.problems import Problem

Asked = Request[Any, Any, Any]
FilmsDependency = NamedDependency[SkipValidation[Films]]

#: Longest replay taken: more than an hour of 16 players.
MAX_REPLAY_BYTES = 8 * 1024 * 1024
FOR_EVER = "public, max-age=31536000, immutable"
BINARY = "application/octet-stream"
LINES = "application/x-ndjson"
#: What zlib calls a gzip file.
GZIP = 31


class Kept(Struct, frozen=True):
    """A replay that is kept: how long it is."""

    match_id: str
    bytes: int


@put(
    "/v1/matches/{match_id:str}/replay",
    tags=["server"],
    request_max_body_size=MAX_REPLAY_BYTES,
    status_code=201,
    operation_id="PutReplay",
    takes=BINARY,
)
async def put_replay(
    request: Asked,
    store: StoreDependency,
    trust: TrustDependency,
    films: FilmsDependency,
    match_id: MatchId,
) -> Response[Kept]:
    """Keep the replay of a match, sent and signed by the game server whose result names its digest.

    201 the first time, 200 if it was there already.
    """
    known = await find(store, match_id)
    server = request.headers.get(SERVER_HEADER)
    if server is not None and server != known.server_id:
        raise Problem(403, "wrong_server", "another server posted the result of this match")
    body = await request.body()
    await asyncio.to_thread(trust.check, server, request.headers.get(SIGNATURE_HEADER), body)
    if hashlib.sha256(body).hexdigest() != known.digest:
        raise Problem(422, "wrong_replay", "the result of this match names another digest")
    fresh = await asyncio.to_thread(keep, films.shelf, match_id, body)
    return Response(Kept(match_id, len(body)), status_code=201 if fresh else 200)


def keep(shelf: Shelf, match_id: str, body: bytes) -> bool:
    """Put *body* on the *shelf* and make room for it; False if it is there already."""
    if shelf.path(match_id).exists():
        return False
    shelf.put(match_id, body)
    shelf.prune(time.time())
    return True


async def find(store: Store, match_id: str) -> Replay:
    """Return what is known of the replay of *match_id*; raises Problem if it has none."""
    if store.remote:
        known = await asyncio.to_thread(store.read, replays.find, match_id)
    else:
        known = store.read(replays.find, match_id)
    if known is None:
        raise Problem(404, "no_replay", f"match {match_id!r} was not recorded, or never posted")
    return known


def headers(etag: str) -> dict[str, str]:
    return {"etag": f'"{etag}"', "cache-control": FOR_EVER}


@get("/v1/matches/{match_id:str}/replay", tags=["matches"], media_type=BINARY)
async def get_replay(
    request: Asked, store: StoreDependency, films: FilmsDependency, match_id: MatchId
) -> Response[bytes]:
    """The replay of a match, a file for `tremble replay`; its ETag is its SHA-256.

    Range asks for a part of it, with If-Range only if the ETag is still the same.
    """
    known = await find(store, match_id)
    found = headers(known.digest) | {"accept-ranges": "bytes"}
    if matches(request.headers.get("if-none-match", ""), found["etag"]):
        return Response(b"", status_code=304, headers=found)
    try:
        data = await asyncio.to_thread(films.shelf.path(match_id).read_bytes)
    except FileNotFoundError:
        raise gone(match_id) from None
    found["content-disposition"] = f'attachment; filename="{match_id}.trpl"'
    asked, only_if = request.headers.get("range"), request.headers.get("if-range")
    part = ranges.wanted(asked, only_if, found["etag"], len(data))
    if part is not None:
        found["content-range"] = f"bytes {part[0]}-{part[1]}/{len(data)}"
        data = data[part[0] : part[1] + 1]
    status = 200 if part is None else 206
    return Response(data, status_code=status, headers=found, media_type=BINARY)


@get("/v1/matches/{match_id:str}/film", tags=["matches"], media_type=LINES)
async def get_film(
    request: Asked, store: StoreDependency, films: FilmsDependency, match_id: MatchId
) -> Response[bytes] | Stream:
    """The match as it was played: places 20 times a second, and events; lines of JSON, each a few seconds.

    Made when first asked for, and sent while it is made.
    """
    known = await find(store, match_id)
    found = headers(f"film-2-{known.digest}")
    found["vary"] = "accept-encoding"
    if request.headers.get("if-none-match") == found["etag"]:
        return Response(b"", status_code=304, headers=found)
    if not films.shelf.path(match_id).exists():
        raise gone(match_id)
    pieces = await films.get(match_id)
    if "gzip" in request.headers.get("accept-encoding", ""):
        found["content-encoding"] = "gzip"
    else:
        pieces = unpacked(pieces)
    return Stream(pieces, headers=found, media_type=LINES)


async def unpacked(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield what *pieces* of a gzip file hold."""
    unpacker = zlib.decompressobj(GZIP)
    async for piece in pieces:
        yield await asyncio.to_thread(unpacker.decompress, piece)


def gone(match_id: str) -> Problem:
    return Problem(404, "no_replay", f"the replay of match {match_id!r} is not kept here")


HANDLERS = [put_replay, get_replay, get_film]
