"""The OpenAPI document describes what the API does."""

import re
from typing import Any

import msgspec
import pytest
from clients import Client
from jsonschema import Draft202012Validator
from results import match_id, player_id, result, telemetry

from tremble.heartbeat import Heard
from tremble.result import MatchResult, Telemetry
from tremble.store.bans import Ban
from tremble.store.board_entries import Board
from tremble.store.boards import BoardStats
from tremble.web.api import PlayerProfile, Posted
from tremble.web.api_admin import AuditPage, Review
from tremble.web.api_analytics import MetricList, MetricTable
from tremble.web.api_auth import Tokens
from tremble.web.api_bans import BanChanges
from tremble.web.api_boards import BoardList, Found, SeasonList
from tremble.web.api_feed import FeedPage
from tremble.web.api_friends import FriendList
from tremble.web.api_history import MatchList, Meeting, RatingGraph
from tremble.web.api_join import Joining, PublicKey
from tremble.web.api_matches import RecordedMatch
from tremble.web.api_me import Codes, Export, Me
from tremble.web.api_players import PlayerList, StatsList
from tremble.web.api_ratings import Expected, RatingHistory
from tremble.web.api_replays import Kept
from tremble.web.api_saves import SaveList
from tremble.web.api_servers import LostServers, ServerDetail, ServerList
from tremble.web.api_stats import PlayerAchievements, PlayerStats
from tremble.web.document import EXAMPLES, PROBLEMS, RESULT
from tremble.web.exports import PlayerExport
from tremble.web.health import Status
from tremble.web.saves import Stored

#: What must be asked as somebody, or with a body: see test_api_auth.py.
ACCOUNTS: dict[str, Any] = {
    "/v1/auth/device": Tokens,
    "/v1/auth/register": Tokens,
    "/v1/auth/login": Tokens,
    "/v1/auth/refresh": Tokens,
    "/v1/auth/logout": None,
    "/v1/admin/players/{player_id}/ban": Ban,
    "/v1/admin/players/{player_id}/export": PlayerExport,
    "/v1/admin/players/{player_id}/erase": None,
    "/v1/admin/audit": AuditPage,
    "/v1/admin/matches/{match_id}/fair-play": Review,
    "/v1/analytics": MetricList,
    "/v1/analytics/{metric}": MetricTable,
    "/v1/auth/recover": Tokens,
    "/v1/join": Joining,
    "/v1/server/bans": BanChanges,
    "/v1/me": Me,
    "/v1/me/login": Me,
    "/v1/me/password": None,
    "/v1/me/recovery-codes": Codes,
    "/v1/me/export": Export,
    "/v1/me/erase": None,
    "/v1/me/friends": FriendList,
    "/v1/me/friends/{player_id}": None,
    "/v1/leaderboards/{board}/me": Board,
}
ANSWERS: dict[str, Any] = {
    **ACCOUNTS,
    "/v1/leaderboards": BoardList,
    "/v1/leaderboards/{board}/top": Board,
    "/v1/leaderboards/{board}/range": Board,
    "/v1/leaderboards/{board}/around/{player_id}": Board,
    "/v1/leaderboards/{board}/friends": Board,
    "/v1/leaderboards/{board}/search": Found,
    "/v1/leaderboards/{board}/seasons/{season}/top": Board,
    "/v1/leaderboards/{board}/seasons": SeasonList,
    "/v1/leaderboards/{board}/stats": BoardStats,
    "/v1/players": PlayerList,
    "/v1/players/stats": StatsList,
    "/v1/players/{player_id}": PlayerProfile,
    "/v1/players/{player_id}/ratings": RatingHistory,
    "/v1/players/{player_id}/expected/{opponent_id}": Expected,
    "/v1/players/{player_id}/stats": PlayerStats,
    "/v1/players/{player_id}/achievements": PlayerAchievements,
    "/v1/players/{player_id}/matches": MatchList,
    "/v1/players/{player_id}/against/{opponent_id}": Meeting,
    "/v1/players/{player_id}/rating-history": RatingGraph,
    "/v1/matches": MatchList,
    "/v1/matches/{match_id}": RecordedMatch,
    "/v1/matches/{match_id}/telemetry": Telemetry,
    "/v1/feed": FeedPage,
    "/v1/feed/stream": str,
    "/v1/server/results": Posted,
    "/v1/server/heartbeat": Heard,
    "/v1/servers": ServerList,
    "/v1/servers/lost": LostServers,
    "/v1/servers/{server_id}": ServerDetail,
    "/v1/server/record-key": PublicKey,
    "/v1/matches/{match_id}/replay": Kept,
    "/v1/matches/{match_id}/film": str,
    "/v1/saves": SaveList,
    "/v1/saves/{kind}": Stored,
    "/v1/saves/{kind}/history": SaveList,
    "/v1/saves/{kind}/history/{version}": Stored,
    "/v1/saves/{kind}/restore": Stored,
    "/healthz": Status,
    "/readyz": Status,
}

#: What the paths with that last word cannot do without.
QUERIES = {
    "range": "?first=1&last=2",
    "friends": f"?player={player_id(1)}",
    "search": "?name=player",
    "players": f"?player={player_id(1)}",
    "stats": f"?player={player_id(1)}",
}


@pytest.fixture
def document(client: Client) -> Any:
    return client.get("/openapi.json").json()


def test_paths(document: Any) -> None:
    """Every path is described, with examples and its problems."""
    assert document["openapi"].startswith("3.1")
    assert document["paths"].keys() == ANSWERS.keys() == EXAMPLES.keys() == PROBLEMS.keys()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["description"]
            assert operation["tags"]
            assert {str(status) for status in PROBLEMS[path]} < operation["responses"].keys()


def test_references(client: Client, document: Any) -> None:
    """Every reference in the document leads to a schema in it."""
    text = client.get("/openapi.json").text
    named = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}

    assert named <= document["components"]["schemas"].keys()
    assert {"MatchResult", "ProblemBody", "Board"} <= named


@pytest.mark.parametrize("path", ANSWERS)
def test_examples(path: str) -> None:
    """Each example is an answer that the API could give, with every field and no other."""
    answer = msgspec.convert(EXAMPLES[path], ANSWERS[path])

    assert msgspec.json.decode(msgspec.json.encode(answer)) == EXAMPLES[path]


def test_examples_fit(document: Any) -> None:
    """Each example is valid by the schema that stands beside it, and every body of JSON has one."""
    pairs = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for content in [body.get("content", {}).get("application/json") for body in bodies]:
                if content is not None:
                    values = content["examples"].values()
                    pairs += [((method, path), content["schema"], one["value"]) for one in values]

    assert len(pairs) > 70
    for where, schema, value in pairs:
        whole = {**schema, "components": document["components"]}
        assert list(Draft202012Validator(whole).iter_errors(value)) == [], where


def test_names(document: Any) -> None:
    """Each operation and each parameter is named and told of as generated clients want it."""
    operations = [one for methods in document["paths"].values() for one in methods.values()]
    names = [operation["operationId"] for operation in operations]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch("([A-Z][a-z]+)+", name) for name in names)
    for operation in operations:
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), (operation["operationId"], parameter["name"])


def test_example_of_a_result() -> None:
    """The example of a result is one."""
    assert msgspec.convert(RESULT, MatchResult).board == "duel"


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in ANSWERS
        if path not in ACCOUNTS
        and not any(
            word in path
            for word in ("saves", "stream", "replay", "film", "heartbeat", "{server_id}")
        )
    ],
)
def test_answers(client: Client, document: Any, path: str) -> None:
    """What the API answers has the fields that the document names."""
    posted = client.post(result(1, telemetry=telemetry(2))).json()
    address = path.format(
        board="duel",
        player_id=player_id(1),
        opponent_id=player_id(2),
        match_id=match_id(1),
        season=1,
    )
    address += QUERIES.get(path.rsplit("/", 1)[-1], "")

    answer = posted if path == "/v1/server/results" else client.get(address).json()

    operation = next(iter(document["paths"][path].values()))
    good = min(operation["responses"])
    schema = operation["responses"][good]["content"]["application/json"]["schema"]
    name = schema["$ref"].rsplit("/", 1)[-1]
    assert document["components"]["schemas"][name]["properties"].keys() == answer.keys()


def test_only_json(client: Client) -> None:
    """Nothing else is served beside the document."""
    assert client.get("/openapi.json").headers["content-type"].startswith("application/")
    assert client.get("/schema").status_code == 404
