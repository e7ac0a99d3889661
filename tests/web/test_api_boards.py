"""The API of the leaderboards: ranges, neighbours, friends, search, seasons, and no needless bytes."""

from typing import Any

import pytest
from clients import Client
from results import line, player_id, result

from tremble.store import instant, ranking, seasons
from tremble.store.engine import Store

NAMES = ["Anna", "Émile", "Hanna", "Bert", "anne"]


@pytest.fixture
def played(client: Client) -> Client:
    """Five players on the board `duel`, ranked in the order of NAMES."""
    client.post(result(1, *[line(i, i, name=name) for i, name in enumerate(NAMES, 1)]))
    return client


def ranks(document: Any) -> list[int]:
    return [entry["rank"] for entry in document["entries"]]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("top?limit=2", [1, 2]),
        ("range?first=2&last=4", [2, 3, 4]),
        ("range?first=4&last=40", [4, 5]),
        ("range?first=6&last=9", []),
        (f"around/{player_id(3)}?radius=1", [2, 3, 4]),
        (f"around/{player_id(1)}?radius=0", [1]),
        (f"friends?player={player_id(5)}&player={player_id(2)}", [2, 5]),
        ("search?name=ANN", [1, 3, 5]),
        ("search?name=emile", [2]),
        ("search?name=nobody", []),
        ("seasons/1/top?limit=1", [1]),
    ],
)
def test_entries(played: Client, path: str, expected: list[int]) -> None:
    """Each way to ask gives the entries it is for, with the ranks they have on all of the board."""
    answer = played.get(f"/v1/leaderboards/duel/{path}")

    assert answer.status_code == 200
    document = answer.json()
    assert ranks(document) == expected
    assert (document["board"], document["season"], document["total"]) == ("duel", 1, 5)


def test_boards(played: Client) -> None:
    """All boards are listed with what they rank by; 304 until one changes."""
    played.post(result(2, line(7, 1), line(8, 2), mode="ffa"))
    answer = played.get("/v1/leaderboards")
    same = played.get("/v1/leaderboards", **{"if-none-match": answer.headers["etag"]})

    found = answer.json()["boards"]
    assert [(b["board"], b["field"], b["total"], b["matches"]) for b in found[:2]] == [
        ("duel", "rating", 5, 1),
        ("ffa", "rating", 2, 1),
    ]
    assert same.status_code == 304


def test_search_pages(played: Client) -> None:
    """Following next_cursor shows everyone found once, in order of rank."""
    shown, cursor = [], ""
    while cursor is not None:
        page = played.get(f"/v1/leaderboards/duel/search?name=n&limit=1{cursor}").json()
        shown += [entry["username"] for entry in page["entries"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"

    assert shown == ["Anna", "Hanna", "anne"]


def test_stats(played: Client) -> None:
    """The figures of a board."""
    stats = played.get("/v1/leaderboards/duel/stats").json()

    assert (stats["total_players"], stats["total_matches"]) == (5, 1)
    assert (stats["field"], stats["operator"]) == ("rating", "last")
    assert stats["average_rating"] == pytest.approx(1500, abs=20)


@pytest.mark.parametrize("path", ["top", "stats", "search?name=a", "range?first=1&last=2"])
def test_etag(played: Client, path: str) -> None:
    """Who has the newest answer gets 304 without a body, until a match changes the board."""
    path = f"/v1/leaderboards/duel/{path}"
    first = played.get(path)
    tag = first.headers["etag"]

    same = played.get(path, **{"if-none-match": tag})
    played.post(result(2))
    changed = played.get(path, **{"if-none-match": tag})

    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_kept_answers(played: Client) -> None:
    """An answer that is kept is the same to the byte, and given up when the board changes."""
    path = "/v1/leaderboards/duel/top?limit=3"
    first, second = played.get(path), played.get(path)
    played.post(result(2, line(5, 1), line(1, 2)))

    assert first.content == second.content
    assert played.get(path).content != first.content


def test_next_season(played: Client, store: Store) -> None:
    """What ends after a season began counts in it; the season before stays as it was."""
    before = played.get("/v1/leaderboards/duel/top").json()
    begins = instant.to_store(result(1).ended_at) + 1
    assert store.write(seasons.begin, begins).result() == 2
    assert store.write(seasons.begin, begins).result() is None

    played.post(result(2, line(5, 1), line(1, 2), after_s=60))

    top = played.get("/v1/leaderboards/duel/top").json()
    assert (top["season"], top["total"]) == (2, 2)
    assert [entry["username"] for entry in top["entries"]] == ["player 5", "player 1"]
    archived = played.get("/v1/leaderboards/duel/seasons/1/top").json()
    assert [e["rating"] for e in archived["entries"]] == [e["rating"] for e in before["entries"]]
    found = played.get("/v1/leaderboards/duel/seasons").json()["seasons"]
    assert [season["season"] for season in found] == [1, 2]
    assert found[0]["ends_at"] == found[1]["starts_at"] is not None


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("race/range?first=1&last=2", 404, "unknown_board"),
        ("duel/seasons/7/top", 404, "unknown_board"),
        (f"duel/around/{player_id(9)}", 404, "not_on_board"),
        ("duel/around/anna", 400, "invalid_request"),
        ("duel/range?first=0&last=2", 400, "invalid_request"),
        ("duel/range?first=1&last=501", 400, "range_too_wide"),
        ("duel/range?first=1", 400, "invalid_request"),
        (f"duel/range?first=1&last={2**70}", 400, "invalid_request"),
        ("duel/friends?player=anna", 400, "invalid_request"),
        ("duel/search", 400, "invalid_request"),
        ("duel/search?name=", 400, "invalid_request"),
        ("duel/search?name=a&cursor=xyz", 400, "invalid_cursor"),
        ("duel/search?name=a&cursor=%C3%A9", 400, "invalid_cursor"),
        ("duel/seasons/0/top", 400, "invalid_request"),
    ],
)
def test_problems(played: Client, path: str, status: int, code: str) -> None:
    """What is not there or not valid is a problem with its own code."""
    answer = played.get(f"/v1/leaderboards/{path}")

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_loading(played: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a large board is loaded a search is put off, and told for how long."""
    monkeypatch.setattr(ranking, "QUICK", 0)
    monkeypatch.setattr(ranking.Rankings, "load_behind", lambda self, name: None)

    answer = played.get("/v1/leaderboards/duel/search?name=a")

    assert (answer.status_code, answer.json()["code"]) == (503, "ranking_loading")
    assert int(answer.headers["retry-after"]) > 0
    assert ranks(played.get("/v1/leaderboards/duel/range?first=2&last=2").json()) == [2]
