"""Valve's queries: questions as tools send them, answers that fit, a challenge by address alone."""

from struct import unpack

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tremble.net import a2s

SECRET = b"k" * 32
HOST = b"\x7f\0\0\1"
TEXT = st.text(max_size=300)
INFO = b"\xff\xff\xff\xffTSource Engine Query\0"


def facts(name="here", keywords=()):
    return a2s.Facts(name, "arena_01", 3, 16, 1, "l", "0.1.0", 4433, list(keywords))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (INFO, (a2s.INFO, b"")),
        (INFO + b"\xff\xff\xff\xff", (a2s.INFO, b"\xff\xff\xff\xff")),
        (INFO + b"abcd" + bytes(4), (a2s.INFO, b"abcd")),
        (b"\xff\xff\xff\xffUabcd", (a2s.PLAYER, b"abcd")),
        (b"\xff\xff\xff\xffVabcd" + bytes(4), (a2s.RULES, b"abcd")),
        (b"\xff\xff\xff\xffW", (a2s.GET_CHALLENGE, b"")),
        (b"\xff\xff\xff\xffTSource Engine", None),
        (b"\xff\xff\xff\xffq", None),
        (b"\xff\xff\xff\xff", None),
        (INFO.ljust(1201), None),
    ],
)
def test_questions_of_the_tools_in_use_are_read(data, expected):
    """With a challenge or without, with bytes after it or without."""
    assert a2s.read_question(data) == expected


@given(st.binary(max_size=60).map(lambda rest: b"\xff\xff\xff\xff" + rest) | st.binary(max_size=60))
@example(b"")
def test_any_bytes_are_a_question_or_none(data):
    """Reading never raises, and nothing but the head is taken for a question."""
    found = a2s.read_question(data)

    assert found is None or a2s.is_question(data)


def test_a_challenge_holds_for_its_period_and_the_next():
    """For the address alone; afterwards, for another address or secret it proves nothing."""
    given = a2s.challenge_answer(SECRET, HOST, 1000.0)[5:]

    assert a2s.proves(given, SECRET, HOST, 1000.0)
    assert a2s.proves(given, SECRET, HOST, 1000.0 + a2s.EPOCH)
    assert not a2s.proves(given, SECRET, HOST, 1000.0 + 2 * a2s.EPOCH)
    assert not a2s.proves(given, SECRET, b"\x7f\0\0\2", 1000.0)
    assert not a2s.proves(given, b"x" * 32, HOST, 1000.0)
    assert not a2s.proves(b"", SECRET, HOST, 1000.0)


@given(st.binary(min_size=4, max_size=16), st.integers(0, 2**40))
def test_a_challenge_is_never_one_that_clients_take_for_none(host, epoch):
    """0 and -1 make clients ask for ever."""
    assert a2s.challenge(SECRET, host, epoch) not in a2s.NO_CHALLENGES


@given(TEXT, TEXT)
@example("ä" * 300, "\ud800\0")
def test_info_fits_into_a_packet(name, keyword):
    """However long the texts, and whatever is in them."""
    found = a2s.info(facts(name, [keyword] * 20))

    assert found.startswith(b"\xff\xff\xff\xff\x49\x11")
    assert len(found) <= a2s.MAX_BYTES
    found[6 : found.index(b"\0", 6)].decode()


@given(st.lists(st.tuples(TEXT, st.integers(-(2**40), 2**40), st.floats(-1, 1e6)), max_size=300))
def test_players_come_whole_in_as_many_packets_as_it_takes(lines):
    """Each packet fits; joined they are the single answer, with as many lines as it says."""
    packets = a2s.players([a2s.Player(*line) for line in lines])
    body = joined(packets)

    assert max(map(len, packets)) <= a2s.MAX_BYTES
    assert len(packets) <= a2s.MAX_PACKETS
    told = body[5]
    at = 6
    for name, score, seconds in lines[:told]:
        end = body.index(b"\0", at + 1)
        assert body[at + 1 : end] + b"\0" == a2s.text(name)
        found = unpack("<if", body[end + 1 : end + 9])
        assert found[0] == max(-(2**31), min(2**31 - 1, score))
        assert found[1] == pytest.approx(seconds)
        at = end + 9
    assert at == len(body)


def joined(packets):
    """Return the answer in *packets*, read as Source's clients read it."""
    if len(packets) == 1:
        return packets[0]
    parts = []
    for number, packet in enumerate(packets):
        head, name, total, index, size = unpack("<iIBBH", packet[:12])
        assert (head, total, index, size) == (-2, len(packets), number, 1188)
        assert 0 < name < 0x8000
        parts.append(packet[12:])
    return b"".join(parts)


def test_rules_are_counted():
    """Names and values in turn."""
    found = a2s.rules([("a", "1"), ("b", "")])

    assert found == [b"\xff\xff\xff\xffE\x02\0a\x001\0b\0\0"]
