"""The API of what was played: lists, head to head, rating graphs; wrong questions name the field."""

from typing import Any

import pytest
from clients import Client
from results import line, match_id, player_id, result

ONE, TWO, THREE, NOBODY = (player_id(number) for number in (1, 2, 3, 9))


def numbers(page: Any) -> list[int]:
    return [int(match["match_id"], 16) for match in page["matches"]]


def test_pages(client: Client) -> None:
    """Following next_cursor shows every match once, the last that ended first."""
    for number in (3, 1, 5, 2, 4):
        client.post(result(number, after_s=600 * number))
    for base in ("/v1/matches?", f"/v1/players/{ONE}/matches?map=pit&"):
        shown, cursor = [], ""
        while cursor is not None:
            page = client.get(f"{base}limit=2{cursor}").json()
            shown += numbers(page)
            cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"

        assert shown == [5, 4, 3, 2, 1]


def test_filters(client: Client) -> None:
    """Each parameter of the list leaves out what it says."""
    client.post(result(1))
    client.post(result(2, line(1, 1), line(3, 2), map="moat", mode="ffa", after_s=86400))
    for query, expected in (
        (f"player={TWO}", [1]),
        (f"player={ONE}&opponent={THREE}", [2]),
        ("map=moat", [2]),
        ("mode=duel", [1]),
        ("board=ffa", [2]),
        ("season=1", [2, 1]),
        ("season=2", []),
        ("server=0000000000000000", []),
        ("since=2026-01-02", [2]),
        ("until=2026-01-02T00:00:00Z", [1]),
    ):
        assert numbers(client.get(f"/v1/matches?{query}").json()) == expected, query
    assert numbers(client.get(f"/v1/players/{THREE}/matches?map=moat").json()) == [2]


def test_against(client: Client) -> None:
    """Head to head tells both names, the sums, what to expect, and the same by map."""
    client.post(result(1))
    client.post(result(2, map="moat", after_s=600))

    found = client.get(f"/v1/players/{ONE}/against/{TWO}").json()

    assert (found["player"]["player_id"], found["opponent"]["player_id"]) == (ONE, TWO)
    assert (found["total"]["matches"], found["total"]["wins"], found["total"]["kills"]) == (
        2,
        2,
        20,
    )
    assert found["maps"].keys() == {"pit", "moat"}
    assert found["expected"] > 0.5
    assert found["last_met_at"] == "2026-01-01T12:15:00Z"


def test_rating_history(client: Client) -> None:
    """The graph ends at the rating that the board shows."""
    for number in range(1, 7):
        client.post(result(number, after_s=600 * number))

    whole = client.get(f"/v1/players/{ONE}/rating-history").json()
    thin = client.get(f"/v1/players/{ONE}/rating-history?points=4").json()
    later = client.get(f"/v1/players/{ONE}/rating-history?since=2026-01-01T12:50:00Z").json()

    entry = client.get(f"/v1/players/{ONE}").json()["boards"]["duel"]
    assert whole["points"][-1]["rating"] == thin["points"][-1]["rating"] == entry["rating"]
    assert (whole["matches"], whole["thinned"], thin["thinned"]) == (6, False, True)
    assert later["points"] == whole["points"][-2:]


@pytest.mark.parametrize(
    ("path", "status", "code", "field"),
    [
        (f"/v1/matches?opponent={ONE}", 400, "invalid_request", "opponent"),
        ("/v1/matches?since=yesterday", 400, "invalid_request", "since"),
        ("/v1/matches?until=0001-01-01T00:00:00%2B14:00x", 400, "invalid_request", "until"),
        ("/v1/matches?map=PIT", 400, "invalid_request", "map"),
        ("/v1/matches?season=0", 400, "invalid_request", "season"),
        (f"/v1/matches?player={ONE}x", 400, "invalid_request", "player"),
        ("/v1/matches?cursor=AAAA", 400, "invalid_cursor", None),
        (f"/v1/players/{ONE}/matches?player={TWO}", 400, "invalid_request", "player"),
        (f"/v1/players/{NOBODY}/matches", 404, "unknown_player", None),
        (f"/v1/players/{ONE}/against/{ONE}", 400, "invalid_request", "opponent_id"),
        (f"/v1/players/{ONE}/against/{NOBODY}", 404, "unknown_player", None),
        (f"/v1/players/{ONE}/rating-history?points=3", 400, "invalid_request", "points"),
        (f"/v1/players/{ONE}/rating-history?since=now", 400, "invalid_request", "since"),
        (f"/v1/players/{NOBODY}/rating-history", 404, "unknown_player", None),
    ],
)
def test_refused(client: Client, path: str, status: int, code: str, field: str | None) -> None:
    """What cannot be answered is a problem that names the parameter."""
    client.post(result(1))

    answer = client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert [error["path"] for error in answer.json().get("errors", [])] == (
        [field] if field else []
    )


def test_extreme_instants(client: Client) -> None:
    """The ends of the calendar are instants like others."""
    client.post(result(1))

    for early, late in (
        ("0001-01-01", "9999-12-31"),
        ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"),
    ):
        page = client.get(f"/v1/matches?since={early}&until={late}").json()
        assert numbers(page) == [1]
    assert client.get(f"/v1/matches/{match_id(1)}").status_code == 200
