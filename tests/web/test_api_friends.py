"""One's friends, and the boards seen from oneself."""

from typing import Any

import msgspec
import pytest
from clients import Client
from results import line, player_id, result

from tremble import token

KEY = bytes(range(16))
ME = token.player_id(KEY)


@pytest.fixture
def access(client: Client) -> str:
    """The access token of a guest who came third of five."""
    third = msgspec.structs.replace(line(3, 3), player_id=ME)
    client.post(result(1, line(1, 1), line(2, 2), third, line(4, 4), line(5, 5)))
    body = {"key": KEY.hex(), "name": "me"}
    return str(client.http.post("/v1/auth/device", json=body).json()["access_token"])


def ask(client: Client, method: str, path: str, access: str, **headers: str) -> Any:
    headers = {"authorization": f"Bearer {access}", **headers}
    return client.http.request(method, f"/v1/{path}", headers=headers)


def listed(client: Client, access: str) -> list[str]:
    found = ask(client, "GET", "me/friends", access).json()["friends"]
    return [friend["player_id"] for friend in found]


def ranks(answer: Any) -> list[int]:
    return [entry["rank"] for entry in answer.json()["entries"]]


def test_friends(client: Client, access: str) -> None:
    """Friends are added, listed and removed; twice is fine."""
    for _ in range(2):
        assert ask(client, "PUT", f"me/friends/{player_id(2)}", access).status_code == 204
    assert listed(client, access) == [player_id(2)]

    for _ in range(2):
        assert ask(client, "DELETE", f"me/friends/{player_id(2)}", access).status_code == 204
    assert listed(client, access) == []


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        ("f" * 16, 404, "unknown_player"),
        (ME, 409, "own_friend"),
        ("anna", 400, "invalid_request"),
    ],
)
def test_refused(client: Client, access: str, who: str, status: int, code: str) -> None:
    """What cannot be a friend is a problem with its own code."""
    answer = ask(client, "PUT", f"me/friends/{who}", access)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_friends_board(client: Client, access: str) -> None:
    """One's friends and oneself, with their ranks on all of the board; new friends show at once."""
    path = "leaderboards/duel/friends"
    alone = ask(client, "GET", path, access)
    assert ranks(alone) == [3]
    assert alone.headers["cache-control"] == "private, no-cache"
    tag = {"if-none-match": alone.headers["etag"]}
    assert ask(client, "GET", path, access, **tag).status_code == 304

    ask(client, "PUT", f"me/friends/{player_id(1)}", access)

    assert ranks(ask(client, "GET", path, access, **tag)) == [1, 3]


def test_around_me(client: Client, access: str) -> None:
    """One's own entry among those next to it, on the board of any season."""
    assert ranks(ask(client, "GET", "leaderboards/duel/me?radius=1", access)) == [2, 3, 4]
    assert ranks(ask(client, "GET", "leaderboards/duel/me?radius=0&season=1", access)) == [3]

    for path in ("leaderboards/duel/me?season=2", "leaderboards/ffa/me"):
        assert ask(client, "GET", path, access).status_code == 404


@pytest.mark.parametrize("path", ["duel/me", "duel/friends"])
def test_nobody(client: Client, access: str, path: str) -> None:
    """Who is not signed in has neither friends nor a rank."""
    answer = client.get(f"/v1/leaderboards/{path}")

    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
