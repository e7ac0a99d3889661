"""The API: what trusted servers post, everyone can read; bad input is told what is wrong with it."""

import msgspec
import pytest
from clients import Client, signed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from results import line, match_id, player_id, result

from tremble.store import matches
from tremble.store.engine import Store
from tremble.web.api import MAX_RESULT_BYTES

MEGABYTE = 1 << 20


def test_post_and_read(client: Client) -> None:
    """A result is posted once (201), again (200), and read from board, player and match."""
    first, second = client.post(result(1)), client.post(result(1))

    assert (first.status_code, first.json()) == (201, {"match_id": match_id(1), "recorded": True})
    assert (second.status_code, second.json()["recorded"]) == (200, False)
    board = client.get("/v1/leaderboards/duel/top").json()
    assert (board["board"], board["season"], board["total"]) == ("duel", 1, 2)
    assert [(e["rank"], e["username"]) for e in board["entries"]] == [
        (1, "player 1"),
        (2, "player 2"),
    ]
    player = client.get(f"/v1/players/{player_id(1)}").json()
    assert player["player"]["username"] == "player 1"
    assert player["boards"]["duel"] == board["entries"][0]
    match = client.get(f"/v1/matches/{match_id(1)}").json()
    assert match["players"][0]["weapons"]["rail"]["hits"] == 10


def test_entry_fields(client: Client) -> None:
    """An entry of a board has the fields that clients are promised."""
    client.post(result(1))

    entry = client.get("/v1/leaderboards/duel/top?limit=1").json()["entries"][0]

    promised = (
        "rank player_id username rating deviation provisional matches_played wins losses kills deaths "
        "accuracy match_id"
    )
    assert set(promised.split()) <= entry.keys()
    assert (entry["provisional"], entry["accuracy"], entry["kills"]) == (True, 0.5, 10)


def test_pages(client: Client) -> None:
    """Following next_cursor shows every match once, newest first."""
    for number in range(1, 6):
        client.post(result(number))
    shown, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/v1/matches?limit=2{cursor}").json()
        shown += [match["match_id"] for match in page["matches"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"

    assert shown == [match_id(number) for number in (5, 4, 3, 2, 1)]


def test_matches_of_player(client: Client) -> None:
    """Matches can be asked for by player."""
    client.post(result(1))
    client.post(result(2, line(2, 1), line(3, 2)))

    page = client.get(f"/v1/matches?player={player_id(3)}").json()

    assert [match["match_id"] for match in page["matches"]] == [match_id(2)]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/leaderboards/duel/top", 404, "unknown_board"),
        (f"/v1/players/{player_id(1)}", 404, "unknown_player"),
        (f"/v1/matches/{match_id(1)}", 404, "unknown_match"),
        ("/v1/nothing", 404, "not_found"),
        ("/v1/leaderboards/DUEL!/top", 400, "invalid_request"),
        ("/v1/leaderboards/duel/top?limit=0", 400, "invalid_request"),
        ("/v1/leaderboards/duel/top?limit=many", 400, "invalid_request"),
        ("/v1/players/me", 400, "invalid_request"),
        ("/v1/matches?limit=101", 400, "invalid_request"),
        ("/v1/matches?cursor=zz", 400, "invalid_cursor"),
        ("/v1/matches?cursor=%C3%A9", 400, "invalid_cursor"),
        ("/v1/matches?cursor=__________8", 400, "invalid_cursor"),
        ("/v1/server/results", 405, "method_not_allowed"),
        ("/static/..%2Fapp.py", 404, "not_found"),
    ],
)
def test_problems(client: Client, path: str, status: int, code: str) -> None:
    """What is not there or not valid is a problem with its own code."""
    answer = client.get(path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["code"], answer.json()["status"]) == (code, status)
    assert answer.json()["detail"]


def test_problem_names_the_parameter(client: Client) -> None:
    """A bad parameter is named, with what it should be."""
    problem = client.get("/v1/matches?limit=0").json()

    assert problem["errors"] == [{"path": "limit", "message": "Expected `int` >= 1"}]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"mode": 5}, "mode"),
        ({"ended_by": "boredom"}, "ended_by"),
        ({"players": [{"name": "x"}]}, "players[0]"),
        ({"players": [msgspec.to_builtins(line(1, 1)) | {"kills": "10"}]}, "players[0].kills"),
        (
            {
                "players": [
                    msgspec.to_builtins(line(1, 1)) | {"weapons": {"ok": {}, "rail": {"hits": -1}}}
                ]
            },
            "players[0].weapons['rail'].hits",
        ),
        (
            {"players": [msgspec.to_builtins(line(1, 1)) | {"items": {"mega": 0.5}}]},
            "players[0].items['mega']",
        ),
        ({"players": [msgspec.to_builtins(line(1, 1))] * 2}, "players[1].player_id"),
        ({"players": [msgspec.to_builtins(line(1, 1, name="\0"))]}, "players[0].name"),
    ],
)
def test_invalid_result(
    client: Client, store: Store, document: dict[str, object], path: str
) -> None:
    """A field of a result that is wrong is named by its path, and nothing is recorded."""
    answer = client.post_document(msgspec.to_builtins(result(1)) | document)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_result")
    assert answer.json()["errors"][0]["path"] == path
    assert store.read(matches.recent, 1) == ([], None)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"mode": "\xff"}', b"null"]
)
def test_not_json(client: Client, body: bytes) -> None:
    """A body that is no JSON, or nested without end, is refused."""
    assert client.post_body(body).status_code == 400


@given(st.binary(max_size=300))
@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_any_bytes(client: Client, body: bytes) -> None:
    """Whatever a trusted server signs, the answer blames the request and not us."""
    assert 400 <= client.post_body(body).status_code < 500


def test_unsigned(client: Client) -> None:
    """A result without a signature is refused before it is looked at."""
    answer = client.http.post("/v1/server/results", content=b"garbage")

    assert (answer.status_code, answer.json()["code"]) == (401, "unsigned")


def test_unknown_server(client: Client) -> None:
    """So is one of a server that is not trusted."""
    body = msgspec.json.encode(result(1))

    answer = client.http.post("/v1/server/results", content=body, headers=signed(body, bytes(32)))

    assert (answer.status_code, answer.json()["code"]) == (401, "unknown_server")


def test_changed_body(client: Client) -> None:
    """So is one that was changed after signing."""
    body = msgspec.json.encode(result(1))

    answer = client.http.post("/v1/server/results", content=body + b" ", headers=signed(body))

    assert (answer.status_code, answer.json()["code"]) == (403, "bad_signature")


def test_wrong_server(client: Client) -> None:
    """A trusted server cannot post the result of another."""
    answer = client.post_body(msgspec.json.encode(result(1, server_id="a" * 16)))

    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_server")


def test_too_large(client: Client) -> None:
    """A body beyond the limit is refused, announced or not."""
    announced = client.post_body(b" " * (MAX_RESULT_BYTES + 1))
    streamed = client.http.post("/v1/server/results", content=(b" " * MEGABYTE for _ in range(2)))

    assert (announced.status_code, streamed.status_code) == (413, 413)


def test_largest_result(client: Client) -> None:
    """The largest result that its types allow is within the limit."""
    most = 1_000_000_000
    words = [f"{i:032}" for i in range(64)]
    weapon = {"shots": most, "hits": most, "damage": most, "kills": most}
    players = [
        msgspec.to_builtins(line(n, n, name="\U0001f600" * 32))
        | {"weapons": dict.fromkeys(words[:32], weapon), "items": dict.fromkeys(words, most)}
        for n in range(1, 65)
    ]

    answer = client.post_document(msgspec.to_builtins(result(1)) | {"players": players})

    assert answer.status_code == 201


def test_store_gone(client: Client, store: Store) -> None:
    """When the store cannot be used the answer is 503, says when to try again, and tells no path."""
    store.close()

    answer = client.post(result(1))

    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert "tremble.db" not in answer.text
