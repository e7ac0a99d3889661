"""Questions on the game port: answered in their dialect, never with more bytes than were asked."""

import json

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tremble.net import query
from tremble.net.query import InfoResponse, Pad, PlayerStatus, Pong, ServerInfo

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
PLAYERS = st.builds(PlayerStatus, TEXT, st.integers(-100, 100), st.booleans())


def info(players=()):
    return ServerInfo(
        name="here", port=4433, max_players=16, current_players=len(players), bots=0, spectators=0,
        gamemode="duel", map="arena_01", uptime=1.5, public=True, phase="live", time_left=3.0,
        players=list(players), protocol=1, version="0.1.0",
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["server_info_request", "server_discovery"])
def test_a_padded_question_is_answered_at_once(kind):
    """Both kinds get all that the server says of itself."""
    told = info([PlayerStatus("A", 3, False)])
    found = query.answer(query.question(kind, 1.5), query.info_response(told))

    assert query.read_answer(found) == InfoResponse(told)
    assert json.loads(found)["type"] == "server_info_response"


@pytest.mark.parametrize("stamp", [0, 12, -1.5, 2**63, 1e300])
def test_a_ping_comes_back_with_its_timestamp(stamp):
    """The question's own number, so that the asker can measure without remembering."""
    found = query.answer(query.question("ping", stamp), query.info_response(info()))

    assert query.read_answer(found) == Pong(stamp)


def test_a_ping_with_room_is_told_the_server_s_id():
    """One without gets the pong alone, no pad."""
    told = query.info_response(info())
    short = b'{"type":"ping","timestamp":7}'

    assert query.read_answer(query.answer(short, told, server_id="5e" * 8)) == Pong(7)
    long = query.answer(short.ljust(96), told, server_id="5e" * 8)
    assert query.read_answer(long) == Pong(7, "5e" * 8)


def test_a_short_question_is_told_how_long_to_be():
    """The answer to the question, padded as told, is the real one."""
    short = b'{"type":"server_info_request"}  '
    pad = query.read_answer(query.answer(short, query.info_response(info())))
    found = query.answer(short.ljust(pad.bytes), query.info_response(info()))

    assert isinstance(pad, Pad)
    assert query.read_answer(found) == InfoResponse(info())
    assert len(found) == pad.bytes


@given(st.lists(PLAYERS, max_size=60))
def test_however_many_play_a_padded_question_is_answered(players):
    """Lines that do not fit into a datagram are left out from the end."""
    found = query.read_answer(
        query.answer(query.question("server_discovery", 0.0), query.info_response(info(players)))
    )

    told = found.server_info.players
    assert told == players[: len(told)]
    if len(told) < len(players):
        assert len(msgspec.json.encode(InfoResponse(info(players[: len(told) + 1])))) > 1198


@given(st.one_of(st.binary(max_size=100), st.binary(max_size=100).map(lambda rest: b"{" + rest)))
@example(b"{" * 1200)
@example(b'{"type":' + b"[" * 1000)
@example(b'{"type":"ping","timestamp":1' + b"0" * 500 + b"}")
@example(b'{"type":"ping","timestamp":null}        ')
@example(b'{"type":"ping"}')
@example(b'{"type":"server_info_request"}' + b" " * 1171)
def test_any_bytes_get_no_more_bytes_than_they_are(data):
    """No answer, or one that is no longer than the question; reading never raises either."""
    found = query.answer(data, query.info_response(info()))
    query.read_answer(data)

    assert found is None or len(found) <= len(data) <= query.MAX_BYTES


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
KINDS = st.sampled_from(["ping", "server_info_request", "server_discovery", "else"])


@given(st.fixed_dictionaries({"type": KINDS | JSON, "timestamp": JSON, "more": JSON}))
def test_any_json_gets_no_more_bytes_than_it_is(asked):
    """Members of any type are an answer or silence."""
    data = json.dumps(asked).encode()
    found = query.answer(data, query.info_response(info()))

    assert found is None or len(found) <= len(data)


def test_only_a_brace_begins_a_question():
    """ENet datagrams and nothing at all are not questions."""
    assert query.is_question(b'{"type":"ping"}')
    assert not query.is_question(b"\x8f\xff\x3c\x54")
    assert not query.is_question(b"")
