"""Messages come back, and nothing else is taken for one."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tremble.errors import ProtocolError
from tremble.net import messages
from tremble.net.messages import BY_ID, LAYOUT, Chat, Join, Refused, Score, Scores, Seat

NUMBERS = {
    "u8": st.integers(0, 255),
    "u16": st.integers(0, 65535),
    "u32": st.integers(0, 2**32 - 1),
    "i16": st.integers(-32768, 32767),
}
SCORE = st.builds(
    Score, NUMBERS["u8"], NUMBERS["i16"], NUMBERS["u16"], NUMBERS["u16"], NUMBERS["u16"]
)
VALUES = NUMBERS | {
    "str": st.text(st.characters(exclude_categories=("Cs",)), max_size=60),
    "key": st.binary(min_size=16, max_size=16),
    "scores": st.lists(SCORE, max_size=255),
    "rest": st.binary(max_size=400),
}
MESSAGES = st.sampled_from(list(LAYOUT)).flatmap(
    lambda kind: st.builds(kind, *(VALUES[k] for _, k in LAYOUT[kind][1]))
)


@given(MESSAGES)
def test_what_is_encoded_is_decoded(message):
    """Every message comes back equal."""
    assert messages.decode(messages.encode(message)) == message


@given(st.binary(max_size=60), st.sampled_from(sorted(BY_ID)))
@example(b"", 1)
def test_any_bytes_give_a_message_or_a_protocol_error(data, number):
    """With a known id or without; a message that was read encodes to the same bytes."""
    for whole in (data, bytes((number,)) + data):
        try:
            message = messages.decode(whole)
        except ProtocolError:
            continue
        assert messages.encode(message) == whole


@given(MESSAGES, st.data())
def test_a_message_cut_short_or_drawn_out_is_refused(message, data):
    """Every byte counts, up to the ticket of a JOIN, which has its own signature."""
    more = b"\0"
    if isinstance(message, Join):
        message, more = replace(message, ticket=b""), bytes(401)
    whole = messages.encode(message)
    cut = data.draw(st.integers(0, len(whole) - 1))

    for bad in (whole[:cut], whole + more):
        with pytest.raises(ProtocolError):
            messages.decode(bad)


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=200, max_size=400))
def test_a_long_text_is_cut_between_characters(text):
    """At most 255 bytes of UTF-8 travel, and they are whole characters."""
    found = messages.decode(messages.encode(Refused(1, text))).reason

    assert text.startswith(found)
    if found != text:
        assert 252 <= len(found.encode()) <= 255


def test_the_bytes_are_those_of_the_page():
    """Little-endian, a length before each text, a count before the lines of a scoreboard."""
    chat = bytes((72, 3, 1)) + b"A" + bytes((2,)) + b"hi"

    assert messages.encode(Chat(3, "A", "hi")) == chat
    assert messages.encode(Seat(255, 2)) == bytes((67, 255, 2))
    assert messages.encode(Scores([Score(1, -2, 3, 4, 0x0102)])).hex() == "460101feff030004000201"


@pytest.mark.parametrize("length", [0, 15, 17])
def test_a_key_of_another_length_is_not_sent(length):
    """The fault is named before anything goes out."""
    with pytest.raises(ValueError, match=f"16 bytes, not {length}"):
        messages.encode(Join(1, bytes(length), 0, "A"))


def test_a_ticket_that_is_too_long_is_not_sent():
    """The server would not read it."""
    with pytest.raises(ValueError, match="at most 400 bytes, not 401"):
        messages.encode(Join(1, bytes(16), 0, "A", bytes(401)))


def test_ids_tell_the_direction():
    """A client's messages have ids below 64, a server's from 64, none that of another packet."""
    assert {number for number in BY_ID if number < 64} == set(messages.FROM_CLIENT)
    assert all(number < 128 for number in BY_ID)
    assert len(BY_ID) == len(LAYOUT)
