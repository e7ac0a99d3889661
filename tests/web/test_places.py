"""Places: what may be probed for whom, and who can reach it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremble.web.places import BadPlace, place_of, reach, read_host, read_place


@pytest.mark.parametrize(
    ("advertised", "source", "allowed", "expected"),
    [
        ("", "1.2.3.4", False, ("1.2.3.4:4433", 2)),
        ("", "::ffff:1.2.3.4", False, ("1.2.3.4:4433", 2)),
        ("", "2600::7", False, ("[2600::7]:4433", 2)),
        ("", "127.0.0.1", False, ("127.0.0.1:4433", 0)),
        ("", "192.168.0.5", False, ("192.168.0.5:4433", 1)),
        ("5.6.7.8", "1.2.3.4", False, ("5.6.7.8:4433", 2)),
        ("5.6.7.8:99", "127.0.0.1", False, ("5.6.7.8:99", 2)),
        ("[2600::7]:99", "1.2.3.4", False, ("[2600::7]:99", 2)),
        ("2600::7", "1.2.3.4", False, ("[2600::7]:4433", 2)),
        ("10.0.0.5", "127.0.0.1", False, ("10.0.0.5:4433", 1)),
        ("10.0.0.5", "10.0.0.5", False, ("10.0.0.5:4433", 1)),
        ("10.0.0.5", "10.0.0.6", True, ("10.0.0.5:4433", 1)),
        ("127.0.0.1:9", "", True, ("127.0.0.1:9", 0)),
    ],
)
def test_where_a_server_is(advertised, source, allowed, expected):
    """Where its heartbeat comes from, unless it names another place."""
    place, found = place_of(advertised, 4433, source, allowed)

    assert (place.text, found) == expected


@pytest.mark.parametrize(
    ("advertised", "source", "message"),
    [
        ("10.0.0.5", "1.2.3.4", "is a private address"),
        ("127.0.0.1", "10.0.0.5", "is a private address"),
        ("169.254.169.254", "1.2.3.4", "is a private address"),
        ("[::1]:4433", "1.2.3.4", "is a private address"),
        ("::ffff:10.0.0.5", "1.2.3.4", "is a private address"),
        ("224.0.0.1", "1.2.3.4", "no address of one machine"),
        ("255.255.255.255", "1.2.3.4", "no address of one machine"),
        ("0.0.0.0", "1.2.3.4", "no address of one machine"),
        ("250.1.1.1", "127.0.0.1", "no address of one machine"),
        ("ff02::1", "127.0.0.1", "no address of one machine"),
        ("play.example.org", "1.2.3.4", "is no address"),
        ("1.2.3.4:0", "1.2.3.4", "is no address"),
        ("1.2.3.4:99999", "1.2.3.4", "is no address"),
        ("", "", "server.advertise"),
    ],
)
def test_what_is_not_probed(advertised, source, message):
    """Nobody elsewhere has our network probed, nor more than one machine at once."""
    with pytest.raises(BadPlace, match=message):
        place_of(advertised, 4433, source, False)


@given(st.text(max_size=64), st.ip_addresses().map(str) | st.text(max_size=20))
def test_any_text_is_a_place_or_refused(advertised, source):
    """And what is taken reads back as itself."""
    try:
        place, found = place_of(advertised, 4433, source, False)
    except BadPlace:
        return

    assert read_place(place.text, 1) == place
    assert found == reach(read_host(place.host))
