"""match/film.py: what a viewer is told is what happened."""

import pytest
from replays import recorded

from tremble.errors import ReplayError
from tremble.match import replay
from tremble.match.film import film, whole
from tremble.match.replay import Records


@pytest.fixture(scope="module")
def shown():
    data, level = recorded(2, (0, 1, 2, 3), mode="ffa", comings=True)
    found = replay.read(data)
    return found, film(found, level)


def test_events_agree_with_the_result(shown):
    """Every frag and shot of the result is an event."""
    found, told = shown
    lines = found.end.result.players
    kinds = [event["kind"] for event in told["events"]]
    frags = [e for e in told["events"] if e["kind"] == "frag" and e["attacker"] != e["victim"]]

    assert kinds.count("fire") == sum(line.shots for line in lines) > 10
    assert len([e for e in frags if e["attacker"] >= 0]) == sum(line.kills for line in lines)
    assert all(0 < event["tick"] <= told["ticks"] == found.end.ticks for event in told["events"])


def test_every_holder_of_a_slot_has_a_track(shown):
    """As long as it held it; a list for each value, as long as that."""
    found, told = shown
    tracks = told["players"]
    records = Records(found.records)
    joins = 0
    while (kind := records.next()) != replay.END:
        joins += kind == replay.JOIN

    assert joins > 0
    assert 4 <= len(tracks) <= len(found.header.players) + joins
    for track in tracks:
        assert 0 <= track["from"] < track["to"] <= told["ticks"] // 3
        for name in ("x", "y", "z", "yaw", "health", "armour", "weapon"):
            assert len(track[name]) == track["to"] - track["from"]
    assert any(value is not None for value in tracks[0]["x"])


def test_a_replay_that_does_not_come_out_has_no_film(shown):
    """Nobody is shown what did not happen."""
    _, level = recorded(1)
    found, _ = shown
    broken = replay.Replay(found.header, b"\0" + found.records, found.end)

    with pytest.raises(ReplayError):
        film(broken, level)


@pytest.mark.parametrize(
    ("value", "expected"), [(1.4, 1), (1.5, 2), (-1.4, -1), (-1.5, -2), (0.0, 0)]
)
def test_places_are_rounded(value, expected):
    """To the nearest unit."""
    assert whole(value) == expected
