"""match/playback.py: a replay comes out as the match did, to the bit, or says where it does not."""

import os
import subprocess
import sys

import msgspec
import pytest
from replays import GOLDEN, Played, changed, packed, recorded
from rooms import arena, room

from tremble import compiled
from tremble.errors import ReplayError
from tremble.match import replay
from tremble.match.playback import Playback, verify
from tremble.match.replay import Recorder


@pytest.fixture(scope="module")
def duel():
    return recorded()


@pytest.mark.parametrize(
    ("seed", "slots", "how"),
    [(1, (0, 1), {}), (2, (0, 1, 2, 3), {"mode": "ffa", "comings": True})],
)
def test_a_match_comes_out_the_same(seed, slots, how):
    """World, hashes, ticks and result: with shots taken back, and people who come and go."""
    data, level = recorded(seed, slots, **how)
    found = replay.read(data)

    assert verify(found, level) == found.end.ticks > 100
    assert sum(line.shots for line in found.end.result.players) > 10


def test_the_golden_replay_is_verified_compiled_and_not():
    """A replay of another day still comes out the same: if not, RULES must go up, and a new one be made
    with `python tests/replays.py tests/golden/duel.trpl`."""
    found = replay.read(GOLDEN.read_bytes())
    ticks = verify(found, arena())

    assert sum(line.kills for line in found.end.result.players) >= 4
    if compiled.reason is not None:
        return
    pure = subprocess.run(
        [sys.executable, __file__],
        env={**os.environ, "TREMBLE_PURE": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=280,
    )

    assert int(pure.stdout) == ticks


def test_other_inputs_are_found_out(duel):
    """Everything a tick later: the hashes differ."""
    whole = replay.read(duel[0])
    records = b"\0" + whole.records

    with pytest.raises(ReplayError, match="differs from the recorded one"):
        verify(replay.read(packed(whole.header, records, whole.end)), duel[1])


def test_another_result_is_found_out(duel):
    """Whoever writes itself more frags is told."""
    whole = replay.read(duel[0])
    first, *others = whole.end.result.players
    better = [msgspec.structs.replace(first, kills=first.kills + 1), *others]
    result = msgspec.structs.replace(whole.end.result, players=better)
    end = msgspec.structs.replace(whole.end, result=result)

    with pytest.raises(ReplayError, match="another result"):
        verify(replay.read(packed(whole.header, whole.records, end)), duel[1])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"rules": 0}, "made under rules 0"),
        ({"map_digest": "0" * 32}, "another version of arena_01"),
        ({"mode": "soccer"}, "unknown mode"),
        ({"world": b"TRW1"}, "world at the start"),
        ({"players": []}, "other players"),
        ({"map": "elsewhere"}, "another result"),
    ],
)
def test_what_cannot_be_played_is_told(duel, fields, message):
    """One line that names what is wrong."""
    with pytest.raises(ReplayError, match=message):
        verify(replay.read(changed(duel[0], **fields)), duel[1])


def test_other_level_is_told(duel):
    """A level that is not the replay's to the byte is refused."""
    with pytest.raises(ReplayError, match="another version"):
        Playback(replay.read(duel[0]), room())


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda r: r.join(0, Played(1, [0, 1]).match.tallies[0].who), "slot 0, which is taken"),
        (lambda r: r.leave(7), "slot 7, which is free"),
        (lambda r: r.hash(7), "differs from the recorded one"),
    ],
)
def test_records_that_contradict_the_match_are_told(duel, write, message):
    """Slots are joined when free and left when taken."""
    whole = replay.read(duel[0])
    recorder = Recorder()
    write(recorder)

    with pytest.raises(ReplayError, match=message):
        verify(replay.read(packed(whole.header, recorder.take() + whole.records, None)), duel[1])


def test_what_comes_after_the_end_is_told(duel):
    """A match that is over has no further ticks; one that is cut off has no end."""
    whole = replay.read(duel[0])
    more = whole.records + b"\0"

    with pytest.raises(ReplayError, match="where the match ended"):
        verify(replay.read(packed(whole.header, more, whole.end)), duel[1])
    with pytest.raises(ReplayError, match="broken off"):
        verify(replay.read(packed(whole.header, whole.records, None)), duel[1])


if __name__ == "__main__":
    print(verify(replay.read(GOLDEN.read_bytes()), arena()))
