"""match/film.py: what a viewer is told is what happened."""

from itertools import accumulate, repeat

import pytest
from replays import recorded

from tremble.errors import ReplayError
from tremble.match import replay
from tremble.match.film import KINDS, PART, film, whole
from tremble.match.film import told as event_told
from tremble.match.playback import Playback
from tremble.match.replay import Records
from tremble.sim.state import ALIVE

VALUES = ("x", "y", "z", "yaw", "health", "armour", "weapon")


@pytest.fixture(scope="module")
def shown():
    data, level = recorded(2, (0, 1, 2, 3), mode="ffa", comings=True)
    found = replay.read(data)
    return found, told_of(found, level), level


def told_of(found, level):
    """Return the head of a film with its parts unfolded: tracks with a value for each frame, and events."""
    head, *parts = film(found, level)
    tracks: list[dict] = []
    for part in parts:
        for track in part["tracks"]:
            if "name" in track:
                tracks.append({**{name: [] for name in VALUES}, **track, **{n: [] for n in VALUES}})
            into = [one for one in tracks if one["slot"] == track["slot"]][-1]
            assert track["from"] == into["from"] + len(into["x"])
            lives = [i % 2 == 0 for i, count in enumerate(track["dead"]) for _ in range(count)]
            for name in VALUES[:4]:
                put(lives, accumulate(track[name]), into[name])
            for name in VALUES[4:]:
                put(lives, held(track[name]), into[name])
    assert [part["to"] % PART for part in parts[:-1]] == [0] * (len(parts) - 1)
    assert parts[-1]["to"] == head["ticks"]
    events = [event for part in parts for group in part["events"] for event in ungrouped(group)]
    return {**head, "players": tracks, "events": events}


def ungrouped(group):
    """Yield the events of a group."""
    told = dict(group)
    constants = {name: told.pop(name) for name in ("kind", "weapon") if name in told}
    ticks = list(accumulate(told.pop("tick")))
    for i, tick in enumerate(ticks):
        values = {
            name: [axis[i] for axis in lists] if name in ("pos", "end") else lists[i]
            for name, lists in told.items()
        }
        yield {"tick": tick, **constants, **values}


def test_every_event_is_there(shown):
    """As it happened, but for where shots begin that are not of rockets."""
    found, told, level = shown
    playback = Playback(found, level)
    happened = []
    while playback.advance():
        events = [e for e in playback.events if e.kind in KINDS]
        happened += [event_told(playback.ticks, event, playback.world) for event in events]
    for event in happened:
        if event["kind"] == "fire" and event["weapon"] != "rocket_launcher":
            del event["pos"]

    assert sorted(told["events"], key=repr) == sorted(happened, key=repr) != []


def held(steps):
    for i in range(1, len(steps), 2):
        yield from repeat(steps[i], steps[i + 1] if i + 1 < len(steps) else 10**6)


def put(lives, values, into):
    into.extend(next(values) if lived else None for lived in lives)


def test_players_are_where_they_were(shown):
    """Each frame of each track is the world of its tick; who is dead has no place."""
    found, told, level = shown
    playback = Playback(found, level)
    compared = 0
    while playback.advance():
        frame, rest = divmod(playback.ticks, 3)
        for track in told["players"] if rest == 0 else ():
            i = frame - 1 - track["from"]
            if 0 <= i < len(track["x"]):
                player = playback.world.players[track["slot"]]
                place = [whole(axis) for axis in player.pos]
                values = [*place, player.health, player.armour, player.weapon]
                alive = player.life == ALIVE
                assert [track[n][i] for n in VALUES if n != "yaw"] == (
                    values if alive else [None] * 6
                )
                turned = (
                    (track["yaw"][i] * 256 - player.yaw + 32768) % 65536 - 32768 if alive else 0
                )
                assert abs(turned) <= 128
                compared += alive

    assert compared > 100


def test_events_agree_with_the_result(shown):
    """Every frag and shot of the result is an event."""
    found, told, _ = shown
    lines = found.end.result.players
    kinds = [event["kind"] for event in told["events"]]
    frags = [e for e in told["events"] if e["kind"] == "frag" and e["attacker"] != e["victim"]]

    assert kinds.count("fire") == sum(line.shots for line in lines) > 10
    assert len([e for e in frags if e["attacker"] >= 0]) == sum(line.kills for line in lines)
    assert all(0 < event["tick"] <= told["ticks"] == found.end.ticks for event in told["events"])


def test_every_holder_of_a_slot_has_a_track(shown):
    """As long as it held it; a list for each value, as long as that."""
    found, told, _ = shown
    tracks = told["players"]
    records = Records(found.records)
    joins = 0
    while (kind := records.next()) != replay.END:
        joins += kind == replay.JOIN

    assert joins > 0
    assert 4 <= len(tracks) <= len(found.header.players) + joins
    for track in tracks:
        assert 0 <= track["from"] < track["from"] + len(track["x"]) <= told["ticks"] // 3
        assert {len(track[name]) for name in VALUES} == {len(track["x"])}
    assert any(value is not None for value in tracks[0]["x"])


def test_a_replay_that_does_not_come_out_has_no_film(shown):
    """Nobody is shown what did not happen."""
    _, level = recorded(1)
    found, _, _ = shown
    broken = replay.Replay(found.header, b"\0" + found.records, found.end)

    with pytest.raises(ReplayError):
        list(film(broken, level))


@pytest.mark.parametrize(
    ("value", "expected"), [(1.4, 1), (1.5, 2), (-1.4, -1), (-1.5, -2), (0.0, 0)]
)
def test_places_are_rounded(value, expected):
    """To the nearest unit."""
    assert whole(value) == expected
