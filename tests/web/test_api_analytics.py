"""The API of analytics: the numbers of the metrics, for who holds the key."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from clients import Client
from stores import post_all, settle

from tremble import token
from tremble.analytics import engine, generate
from tremble.analytics.metrics import METRICS
from tremble.store import accounts, api_keys
from tremble.store.engine import Store
from tremble.web.numbers import Numbers

MONTHS = generate.Months(datetime(2026, 3, 1, tzinfo=UTC), 3, matches=4)
SPAN = "since=2026-03-01&until=2026-03-03&tz=Asia/Kathmandu"


def key(store: Store, *scopes: str) -> str:
    ident = token.new_id(16)
    found = token.new_token(token.API_KEY, ident)
    store.write(api_keys.add, ident, token.digest(found), "bot", list(scopes), 1).result()
    return found


def ask(client: Client, path: str, access: str) -> Any:
    headers = {"authorization": f"Bearer {access}"}
    return client.http.request("GET", f"/v1/{path}", headers=headers)


def test_numbers_over_a_span(client: Client, store: Store) -> None:
    """A metric of the list, over days of a zone; what comes later is in the next answer but for a while."""
    results = list(generate.results(MONTHS, 2))
    post_all(store, results)
    settle(store)
    access = key(store, "analytics:read")

    listed = ask(client, "analytics", access).json()["metrics"]
    answer = ask(client, f"analytics/matches?{SPAN}", access)

    assert [one["metric"] for one in listed] == list(METRICS)
    found = answer.json()
    assert answer.status_code == 200
    assert (found["since"], found["until"]) == ("2026-02-28T18:15:00Z", "2026-03-02T18:15:00Z")
    inside = [
        one
        for one in results
        if datetime(2026, 2, 28, 18, 15, tzinfo=UTC)
        <= one.ended_at
        < datetime(2026, 3, 2, 18, 15, tzinfo=UTC)
    ]
    assert found["columns"] == list(METRICS["matches"].columns)
    assert [row[0] for row in found["rows"]] == ["2026-03-01", "2026-03-02"]
    assert sum(row[1] for row in found["rows"]) == found["matches"] == len(inside) > 0


@pytest.mark.parametrize(
    ("query", "status", "code", "path"),
    [
        ("matches?tz=Mars", 400, "invalid_request", "tz"),
        ("matches?since=yesterday", 400, "invalid_request", "since"),
        ("matches?since=2026-03-01&until=2026-03-01", 400, "invalid_request", "until"),
        ("matches;drop", 400, "invalid_request", "metric"),
        ("secrets", 404, "unknown_metric", ""),
    ],
)
def test_what_is_wrong_is_named(
    client: Client, store: Store, query: str, status: int, code: str, path: str
) -> None:
    answer = ask(client, f"analytics/{query}", key(store, "analytics:read"))

    found = answer.json()
    assert (answer.status_code, found["code"]) == (status, code)
    assert [error["path"] for error in found.get("errors", [])] == ([path] if path else [])


def test_only_with_the_scope(client: Client, store: Store) -> None:
    assert ask(client, "analytics", key(store, "audit:read")).json()["code"] == "missing_scope"
    assert ask(client, "analytics/matches", "x").json()["code"] == "invalid_token"


def test_without_the_extra_it_says_so(
    client: Client, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)

    answer = ask(client, "analytics/matches", key(store, "analytics:read"))

    assert (answer.status_code, answer.json()["code"]) == (501, "no_analytics")
    assert "tremble[analytics]" in answer.json()["detail"]


def test_erased_without_being_asked(store: Store, tmp_path: Path) -> None:
    """Files that are there lose who was erased, also if nobody asks for numbers any more."""
    numbers = Numbers(store, tmp_path)
    results = list(generate.results(MONTHS, 2))
    gone = results[0].players[0].player_id
    post_all(store, results)
    asyncio.run(numbers.refresh())
    assert not (tmp_path / "analytics").exists()

    numbers.brought_up_to_date()
    assert gone in ids(tmp_path)
    store.write(accounts.erase, gone, 2**60).result()
    asyncio.run(numbers.refresh())

    assert gone not in ids(tmp_path)


def ids(folder: Path) -> set[str | None]:
    """Return all ids of players in the files."""
    duck = engine.connect(folder)
    files = engine.quoted(folder / "analytics" / "players" / "*" / "*.parquet")
    rows = duck.execute(f"SELECT DISTINCT player_id FROM {files}").fetchall()  # noqa: S608
    return {ident for (ident,) in rows}
