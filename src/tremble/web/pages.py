"""The pages for people: boards and recent matches, a board, a match; see pages_history for the rest.

Plain HTML with the same facts as the API, fetched again every few seconds by static/refresh.js.
"""

import gzip
from pathlib import Path
from typing import Annotated, Any

from litestar import MediaType, Response, get
from litestar.di import NamedDependency
from litestar.params import Parameter, SkipValidation

from tremble.store import board_entries, boards, feed, matches, scores
from tremble.store.board_entries import Board
from tremble.store.engine import Store, Transaction
from tremble.web import html
from tremble.web.api import BoardName, MatchId
from tremble.web.api_replays import FilmsDependency
from tremble.web.problems import Asked, Problem

HERE = Path(__file__).parent
#: How many lines the first page shows of each.
TOP, RECENT, FEED = 10, 12, 8
#: How many lines a board's own page shows.
ALL = 100
MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
#: Read once: the files of static/ by name, as they are, packed, and each with its media type.
STATIC = {
    file.name: (
        file.read_bytes(),
        gzip.compress(file.read_bytes(), 9, mtime=0),
        MEDIA_TYPES[file.suffix],
    )
    for file in (HERE / "static").iterdir()
    if file.suffix in MEDIA_TYPES
}

StoreDependency = NamedDependency[SkipValidation[Store]]


def page(template: str, **values: Any) -> Response[str]:
    return Response(html.render(template, **values), media_type=MediaType.HTML)


@get("/", sync_to_thread=False, include_in_schema=False)
def first_page(store: StoreDependency) -> Response[str]:
    return page("first.html", **store.read(read_first))


def read_first(tx: Transaction) -> dict[str, Any]:
    """Return what the first page shows."""
    of_maps = scores.of_maps(tx)
    found = [board_entries.top(tx, name, TOP) for name in boards.names(tx) if name not in of_maps]
    return {
        "boards": [board for board in found if board is not None],
        "matches": matches.recent(tx, RECENT)[0],
        "feed": [item for item in feed.latest(tx, FEED * 4) if item.kind != "match"][:FEED],
    }


@get("/boards/{board:str}", sync_to_thread=False, include_in_schema=False)
def board_page(store: StoreDependency, board: BoardName) -> Response[str]:
    found: Board | None = store.read(board_entries.top, board, ALL)
    if found is None:
        raise Problem(404, "unknown_board", f"no match was ever recorded on board {board!r}")
    return page("board.html", board=found)


@get("/matches/{match_id:str}", sync_to_thread=False, include_in_schema=False)
def match_page(store: StoreDependency, films: FilmsDependency, match_id: MatchId) -> Response[str]:
    match = store.read(matches.find, match_id)
    if match is None:
        raise Problem(404, "unknown_match", f"match {match_id!r} was never recorded")
    has_replay = films.shelf.path(match_id).exists()
    return page("match.html", match=match, has_replay=has_replay)


@get("/static/{name:str}", sync_to_thread=False, include_in_schema=False)
def static_file(request: Asked, name: Annotated[str, Parameter(max_length=64)]) -> Response[bytes]:
    if name not in STATIC:
        raise Problem(404, "not_found", "there is no such file")
    content, packed, media_type = STATIC[name]
    found = {"cache-control": "max-age=3600", "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        content, found["content-encoding"] = packed, "gzip"
    return Response(content, media_type=media_type, headers=found)


HANDLERS = [first_page, board_page, match_page, static_file]
