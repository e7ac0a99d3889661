"""The API of ratings: graphs with the matches behind them, and expectations."""

import pytest
from clients import Client
from results import match_id, player_id, result
from stores import settle

from tremble.store.engine import Store


def test_pages(client: Client, store: Store) -> None:
    """Following next_cursor shows every match of a player once, newest first, as a chain."""
    for number in (2, 5, 1, 4, 3):
        client.post(result(number, after_s=600 * number))
    settle(store)
    shown, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/v1/players/{player_id(1)}/ratings?limit=2{cursor}").json()
        shown += page["ratings"]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"

    assert [point["match_id"] for point in shown] == [match_id(n) for n in (5, 4, 3, 2, 1)]
    assert [point["rating_before"] for point in shown] == [
        *[point["rating"] for point in shown[1:]],
        1500.0,
    ]
    entry = client.get(f"/v1/players/{player_id(1)}").json()["boards"]["duel"]
    assert shown[0]["rating"] == entry["rating"]


def test_other_board(client: Client) -> None:
    """On a board never played on there is nothing to show."""
    client.post(result(1))

    page = client.get(f"/v1/players/{player_id(1)}/ratings?board=ffa").json()

    assert (page["ratings"], page["next_cursor"]) == ([], None)


def test_expected(client: Client) -> None:
    """The winner of the only match is the favourite; the two expectations add up to 1."""
    client.post(result(1))
    one, other = player_id(1), player_id(2)

    share = client.get(f"/v1/players/{one}/expected/{other}").json()["expected"]
    reverse = client.get(f"/v1/players/{other}/expected/{one}").json()["expected"]
    elsewhere = client.get(f"/v1/players/{one}/expected/{other}?board=ffa").json()["expected"]

    assert share > 0.5
    assert share + reverse == pytest.approx(1.0)
    assert elsewhere == 0.5


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"/v1/players/{player_id(9)}/ratings", 404, "unknown_player"),
        (f"/v1/players/{player_id(1)}/expected/{player_id(9)}", 404, "unknown_player"),
        (f"/v1/players/{player_id(9)}/expected/{player_id(1)}", 404, "unknown_player"),
        (f"/v1/players/{player_id(1)}/ratings?cursor=x", 400, "invalid_cursor"),
        (f"/v1/players/{player_id(1)}/ratings?cursor={'_' * 38}", 400, "invalid_cursor"),
        (f"/v1/players/{player_id(1)}/ratings?limit=0", 400, "invalid_request"),
        ("/v1/players/nobody/ratings", 400, "invalid_request"),
    ],
)
def test_refused(client: Client, path: str, status: int, code: str) -> None:
    """Unknown players, cursors of others and wrong parameters are told apart."""
    client.post(result(1))

    answer = client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
