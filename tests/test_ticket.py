"""ticket.py: what was sealed is read again, by who it is for, once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tremble import ticket, token
from tremble.ticket import LIFE_MS, MAX_BYTES, SKEW_MS, Collector, Ticket, TicketError

PRIVATE = bytes(range(32))
PUBLIC = token.public_key(PRIVATE)
SERVER = "5e" * 8
AT = 1_800_000_000_000


def made(number: int = 0, **fields) -> Ticket:
    known = {
        "player_id": "a" * 16,
        "name": "anna",
        "server_id": SERVER,
        "issued_at": AT,
        "expires_at": AT + LIFE_MS,
        "nonce": number.to_bytes(16, "big"),
        "ratings": {"duel": (1500, 350)},
    }
    return Ticket(**{**known, **fields})


def taken(collector: Collector, sealed: bytes, now: int = AT) -> str:
    try:
        return collector.take(sealed, PUBLIC, now).name
    except TicketError as error:
        return str(error)


@settings(max_examples=50)
@given(
    st.text(min_size=1, max_size=32),
    st.dictionaries(st.text("abc", max_size=37), st.tuples(st.integers(0, 9999), st.just(350))),
)
def test_round_trip(name: str, ratings: dict) -> None:
    """Any name comes back within 400 bytes, with as many ratings as fit."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return
    sealed = ticket.seal(made(name=name, ratings=ratings), PRIVATE)
    found = ticket.unseal(sealed, PUBLIC)

    assert len(sealed) <= MAX_BYTES
    assert found.name == name
    assert found.ratings.items() <= ratings.items()
    assert len(ratings) > 3 or found.ratings == ratings


@settings(max_examples=100)
@given(st.binary(max_size=500), st.integers(min_value=0))
def test_any_bytes(data: bytes, at: int) -> None:
    """Garbage and a changed ticket are a TicketError, nothing else."""
    sealed = bytearray(ticket.seal(made(), PRIVATE))
    sealed[at // 8 % len(sealed)] ^= 1 << at % 8

    for shown in (data, bytes(sealed)):
        with pytest.raises(TicketError, match="not given by the record"):
            ticket.unseal(shown, PUBLIC)


def test_signed_rubbish() -> None:
    """What the record signed but is no ticket is none."""
    body = ticket.FORM + b"\xc1"

    with pytest.raises(TicketError, match="cannot be read"):
        ticket.unseal(token.signature(PRIVATE, body) + body, PUBLIC)


def test_once() -> None:
    """A ticket is good once, another one is too; used ones are forgotten when they are over."""
    collector = Collector(SERVER, AT)
    first, second = (ticket.seal(made(number), PRIVATE) for number in (1, 2))

    assert [taken(collector, first), taken(collector, second)] == ["anna", "anna"]
    assert "used before" in taken(collector, first)
    later = AT + LIFE_MS + SKEW_MS
    new = made(3, issued_at=later, expires_at=later + LIFE_MS)
    assert taken(collector, ticket.seal(new, PRIVATE), later) == "anna"
    assert len(collector.used) == 1


@pytest.mark.parametrize(
    ("now", "good"),
    [
        (AT - SKEW_MS - 1, False),
        (AT - SKEW_MS, True),
        (AT + LIFE_MS + SKEW_MS - 1, True),
        (AT + LIFE_MS + SKEW_MS, False),
    ],
)
def test_times(now: int, good: bool) -> None:
    """Good from when it was given until it expires, and as much around it as clocks may differ."""
    found = taken(Collector(SERVER, 0), ticket.seal(made(), PRIVATE), now)

    assert found == "anna" if good else "out of date" in found


def test_elsewhere_and_before() -> None:
    """Another server's, and one given before this server began, are refused."""
    sealed = ticket.seal(made(), PRIVATE)

    assert "another server" in taken(Collector("0" * 16, 0), sealed)
    assert "started since" in taken(Collector(SERVER, AT + 1), sealed)
