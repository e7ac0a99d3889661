"""The API of stats and achievements."""

import pytest
from clients import Client
from results import match_id, player_id, result

from tremble.achievements import ACHIEVEMENTS

ONE = f"/v1/players/{player_id(1)}"


def test_stats(client: Client) -> None:
    """Stats are there as soon as a result is acknowledged."""
    client.post(result(1))

    found = client.get(f"{ONE}/stats").json()

    assert found["boards"]["duel"]["kills"] == 10
    assert found["boards"]["duel"]["weapons"]["rail"]["shots"] == 20
    assert found["settled"]


def test_achievements(client: Client) -> None:
    """All achievements are listed but hidden ones, those earned with their match."""
    client.post(result(1))

    found = client.get(f"{ONE}/achievements").json()

    names = [one["id"] for one in found["achievements"]]
    assert names == [one.id for one in ACHIEVEMENTS if not one.hidden]
    assert found["achievements"][0]["match_id"] == match_id(1)
    assert found["earned"] == sum(one["match_id"] is not None for one in found["achievements"])
    assert found["last_earned_at"] == "2026-01-01T12:05:00Z"


@pytest.mark.parametrize("what", ["stats", "achievements"])
def test_unknown(client: Client, what: str) -> None:
    """Of who never played there is nothing; what is no id is refused."""
    unknown = client.get(f"/v1/players/{player_id(9)}/{what}")
    wrong = client.get(f"/v1/players/me/{what}")

    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_player")
    assert (wrong.status_code, wrong.json()["errors"][0]["path"]) == (400, "player_id")
