"""The directory: what fits, in order, page by page."""

import pytest
from beats import beat
from hypothesis import given, settings
from hypothesis import strategies as st

from tremble.store import instant
from tremble.store.servers import Server
from tremble.web.directory import ORDERS, Wanted, page

AT = instant.from_store(1_767_268_800_000_000)


def server(number: int, **more) -> Server:
    ident = f"{number:016x}"
    return Server(ident, "", f"192.0.2.1:{number}", 2, "listed", AT, AT, AT, 1.0, beat(**more))


A = server(1, name="Anna", players=4, region="europe", tags=["railonly"])
B = server(2, name="bob", players=16, gamemode="ffa", password=True)
C = server(3, name="Cara", players=2, bots=2, map="pit", version="0.2.0")
ALL = [A, B, C]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(), [A, B, C]),
        (Wanted(text="AN"), [A]),
        (Wanted(text="rail"), [A]),
        (Wanted(mode="ffa"), [B]),
        (Wanted(map="pit"), [C]),
        (Wanted(region="europe"), [A]),
        (Wanted(version="0.2.0"), [C]),
        (Wanted(tag="railonly"), [A]),
        (Wanted(password=True), [B]),
        (Wanted(password=False, not_empty=True), [A]),
        (Wanted(not_full=True), [A, C]),
        (Wanted(not_empty=True), [A, B]),
    ],
)
def test_only_what_fits(wanted, expected):
    """Bots are no company."""
    found = page(ALL, wanted, "name", None, 10)

    assert (found.servers, found.total, found.last) == (expected, len(expected), None)


@pytest.mark.parametrize(
    ("order", "expected"),
    [("name", [A, B, C]), ("players", [B, A, C]), ("free", [C, A, B]), ("map", [A, B, C])],
)
def test_each_order(order, expected):
    """Most first; where it is equal, by id."""
    assert page(ALL[::-1], Wanted(), order, None, 10).servers == expected


SERVERS = st.lists(
    st.builds(
        lambda n, name, players: server(n, name=name or "x", players=players),
        st.integers(0, 2**64 - 1),
        st.text(max_size=40),
        st.integers(0, 65535),
    ),
    unique_by=lambda s: s.server_id,
    max_size=12,
)


@settings(max_examples=50)
@given(SERVERS, st.sampled_from(sorted(ORDERS)), st.integers(1, 5), st.data())
def test_pages_are_the_list(servers, order, limit, data):
    """Together, each server once; and who goes meanwhile takes nobody along."""
    whole = page(servers, Wanted(), order, None, 100).servers
    found, after = [], None
    there = list(servers)
    while True:
        one = page(there, Wanted(), order, after, limit)
        found += one.servers
        if one.last is None:
            break
        after = one.last
        there = [s for s in there if s in one.servers or data.draw(st.booleans())]

    assert [s for s in whole if s in found] == found
    assert set(s.server_id for s in there) <= set(s.server_id for s in found)
