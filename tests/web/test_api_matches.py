"""web/api_matches.py: a match tells where its replay and its telemetry are."""

import json

import msgspec
from clients import Client
from results import match_id, result, telemetry

from tremble.shelf import Shelf

WHERE = f"/v1/matches/{match_id(1)}"
DIGEST = "ab" * 32


def test_replay_of_a_match(client: Client, tmp_path) -> None:
    """Digest and, while it is kept, length and addresses; null of a match that was not recorded."""
    client.post(result(1, replay=DIGEST))
    client.post(result(2))
    before = client.get(WHERE).json()["replay"]
    shelf = Shelf(tmp_path / "replays", None)
    shelf.put(match_id(1), b"replay")

    assert before == {"digest": DIGEST, "bytes": None, "url": None, "film": None}
    assert client.get(WHERE).json()["replay"] == {
        "digest": DIGEST,
        "bytes": 6,
        "url": f"{WHERE}/replay",
        "film": f"{WHERE}/film",
    }
    assert client.get(f"/v1/matches/{match_id(2)}").json()["replay"] is None


def test_telemetry_of_a_match(client: Client) -> None:
    """It is answered as it was posted; of a match without, and of none, there is none."""
    told = telemetry(2)
    client.post(result(1, telemetry=told))
    client.post(result(2))
    link = client.get(WHERE).json()["telemetry"]

    assert client.get(link).json() == json.loads(msgspec.json.encode(told))
    assert client.get(f"/v1/matches/{match_id(2)}").json()["telemetry"] is None
    for number in (2, 3):
        missing = client.get(f"/v1/matches/{match_id(number)}/telemetry")
        assert (missing.status_code, missing.json()["code"]) == (404, "no_telemetry")


def test_telemetry_that_points_nowhere_is_refused(client: Client) -> None:
    """A row of a player that the match does not have names its place."""
    refused = client.post(result(1, telemetry=telemetry(2, samples=[(60, 2, 0, 0, 0)])))

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_result")
    assert refused.json()["errors"][0]["path"] == "telemetry.samples[0]"
