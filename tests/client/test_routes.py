"""Every public route of the API has a method of the client, which reads what the route answers."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from tremble.client.api import Api
from tremble.client.connection import Answer
from tremble.web.document import EXAMPLES

P, Q, M, S = "0123456789abcdef", "fedcba9876543210", "ab" * 16, "5e" * 8
WHEN = datetime(2026, 1, 1, tzinfo=UTC)
#: By method and route, how the client asks for it.
CALLS: dict[str, Callable[[Api], Any]] = {
    "POST /v1/auth/device": lambda api: api.sign_in_guest(bytes(16)),
    "POST /v1/auth/register": lambda api: api.register("anna", "long password"),
    "POST /v1/auth/login": lambda api: api.sign_in("anna", "long password"),
    "POST /v1/auth/recover": lambda api: api.recover("anna", "code", "long password"),
    "POST /v1/auth/logout": lambda api: api.sign_out(everywhere=True),
    "GET /v1/me": lambda api: api.me(),
    "PATCH /v1/me": lambda api: api.rename("anna"),
    "POST /v1/me/login": lambda api: api.add_login("anna", "long password"),
    "PUT /v1/me/password": lambda api: api.change_password("old", "long password"),
    "POST /v1/me/recovery-codes": lambda api: api.recovery_codes("long password"),
    "GET /v1/me/export": lambda api: api.export(),
    "POST /v1/me/erase": lambda api: api.erase(),
    "GET /v1/me/friends": lambda api: api.friends(),
    "PUT /v1/me/friends/{player_id}": lambda api: api.befriend(P),
    "DELETE /v1/me/friends/{player_id}": lambda api: api.unfriend(P),
    "POST /v1/join": lambda api: api.join(S),
    "GET /v1/servers": lambda api: list(api.servers(mode="duel", not_full=True)),
    "GET /v1/servers/lost": lambda api: api.lost_servers(),
    "GET /v1/servers/{server_id}": lambda api: api.server(S),
    "GET /v1/players": lambda api: api.players(P, Q),
    "GET /v1/players/stats": lambda api: api.stats_of(P, Q, board="duel"),
    "GET /v1/players/{player_id}": lambda api: api.player(P),
    "GET /v1/players/{player_id}/stats": lambda api: api.stats(P),
    "GET /v1/players/{player_id}/achievements": lambda api: api.achievements(P),
    "GET /v1/players/{player_id}/against/{opponent_id}": lambda api: api.against(P, Q),
    "GET /v1/players/{player_id}/expected/{opponent_id}": lambda api: api.expected(P, Q),
    "GET /v1/players/{player_id}/ratings": lambda api: list(api.ratings(P)),
    "GET /v1/players/{player_id}/rating-history": lambda api: api.rating_graph(P, since=WHEN),
    "GET /v1/leaderboards": lambda api: api.boards(),
    "GET /v1/leaderboards/{board}/top": lambda api: api.top("duel"),
    "GET /v1/leaderboards/{board}/range": lambda api: api.range("duel", 1, 10),
    "GET /v1/leaderboards/{board}/around/{player_id}": lambda api: api.around("duel", P),
    "GET /v1/leaderboards/{board}/me": lambda api: api.my_place("duel"),
    "GET /v1/leaderboards/{board}/friends": lambda api: api.friends_on("duel"),
    "GET /v1/leaderboards/{board}/stats": lambda api: api.board_stats("duel"),
    "GET /v1/leaderboards/{board}/seasons": lambda api: api.seasons("duel"),
    "GET /v1/leaderboards/{board}/seasons/{season}/top": lambda api: api.season_top("duel", 1),
    "GET /v1/leaderboards/{board}/search": lambda api: list(api.search("duel", "anna")),
    "GET /v1/matches": lambda api: list(api.matches(player=P, map="pit")),
    "GET /v1/matches/{match_id}": lambda api: api.match(M),
    "GET /v1/matches/{match_id}/telemetry": lambda api: api.telemetry(M),
    "GET /v1/matches/{match_id}/replay": lambda api: api.replay(M),
    "GET /v1/matches/{match_id}/film": lambda api: api.film(M),
    "GET /v1/feed": lambda api: list(api.feed()),
    "GET /v1/saves": lambda api: api.saves(),
    "GET /v1/saves/{kind}": lambda api: api.save("slot-a"),
    "PUT /v1/saves/{kind}": lambda api: api.put_save("slot-a", {}, P, "k" * 16),
    "GET /v1/saves/{kind}/history": lambda api: api.save_history("slot-a"),
    "GET /v1/saves/{kind}/history/{version}": lambda api: api.old_save("slot-a", 3),
    "POST /v1/saves/{kind}/restore": lambda api: api.restore_save("slot-a", 3),
}
#: Routes without a method, and why.
ELSEWHERE = {
    "POST /v1/auth/refresh": "asked for by itself when a token ends (test_api.py)",
    "GET /v1/feed/stream": "Api.stream, which goes on for ever (test_api.py)",
    "GET /v1/players/{player_id}/matches": "the same as /v1/matches with a player",
}
#: Whose routes are for programs of their own.
OTHERS = {
    "server": "game servers sign what they ask: server/signed.py",
    "admin": "programs of the operator, by API key; people have `tremble admin`",
    "health": "monitoring",
}


class Recorder:
    """Stands in for the connection: answers with the example of *route*, its only page."""

    def __init__(self, route: str) -> None:
        self.example = EXAMPLES[route]
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    def ask(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        self.asked.append((method, path, headers))
        found = self.example
        for name in ("next_cursor", "next"):
            if isinstance(found, dict) and name in found:
                found = found | {name: None}
        return Answer(200, msgspec.json.encode(found), None)


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """All routes of the document, each with its tag."""
    from litestar.testing import TestClient
    from stores import fresh

    from tremble.web.app import create_app

    folder = tmp_path_factory.mktemp("record")
    with fresh(folder / "tremble.db") as store, TestClient(create_app(store, folder)) as client:
        paths = client.get("/openapi.json").json()["paths"]
    yield {
        f"{method.upper()} {path}": operation["tags"][0]
        for path, operations in paths.items()
        for method, operation in operations.items()
    }


def test_every_route_has_a_method(routes: dict[str, str]) -> None:
    """Or stands among those that need none; nothing stands there that is gone."""
    public = {route for route, tag in routes.items() if tag not in OTHERS}

    assert public == CALLS.keys() | ELSEWHERE.keys()
    assert not CALLS.keys() & ELSEWHERE.keys()
    assert set(OTHERS) <= set(routes.values())


@pytest.mark.parametrize("route", CALLS)
def test_method_asks_for_its_route(route: str) -> None:
    """With that method, at that address, once; and can read the example that the document gives."""
    method, _, path = route.partition(" ")
    recorder: Any = Recorder(path)
    api = Api("http://record")
    api._http = recorder
    CALLS[route](api)

    [(asked, address, _)] = recorder.asked
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
    assert asked == method
    assert re.fullmatch(pattern, address.partition("?")[0])


class Broken:
    """A replay of 10 bytes, of which the connection gives what Range asks for."""

    def __init__(self) -> None:
        self.data = bytes(range(10))
        self.ranges: list[str | None] = []

    def ask(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        asked = headers.get("Range")
        self.ranges.append(asked)
        if asked is None:
            return Answer(200, self.data, None)
        rest = self.data[int(asked[6:-1]) :]
        if rest:
            return Answer(206, rest, None)
        problem = {"title": "No", "status": 416, "code": "no_such_range", "detail": "d"}
        return Answer(416, msgspec.json.encode(problem), None)


def test_replay_goes_on() -> None:
    """Only what is missing is asked for; who has all of it keeps it."""
    record: Any = Broken()
    api = Api("http://record")
    api._http = record

    assert api.replay(M) == record.data
    assert api.replay(M, record.data[:4]) == record.data
    assert api.replay(M, record.data) == record.data
    assert record.ranges == [None, "bytes=4-", "bytes=10-"]
