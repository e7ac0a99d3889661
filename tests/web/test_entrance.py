"""The entrance, over all routes of the document: what no route wants to see is refused alike."""

from typing import Any

import pytest
from clients import SERVER_ID, Client, signed
from litestar import Litestar

from tremble.web import limits
from tremble.web.entrance import WRITING
from tremble.web.limits import Rule

Route = tuple[str, str]


def routes(client: Client, writing: bool) -> list[Route]:
    """Return method and path of each operation under /v1, with sane values in the path."""
    paths: dict[str, Any] = client.get("/openapi.json").json()["paths"]
    values = {"board": "duel", "kind": "settings", "season": "1", "version": "1"}
    found = []
    for path, operations in paths.items():
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        full = path.format(
            **{name: values.get(name, ("0" * (32 if "match" in name else 16))) for name in names}
        )
        found += [
            (method.upper(), full)
            for method in operations
            if full.startswith("/v1/") and (method.upper() in WRITING) is writing
        ]
    assert found
    return found


def code(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_wrong_content_type(client: Client) -> None:
    """A body of another type gets 415 from every route that writes."""
    for method, path in routes(client, writing=True):
        answer = client.http.request(
            method, path, content=b"<a/>", headers={"content-type": "text/xml"}
        )

        assert code(answer) == (415, "unsupported_media_type"), path


def test_not_acceptable(client: Client) -> None:
    """Who takes only what the route does not give gets 406."""
    for method, path in routes(client, writing=False):
        answer = client.http.request(method, path, headers={"accept": "image/png"})

        assert code(answer) == (406, "not_acceptable"), path
    assert client.get("/v1/matches", accept="text/html, */*;q=0.1").status_code == 200


def test_too_large(client: Client) -> None:
    """A body beyond what a route takes gets 413, and no route takes more than 4 MB of JSON."""
    for method, path in routes(client, writing=True):
        if method == "DELETE" or path in BODILESS:
            continue
        body = b'"' + b"x" * (4096 * 1024 + 1)
        headers = {"content-type": "application/json", **signed(body)}

        answer = client.http.request(method, path, content=body, headers=headers)

        if answer.status_code == 415:
            continue  # files go there, not JSON
        assert answer.status_code in (401, 413), path
        assert code(answer)[1] in ("too_large", "save_too_large", "not_signed_in"), path


#: Routes that write by their address alone.
BODILESS = {"/v1/auth/logout", "/v1/saves/settings/restore"}


@pytest.mark.usefixtures("still")
def test_too_often(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every route that writes is limited, says what is left, and when to come again."""
    for name in ("WRITES", "UNSIGNED"):
        monkeypatch.setattr(limits, name, Rule(name.lower(), 2, 60.0))
    for method, path in routes(client, writing=True):
        app: Litestar = client.http.app
        app.state.quota._buckets.clear()
        asked = [client.http.request(method, path) for _ in range(3)]

        assert [answer.headers["ratelimit"].partition(";")[2] for answer in asked[:2]] == [
            "r=1;t=60",
            "r=0;t=120",
        ], path
        assert code(asked[2]) == (429, "too_many_requests"), path
        assert asked[2].headers["retry-after"] == "60"


@pytest.mark.usefixtures("still")
def test_signed_results_have_a_limit_of_their_own(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trusted server is limited by its id, so that who shares its address cannot hold it up."""
    monkeypatch.setattr(limits, "RESULTS", Rule("results", 1, 60.0))

    answers = [client.post_body(b"{}") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [400, 429]
    assert SERVER_ID not in answers[1].text
