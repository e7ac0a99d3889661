"""Every answer, of every route, good or bad, comes in its envelope."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clients import Client
from litestar.routes import HTTPRoute
from litestar.testing import TestClient
from results import result
from stores import fresh

from tremble import log
from tremble.errors import StoreError
from tremble.store import boards
from tremble.web.app import create_app
from tremble.web.envelope import SECURITY_HEADERS, matches
from tremble.web.options import WebOptions

#: A path of each kind: API, page, nothing, a wrong method, a wrong parameter.
PATHS = ["/v1/matches", "/", "/nothing", "/v1/server/results", "/v1/players/x", "/openapi.json"]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """An application that a site of its own may use, on a record with one match."""
    options = WebOptions(cors_origins=("https://play.example.org",))
    with (
        fresh(tmp_path / "tremble.db") as store,
        TestClient(
            create_app(store, tmp_path, options=options), raise_server_exceptions=False
        ) as http,
    ):
        yield Client(http)


@pytest.mark.parametrize("path", PATHS)
def test_every_answer(client: Client, path: str) -> None:
    """A request id and the security headers stand on all of them."""
    answer = client.get(path)

    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
    assert SECURITY_HEADERS.items() <= dict(answer.headers).items()


@pytest.mark.parametrize(
    ("given", "kept"), [("run-7:a.b_c", True), ("a" * 65, False), ("a b", False), ("", False)]
)
def test_request_id(client: Client, given: str, kept: bool) -> None:
    """A sane id of the client's is taken over, into the problem too; another is not."""
    answer = client.get("/v1/nothing", **{"x-request-id": given})

    shown = answer.headers["x-request-id"]
    assert (shown == given) is kept
    assert answer.json()["request_id"] == shown


def test_request_id_is_logged(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is logged while a request is answered carries its id."""

    def fail(*_: Any) -> None:
        raise StoreError("no disk")

    stream = io.StringIO()
    log.configure("info", stream)
    monkeypatch.setattr(boards, "names", fail)

    assert client.get("/readyz", **{"x-request-id": "abc"}).status_code == 503
    assert '"request_id": "abc"' in stream.getvalue()


def test_etag(client: Client) -> None:
    """Who has an answer already gets 304 without a body; another answer has another tag."""
    first = client.get("/v1/matches")
    again = client.get("/v1/matches", **{"if-none-match": f'"x", W/{first.headers["etag"]}'})
    other = client.get("/v1/feed")

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"] != other.headers["etag"]
    assert "content-length" not in again.headers
    assert client.get("/v1/matches", **{"if-none-match": '"x"'}).status_code == 200


def test_etags_are_compared() -> None:
    """A list of tags, weak ones too, and the star that stands for any."""
    assert matches('W/"a", "b"', '"b"')
    assert matches("*", '"b"')
    assert not matches('"a"', '"b"')
    assert not matches("", '"b"')


@pytest.mark.parametrize("path", ["/v1/matches", "/", "/v1/nothing", "/v1/feed/stream"])
def test_head(client: Client, path: str) -> None:
    """HEAD is answered as GET is, without the body; even where the body would never end."""
    answer = client.http.head(path)

    assert answer.content == b""
    if "stream" in path:
        assert answer.status_code == 200
    else:
        get = client.get(path)
        assert answer.status_code == get.status_code
        assert answer.headers["content-length"] == get.headers["content-length"]


def test_methods(client: Client) -> None:
    """A method that is not there is told which are; so is OPTIONS. A last slash changes nothing."""
    wrong = client.http.put("/v1/matches")

    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert wrong.headers["allow"] == "GET, HEAD, OPTIONS"
    assert client.http.options("/v1/matches").headers["allow"] == "GET, HEAD, OPTIONS"
    assert client.get("/v1/matches/").json() == client.get("/v1/matches").json()


def test_cors(client: Client) -> None:
    """A site that is named may ask, errors included; another may not, nor may any with cookies."""
    ours = {"origin": "https://play.example.org"}
    preflight = {"access-control-request-method": "PUT", **ours}

    for answer in (client.get("/v1/matches", **ours), client.get("/v1/nothing", **ours)):
        assert answer.headers["access-control-allow-origin"] == ours["origin"]
        assert "Retry-After" in answer.headers["access-control-expose-headers"]
    asked = client.http.options("/v1/saves/settings", headers=preflight)
    assert asked.status_code == 204
    assert "idempotency-key" in asked.headers["access-control-allow-headers"].lower()
    other = client.get("/v1/matches", origin="https://evil.example.org")
    assert "access-control-allow-origin" not in other.headers
    assert "access-control-allow-credentials" not in asked.headers


def test_body_is_the_same(client: Client) -> None:
    """What goes through the envelope arrives as it was, with the length that it has."""
    answer = client.get("/v1/matches")

    assert answer.json() == {"matches": [], "next_cursor": None}
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert client.post(result(1)).status_code == 401


def test_dependencies_one_by_one(client: Client) -> None:
    """No route has dependencies for which Litestar would make tasks; there are some."""
    routes = client.http.app.routes
    models = [
        model
        for r in routes
        if isinstance(r, HTTPRoute)
        for _, model in r.route_handler_map.values()
    ]
    sizes = {len(batch) for model in models for batch in model.dependency_batches}

    assert sizes == {1}
