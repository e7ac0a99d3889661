"""The OpenAPI 3.1 document, served at /openapi.json."""

from typing import Any

import msgspec
from litestar import Request
from litestar.enums import OpenAPIMediaType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import License, Tag
from litestar.types import Method
from litestar.types.internal_types import PathParameterDefinition

from tremble import __version__
from tremble.data.merge import Save
from tremble.heartbeat import Heartbeat
from tremble.result import MatchResult
from tremble.token import SERVER_HEADER, SIGNATURE_HEADER
from tremble.web import document_accounts, document_replays, document_saves, document_servers
from tremble.web.problems import MEDIA_TYPE, ProblemBody

DESCRIPTION = """What was recorded of every match: players, ratings, leaderboards.

Errors are problem+json (RFC 9457) with a machine `code`. A game server posts results signed with
its Ed25519 key; posting the same result again is harmless."""

PLAYER = {
    "player_id": "8f14e45fceea167a",
    "username": "anna",
    "bot": False,
}
ENTRY = {
    "rank": 1,
    "player_id": PLAYER["player_id"],
    "username": PLAYER["username"],
    "bot": False,
    "rating": 1662.2,
    "deviation": 290.2,
    "provisional": True,
    "established": False,
    "matches_played": 1,
    "wins": 1,
    "losses": 0,
    "draws": 0,
    "kills": 15,
    "deaths": 9,
    "accuracy": 0.42,
    "match_id": "0cc175b9c0f1b6a831c399e269772661",
    "replay": "/v1/matches/0cc175b9c0f1b6a831c399e269772661/replay",
}
LINE: dict[str, Any] = {
    "player_id": PLAYER["player_id"],
    "name": "anna",
    "bot": False,
    "place": 1,
    "won": True,
    "score": 15,
    "kills": 15,
    "deaths": 9,
    "weapons": {"rail": {"shots": 50, "hits": 21, "damage": 1680, "kills": 15}},
    "playtime_s": 300.0,
}
LOSER: dict[str, Any] = {
    **LINE,
    "player_id": "45c48cce2e2d7fbd",
    "name": "bert",
    "place": 2,
    "won": False,
    "score": 9,
    "kills": 9,
    "deaths": 15,
}
INSTANTS = {"started_at": "2026-01-01T12:00:00Z", "ended_at": "2026-01-01T12:05:00Z"}
RESULT = {
    "match_id": ENTRY["match_id"],
    "server_id": "c9f0f895fb98ab91",
    "mode": "duel",
    "map": "pit",
    **INSTANTS,
    "duration_s": 300.0,
    "ended_by": "time_limit",
    "players": [LINE, LOSER],
}
SEEN = {
    **PLAYER,
    "first_seen_at": INSTANTS["started_at"],
    "last_seen_at": INSTANTS["ended_at"],
}
STATS: dict[str, Any] = {
    **dict.fromkeys(("matches", "wins", "win_streak", "best_win_streak"), 1),
    **dict.fromkeys(("losses", "draws", "suicides"), 0),
    "kills": 15,
    "deaths": 9,
    "shots": 50,
    "hits": 21,
    "accuracy": 0.42,
    "damage_given": 1680,
    "damage_taken": 1680,
    "playtime_s": 300.0,
    "most_kills": 15,
    "most_damage": 1680,
    "weapons": LINE["weapons"],
    "items": {"mega": 3},
    "maps": {"pit": 1},
    "last_match_id": ENTRY["match_id"],
    "last_played_at": INSTANTS["ended_at"],
}
MET = {"matches": 1, "wins": 1, "losses": 0, "draws": 0, "kills": 15, "opponent_kills": 9}
HEAD = {
    **{k: v for k, v in RESULT.items() if k != "players"},
    "board": "duel",
    "season": 1,
    "voided": False,
}
RECORDED = [
    {
        **{k: v for k, v in line.items() if k != "name"},
        "username": line["name"],
        "suicides": 0,
        "damage_given": 1680,
        "damage_taken": 1680,
        "accuracy": 0.42,
        "items": {"mega": 3},
        "left": False,
        "team": 0,
        "rating_before": 1500.0,
        "rating_after": after,
    }
    for line, after in ((LINE, 1662.2), (LOSER, 1337.8))
]
SUMMARY = {
    **HEAD,
    "players": [
        {k: line[k] for k in ("player_id", "username", "bot", "place", "won", "score")}
        for line in RECORDED
    ],
}
BOARD = {
    "board": "duel",
    "season": 1,
    "entries": [ENTRY],
    "total": 2,
    "last_updated": INSTANTS["ended_at"],
    "counting": None,
}
LEADER = {
    "seq": 2,
    "at": INSTANTS["ended_at"],
    "kind": "new_leader",
    "board": "duel",
    "match_id": ENTRY["match_id"],
    "player_id": PLAYER["player_id"],
    "username": "anna",
}
STREAM = f"id: 2\r\nevent: new_leader\r\ndata: {msgspec.json.encode(LEADER).decode()}\r\n\r\n"
#: An example of each good answer, by path.
EXAMPLES: dict[str, Any] = {
    **document_accounts.EXAMPLES,
    "/v1/leaderboards": {
        "boards": [
            {
                "board": "duel",
                "season": 1,
                "field": "rating",
                "operator": "last",
                "total": 2,
                "matches": 1,
                "last_updated": "2026-01-01T12:05:00Z",
                "counting": None,
            }
        ]
    },
    "/v1/leaderboards/{board}/top": BOARD,
    "/v1/leaderboards/{board}/range": BOARD,
    "/v1/leaderboards/{board}/around/{player_id}": BOARD,
    "/v1/leaderboards/{board}/me": BOARD,
    "/v1/leaderboards/{board}/friends": BOARD,
    "/v1/leaderboards/{board}/search": {
        **{k: v for k, v in BOARD.items() if k not in ("last_updated", "counting")},
        "next_cursor": None,
    },
    "/v1/leaderboards/{board}/seasons/{season}/top": BOARD,
    "/v1/leaderboards/{board}/seasons": {
        "seasons": [{"season": 1, "starts_at": None, "ends_at": None}]
    },
    "/v1/leaderboards/{board}/stats": {
        "board": "duel",
        "season": 1,
        "field": "rating",
        "operator": "last",
        "total_players": 2,
        "average_rating": 1500.0,
        "total_matches": 1,
        "last_updated": INSTANTS["ended_at"],
        "counting": None,
    },
    "/v1/players": {"players": [SEEN]},
    "/v1/players/stats": {
        "players": [{"player_id": PLAYER["player_id"], "settled": True, "boards": {"duel": STATS}}]
    },
    "/v1/players/{player_id}": {
        "player": SEEN,
        "boards": {"duel": ENTRY},
    },
    "/v1/players/{player_id}/ratings": {
        "player_id": PLAYER["player_id"],
        "board": "duel",
        "ratings": [
            {
                "match_id": ENTRY["match_id"],
                "season": 1,
                "ended_at": INSTANTS["ended_at"],
                "rating_before": 1500.0,
                "rating": 1662.2,
                "deviation": 290.2,
                "provisional": True,
            }
        ],
        "next_cursor": None,
    },
    "/v1/players/{player_id}/expected/{opponent_id}": {
        "board": "duel",
        "player_id": PLAYER["player_id"],
        "opponent_id": LOSER["player_id"],
        "expected": 0.76,
    },
    "/v1/players/{player_id}/rating-history": {
        "player_id": PLAYER["player_id"],
        "board": "duel",
        "matches": 1,
        "thinned": False,
        "points": [
            {
                "match_id": ENTRY["match_id"],
                "season": 1,
                "ended_at": INSTANTS["ended_at"],
                "rating": 1662.2,
                "deviation": 290.2,
                "provisional": True,
            }
        ],
    },
    "/v1/players/{player_id}/against/{opponent_id}": {
        "player": SEEN,
        "opponent": {**SEEN, "player_id": LOSER["player_id"], "username": LOSER["name"]},
        "board": None,
        "total": MET,
        "last_met_at": INSTANTS["ended_at"],
        "expected": 0.76,
        "maps": {"pit": MET},
    },
    "/v1/players/{player_id}/stats": {
        "player_id": PLAYER["player_id"],
        "settled": True,
        "boards": {"duel": STATS},
    },
    "/v1/players/{player_id}/achievements": {
        "player_id": PLAYER["player_id"],
        "settled": True,
        "earned": 1,
        "last_earned_at": INSTANTS["ended_at"],
        "achievements": [
            {
                "id": "first_win",
                "title": "First Win",
                "description": "Win a match.",
                "hidden": False,
                "progress": 1.0,
                "match_id": ENTRY["match_id"],
                "earned_at": INSTANTS["ended_at"],
            }
        ],
    },
    "/v1/players/{player_id}/matches": {"matches": [SUMMARY], "next_cursor": None},
    "/v1/matches": {"matches": [SUMMARY], "next_cursor": None},
    "/v1/matches/{match_id}": {
        **HEAD,
        "players": RECORDED,
        "replay": document_replays.KEPT,
        "telemetry": f"/v1/matches/{document_replays.MATCH}/telemetry",
    },
    "/v1/matches/{match_id}/telemetry": document_replays.TELEMETRY,
    "/v1/feed": {"items": [LEADER], "next_cursor": None},
    "/v1/feed/stream": STREAM,
    "/v1/server/results": {"match_id": ENTRY["match_id"], "recorded": True},
    **document_replays.EXAMPLES,
    **document_servers.EXAMPLES,
    **document_saves.EXAMPLES,
    "/healthz": {"status": "ok"},
    "/readyz": {"status": "ok"},
}
#: Error answers that a route gives beside 400 (bad parameter), by path.
PROBLEMS: dict[str, tuple[int, ...]] = {
    **document_accounts.PROBLEMS,
    "/v1/leaderboards": (503,),
    "/v1/leaderboards/{board}/top": (400, 404, 503),
    "/v1/leaderboards/{board}/range": (400, 404, 503),
    "/v1/leaderboards/{board}/around/{player_id}": (400, 404, 503),
    "/v1/leaderboards/{board}/me": (400, 401, 403, 404, 503),
    "/v1/leaderboards/{board}/friends": (400, 401, 403, 404, 503),
    "/v1/leaderboards/{board}/search": (400, 404, 503),
    "/v1/leaderboards/{board}/seasons/{season}/top": (400, 404, 503),
    "/v1/leaderboards/{board}/seasons": (400, 404, 503),
    "/v1/leaderboards/{board}/stats": (400, 404, 503),
    "/v1/players": (400, 503),
    "/v1/players/stats": (400, 503),
    "/v1/players/{player_id}": (400, 404, 503),
    "/v1/players/{player_id}/ratings": (400, 404, 503),
    "/v1/players/{player_id}/expected/{opponent_id}": (400, 404, 503),
    "/v1/players/{player_id}/stats": (400, 404, 503),
    "/v1/players/{player_id}/achievements": (400, 404, 503),
    "/v1/players/{player_id}/matches": (400, 404, 503),
    "/v1/players/{player_id}/against/{opponent_id}": (400, 404, 503),
    "/v1/players/{player_id}/rating-history": (400, 404, 503),
    "/v1/matches": (400, 503),
    "/v1/matches/{match_id}": (400, 404, 503),
    "/v1/matches/{match_id}/telemetry": (400, 404, 503),
    "/v1/feed": (400, 503),
    "/v1/feed/stream": (400, 429, 503),
    "/v1/server/results": (400, 401, 403, 413, 503),
    **document_replays.PROBLEMS,
    **document_servers.PROBLEMS,
    **document_saves.PROBLEMS,
    "/healthz": (503,),
    "/readyz": (503,),
}
REASONS = {
    400: "A parameter or a field is wrong",
    401: "Not signed in; a result: not signed, or by a server that is not trusted",
    403: "Banned, or not allowed to this key; a result: not signed by the server that it is of",
    404: "There is none",
    406: "The answer is of no type that Accept names",
    409: "Taken by another, heard before, or it does not go with what is there",
    412: "What is there is of another version",
    413: "Too large",
    415: "The body is of a type that this route does not take",
    422: "The key was sent with another body; a replay: not the one that the result names",
    429: "Too many requests; Retry-After says when to come again",
    501: "DuckDB is not installed on the record's machine",
    503: "The store cannot be used now",
}
#: Good answers beside the one that the route declares.
ALSO = (
    ("post", "/v1/server/results", "200", "It was there already; nothing changed"),
    ("post", "/v1/auth/device", "200", "The guest had an account already"),
    ("put", "/v1/saves/{kind}", "201", "The first version"),
)
PROBLEM_REF = {"$ref": "#/components/schemas/ProblemBody"}


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Return *document* with examples, error answers and the body of a result."""
    _, schemas = msgspec.json.schema_components(
        [MatchResult, Heartbeat, ProblemBody, Save], ref_template="#/components/schemas/{name}"
    )
    document.setdefault("components", {}).setdefault("schemas", {}).update(schemas)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            describe(path, operation["responses"], at_the_door(path, method))
            if path in document_accounts.SIGNED_IN:
                operation["security"] = [{"token": []}]
            body = document_accounts.BODIES.get(f"{method} {path}")
            if body is not None:
                content = operation["requestBody"]["content"]["application/json"]
                content["examples"] = {"example": {"value": body}}
            close(document, operation)
    for method, path, status, what in ALSO:
        answers = document["paths"][path][method]["responses"]
        good = min(answers)
        answers[status] = {**answers[good], "description": what}
    post = document["paths"]["/v1/server/results"]["post"]
    post["requestBody"] = {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/MatchResult"},
                "examples": {"duel": {"value": RESULT}},
            }
        },
    }
    post["security"] = [{"server": [], "signature": []}]
    document["paths"]["/v1/server/bans"]["get"]["security"] = post["security"]
    document["components"]["securitySchemes"] = {
        "server": key_header(SERVER_HEADER, "The game server's id: 16 hex digits"),
        "token": {"type": "http", "scheme": "bearer", "description": "An access token or API key"},
        "signature": key_header(SIGNATURE_HEADER, "Ed25519 signature of the body, in base64"),
    }
    document_saves.complete(document)
    document_replays.complete(document)
    document_servers.complete(document)
    return document


def close(document: dict[str, Any], operation: dict[str, Any]) -> None:
    """Say of the body of *operation* that it has no other fields than those described."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        name = content["schema"]["$ref"].rpartition("/")[2]
        document["components"]["schemas"][name]["additionalProperties"] = False


def key_header(name: str, description: str) -> dict[str, str]:
    return {"type": "apiKey", "in": "header", "name": name, "description": description}


def at_the_door(path: str, method: str) -> tuple[int, ...]:
    """Return the problems that every route gives before it is asked: see entrance.py."""
    if not path.startswith("/v1/"):
        return ()
    if method in ("post", "put", "patch", "delete"):
        return (406, 413, 415, 429)
    return (406,)


def describe(path: str, responses: dict[str, Any], more: tuple[int, ...]) -> None:
    """Put the example and the problems of *path*, and *more* of them, into its *responses*."""
    responses.pop("400", None)
    for answer in responses.values():
        for content in answer.get("content", {}).values():
            content["examples"] = {"example": {"value": EXAMPLES[path]}}
    for status in sorted({*PROBLEMS[path], *more}):
        responses[str(status)] = {
            "description": REASONS[status],
            "content": {MEDIA_TYPE: {"schema": PROBLEM_REF}},
        }


def named(
    handler: HTTPRouteHandler, method: Method, path: list[str | PathParameterDefinition]
) -> str:
    """Return what programs call a route: the name of its function, as generated clients have it."""
    return "".join(word.capitalize() for word in handler.handler_name.split("_"))


class Document(OpenAPIRenderPlugin):
    """Serves the completed document; the path of the configuration is its path."""

    def __init__(self) -> None:
        super().__init__(path=["/", "/openapi.json"], media_type=OpenAPIMediaType.OPENAPI_JSON)
        self._rendered: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        if self._rendered is None:
            self._rendered = msgspec.json.encode(complete(openapi_schema))
        return self._rendered


CONFIG = OpenAPIConfig(
    title="Tremble",
    version=__version__,
    description=DESCRIPTION,
    license=License(name="MIT", identifier="MIT"),
    path="/openapi.json",
    render_plugins=[Document()],
    tags=[
        Tag(name="leaderboards", description="Who is best, by mode"),
        Tag(name="players", description="Who was ever seen"),
        Tag(name="matches", description="What was played"),
        Tag(name="feed", description="What happened, and what happens"),
        Tag(name="saves", description="What a player keeps here, from all devices"),
        Tag(name="servers", description="Where to play"),
        Tag(name="server", description="For game servers"),
        Tag(name="accounts", description="Signing in, and one's own account"),
        Tag(name="admin", description="For programs of the operator, by API key"),
        Tag(name="health", description="For those who watch the service"),
    ],
    use_handler_docstrings=True,
    operation_id_creator=named,
)
