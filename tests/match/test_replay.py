"""match/replay.py: what is recorded is read back, and nothing else is taken for a replay."""

import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replays import GOLDEN, recorded

from tremble.errors import ReplayError
from tremble.match import replay
from tremble.match.replay import END, HASH, JOIN, LEAVE, RECORDS, TICK, Recorder, Records
from tremble.match.tally import Who
from tremble.net.usercmds import values
from tremble.sim.rewind import LEAST, MOST
from tremble.sim.state import Usercmd

COMMANDS = st.builds(
    Usercmd,
    st.just(0),
    st.integers(-127, 127),
    st.integers(-127, 127),
    st.integers(0, 65535),
    st.integers(-16384, 16384),
    st.integers(0, 255),
    st.integers(0, 15),
)
INPUTS = st.lists(st.none() | COMMANDS, min_size=1, max_size=4).flatmap(
    lambda some: st.lists(st.sampled_from(some), min_size=16, max_size=16)
)
BACKS = st.lists(st.just(0) | st.integers(LEAST, MOST), min_size=16, max_size=16)
NAMES = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=32)
RECORD = st.one_of(
    st.tuples(st.just(TICK), INPUTS, BACKS),
    st.tuples(st.just(JOIN), st.integers(0, 15), NAMES, st.booleans()),
    st.tuples(st.just(LEAVE), st.integers(0, 15)),
    st.tuples(st.just(HASH), st.integers(0, 2**64 - 1)),
)
GOOD = GOLDEN.read_bytes()


def write(recorder: Recorder, record) -> None:
    kind = record[0]
    if kind == TICK:
        recorder.tick(record[1], record[2])
    elif kind == JOIN:
        recorder.join(record[1], Who("0123456789abcdef", record[2], record[3]))
    elif kind == LEAVE:
        recorder.leave(record[1])
    else:
        recorder.hash(record[1])


def read(records: Records, kind: int):
    if kind == TICK:
        return kind, [c and values(c) for c in records.commands], list(records.backs)
    if kind == JOIN:
        return kind, records.slot, records.who.name, records.who.bot
    return kind, records.slot if kind == LEAVE else records.hash


def plain(record):
    return (TICK, [c and values(c) for c in record[1]], record[2]) if record[0] == TICK else record


@settings(max_examples=60)
@given(st.lists(RECORD, max_size=12))
def test_what_is_recorded_is_read(recorded):
    """Every record comes back, in order, and then END."""
    recorder = Recorder()
    for record in recorded:
        write(recorder, record)
    records = Records(recorder.take())

    for record in recorded:
        assert read(records, records.next()) == plain(record)
    assert records.next() == END


@settings(max_examples=150)
@given(st.binary(max_size=200))
def test_any_bytes_are_records_or_a_replay_error(data):
    """No bytes make the reader raise anything else, nor go on for ever."""
    records = Records(data)
    try:
        for _ in range(len(data) + 1):
            if records.next() == END:
                return
    except ReplayError:
        return

    raise AssertionError("more records than bytes")


@settings(max_examples=150)
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255), st.integers(0, len(GOOD)))
def test_a_damaged_file_is_a_replay_error(at, mask, cut):
    """No changed byte makes another replay (zlib has spare bits); nor a cut, but between blocks."""
    broken = bytearray(GOOD)
    broken[at] ^= mask
    with suppress(ReplayError):
        same, whole = replay.read(bytes(broken)), replay.read(GOOD)
        assert (same.header, same.records, same.end) == (whole.header, whole.records, whole.end)
    try:
        found = replay.read(GOOD[:cut])
    except ReplayError:
        return
    assert found.end is None or cut == len(GOOD)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "does not start with TRP1"),
        (b"TRP1", "before its header"),
        (b"TRP1" + replay.block(RECORDS, b""), "not where it belongs"),
        (GOOD + replay.block(RECORDS, b""), "not where it belongs"),
        (GOOD[:4] + GOOD[4:] + b"E", "cut short|belongs"),
        (b"TRP1" + replay.block(replay.HEADER, b"{}"), "header of the replay is wrong"),
        (b"TRP1H" + (9).to_bytes(4, "little") + b"\xff" * 4 + b"x" * 9, "are allowed"),
    ],
)
def test_what_is_wrong_is_told(data, message):
    """Blocks must be the right ones in the right order."""
    with pytest.raises(ReplayError, match=message):
        replay.read(data)


def test_a_bomb_is_not_unpacked():
    """A block that unpacks to more than it says costs no more than it says."""
    packed = zlib.compress(bytes(50 << 20))
    head = b"TRP1H" + len(packed).to_bytes(4, "little") + (100).to_bytes(4, "little")

    with pytest.raises(ReplayError, match="not as long as it says"):
        replay.read(head + packed)


def test_a_duel_is_small():
    """Under 40 kB a minute, though these two change their minds eight times a second."""
    data, _ = recorded(7)
    seconds = replay.read(data).end.ticks / 60

    assert len(data) / seconds * 60 < 40_000
