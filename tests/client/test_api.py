"""The client of the HTTP API: what it asks for, what it tries again, and that it fits the API."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from clients import trust
from processes_web import Process, serving

from tremble.client import api_types, connection
from tremble.client.api import ATTEMPTS, Api, ApiError, waiting
from tremble.client.api_types import Tokens
from tremble.client.connection import Answer, Http, NoAnswer
from tremble.errors import ConfigError

KEY = bytes(range(16))
DEVICE = "0123456789abcdef" * 2
#: What has the same name as another in the API.
TWINS = {"GraphPoint": "graph_Point", "RatingPoint": "ratings_Point"}
TOKENS = Tokens("p" * 16, "old", 900, "r", 900, "Bearer")


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    trust(tmp_path)
    with serving(tmp_path) as running:
        yield running


class Script:
    """Stands in for the connection: gives the *answers* in turn, an exception is raised."""

    def __init__(self, *answers: tuple[int, Any] | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, str]] = []
        self.slept: list[float] = []

    def ask(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        self.asked.append((method, path, headers.get("Authorization", "")))
        found = self.answers.pop(0)
        if isinstance(found, Exception):
            raise found
        status, body = found
        return Answer(status, msgspec.json.encode(body), 3.0 if status == 429 else None)


def scripted(script: Script, tokens: Tokens | None = None) -> Api:
    api = Api("http://record", tokens=tokens, sleep=script.slept.append)
    stand_in: Any = script
    api._http = stand_in
    return api


def problem(status: int, code: str) -> tuple[int, Any]:
    return status, {"title": "No", "status": status, "code": code, "detail": "d"}


def test_whole_life(process: Process) -> None:
    """A guest signs in, is seen on the board, saves, lists, and signs out, over a real socket."""
    kept: list[Tokens] = []
    process.post(1)
    process.post(2)
    with Api(process.url, on_tokens=kept.append) as api:
        api.sign_in_guest(KEY, "anna")
        save = {"type": "slot-a", "clock": [1, 0], "tips": {DEVICE: [1, ["89abcdef01234567"]]}}
        stored = api.put_save("slot-a", save, DEVICE, "k" * 16, version=0)

        assert api.me().name == "anna"
        assert api.rename("bert").name == "bert"
        assert api.save("slot-a") == stored
        assert [info.version for info in api.saves()] == [1]
        board = api.top("duel")
        assert [entry.username for entry in board.entries] == ["player 1", "player 2"]
        leader = board.entries[0].player_id
        assert api.around("duel", leader, 0).entries == api.range("duel", 1, 1).entries
        assert [entry.player_id for entry in api.search("duel", "player 1")] == [leader]
        assert len(list(api.matches(player=leader))) == 2
        assert api.player(leader).boards["duel"].wins == 2
        assert [item.seq for item in api.feed()] == [3, 2, 1]
        stream = api.stream(after=1)
        assert [next(stream).seq, next(stream).seq] == [2, 3]
        stream.close()  # type: ignore[attr-defined]
        with pytest.raises(ApiError) as caught:
            api.top("nothing")
        assert (caught.value.code, caught.value.status) == ("unknown_board", 404)
        api.sign_out()
        with pytest.raises(ApiError) as caught:
            api.me()
        assert caught.value.code == "not_signed_in"
    assert len(kept) == 1


def test_fits_the_document(process: Process) -> None:
    """Every type has the fields that the OpenAPI document gives it, and no other."""
    schemas = process.request("GET", "/openapi.json")[1]["components"]["schemas"]
    kinds = [
        kind
        for kind in vars(api_types).values()
        if isinstance(kind, type) and kind.__module__ == api_types.__name__
    ]

    assert len(kinds) > 10
    for kind in kinds:
        described = schemas[TWINS.get(kind.__name__, kind.__name__)]
        fields = {field.encode_name for field in msgspec.structs.fields(kind)}
        assert fields == set(described["properties"]), kind.__name__


def test_pages() -> None:
    """All pages are read, each when it is needed."""
    item = {"seq": 2, "at": "2026-01-01T12:00:00Z", "kind": "match", "board": "duel"}
    item |= {"match_id": "0" * 32, "player_id": None, "username": None}
    script = Script(
        (200, {"items": [item], "next_cursor": "x"}), (200, {"items": [item], "next_cursor": None})
    )

    found = list(scripted(script).feed())

    assert len(found) == 2
    assert [path for _, path, _ in script.asked] == ["/v1/feed", "/v1/feed?cursor=x"]


def test_tried_again() -> None:
    """No connection, 503 and 429 are tried again: later each time, or when the server says."""
    script = Script(
        NoAnswer("x"), problem(503, "busy"), problem(429, "too_many_requests"), (200, {})
    )

    scripted(script).ask("GET", "/")

    assert len(script.asked) == 4
    assert 0 < script.slept[0] <= 0.25
    assert 0.25 <= script.slept[1] <= 0.5
    assert script.slept[2] == 3.0


def test_given_up() -> None:
    """After so many attempts it is over, with what was said last."""
    script = Script(*[problem(503, "busy")] * ATTEMPTS)

    with pytest.raises(ApiError, match="No: d"):
        scripted(script).ask("GET", "/")

    assert script.answers == []


def test_not_done_twice() -> None:
    """What could be done twice by trying again is not: nobody knows if it was done."""
    script = Script(NoAnswer("x"))

    with pytest.raises(NoAnswer):
        scripted(script).register("anna", "correct horse")

    assert len(script.asked) == 1


def test_tokens_are_renewed() -> None:
    """An access token that ended is renewed once, and the request made again with the new one."""
    fresh = msgspec.to_builtins(TOKENS) | {"access_token": "new"}
    script = Script(problem(401, "invalid_token"), (200, fresh), (200, {}))

    api = scripted(script, TOKENS)
    api.ask("GET", "/v1/me")

    assert [(path, shown) for _, path, shown in script.asked] == [
        ("/v1/me", "Bearer old"),
        ("/v1/auth/refresh", ""),
        ("/v1/me", "Bearer new"),
    ]
    assert api.tokens is not None


def test_wrong_password_is_no_ended_token() -> None:
    """Another 401 renews nothing; if the refresh token ended too, nobody is signed in."""
    script = Script(problem(401, "wrong_password"))
    with pytest.raises(ApiError):
        scripted(script, TOKENS).ask("POST", "/v1/me/erase", {"password": "x"})
    assert len(script.asked) == 1

    script = Script(*[problem(401, "invalid_token")] * 2)
    api = scripted(script, TOKENS)
    with pytest.raises(ApiError):
        api.me()
    assert api.tokens is None


def test_busy_record_ends_no_sign_in() -> None:
    """A token that could not be renewed just now can be later."""
    script = Script(problem(401, "invalid_token"), *[problem(503, "busy")] * ATTEMPTS)
    api = scripted(script, TOKENS)

    with pytest.raises(ApiError):
        api.me()
    assert api.tokens is TOKENS


def test_waiting() -> None:
    """The waits grow and have an end."""
    assert waiting(20, None) <= 30.0
    assert waiting(0, 1000.0) == 30.0


def test_nobody_there() -> None:
    """Where nobody listens the error says what to look at; what is no URL is refused at once."""
    with pytest.raises(NoAnswer, match="is tremble up"):
        Api("http://127.0.0.1:9", attempts=1).me()
    with pytest.raises(ConfigError, match="must begin with"):
        Api("127.0.0.1:8433")


def test_idle_connection(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection is used again while it is fresh, and another made when it is not."""
    monkeypatch.setattr(connection, "MAX_IDLE_S", 60.0)
    http = Http(process.url, 60.0)
    http.ask("GET", "/readyz", None, {})
    first = http._open
    http.ask("GET", "/readyz", None, {})
    assert http._open is first
    monkeypatch.setattr(connection, "MAX_IDLE_S", -1.0)
    assert http.ask("GET", "/readyz", None, {}).status == 200
    assert http._open is not first
    http.close()
