"""The API of several players at once."""

from typing import Any

import pytest
from clients import Client
from results import line, player_id, result


@pytest.fixture
def played(client: Client) -> Client:
    """Two duels: players 1 and 2, then 1 and 3; one of them with bots."""
    client.post(result(1, line(1, 1, name="Änna"), line(2, 2, name="bert")))
    bots = [line(1, 2, name="Änna"), line(3, 1, name="annabot", bot=True)]
    client.post(result(2, *bots, after_s=600))
    return client


def ids(found: Any) -> list[str]:
    return [player["player_id"] for player in found.json()["players"]]


def of(*numbers: int) -> str:
    return "&".join(f"player={player_id(number)}" for number in numbers)


def test_by_id(played: Client) -> None:
    """Players come in the order they were asked for, each once; who was never seen is left out."""
    found = played.get(f"/v1/players?{of(3, 9, 1, 3)}")

    assert ids(found) == [player_id(3), player_id(1)]
    assert found.json()["players"][0]["bot"]
    assert found.json()["players"][1]["username"] == "Änna"
    assert ids(played.get(f"/v1/players?{of(9)}")) == []


def test_by_name(played: Client) -> None:
    """A part of a name finds whoever has it, case and accents aside, as many as asked for."""
    assert sorted(ids(played.get("/v1/players?name=anna"))) == [player_id(1), player_id(3)]
    assert len(ids(played.get("/v1/players?name=ANNA&limit=1"))) == 1
    assert ids(played.get("/v1/players?name=nobody")) == []


def test_stats(played: Client) -> None:
    """Each has the totals that it has alone, of one board or of all."""
    found = played.get(f"/v1/players/stats?{of(2, 1, 9)}").json()["players"]
    on_bots = played.get(f"/v1/players/stats?{of(2, 1)}&board=duel-bots").json()["players"]

    alone = [played.get(f"/v1/players/{player_id(n)}/stats").json() for n in (2, 1)]
    assert found == alone
    assert [list(one["boards"]) for one in on_bots] == [[], ["duel-bots"]]


def test_last_seen(played: Client) -> None:
    """Without anything said they are those seen last; of those given a name leaves some out."""
    assert ids(played.get("/v1/players?limit=2")) == [player_id(1), player_id(3)]
    assert ids(played.get(f"/v1/players?{of(1, 2, 3)}&name=ANNA")) == [player_id(1), player_id(3)]


@pytest.mark.parametrize(
    "query", ["?player=anna", f"?{of(*range(101))}", "?name=", "?name=%00", "?limit=0"]
)
def test_wrong(client: Client, query: str) -> None:
    """What is no id, too many of them, no name or none that can be is refused."""
    found = client.get(f"/v1/players{query}")

    assert (found.status_code, found.json()["code"]) == (400, "invalid_request")
    if "player" in query:
        assert client.get(f"/v1/players/stats{query}").status_code == 400
    assert client.get("/v1/players/stats").status_code == 400
